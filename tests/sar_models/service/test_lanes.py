from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from service_process import wait_until

from sar_models.domain.errors import EngineError, InputError
from sar_models.service.lanes import Lane
from sar_models.service.problems import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SLEEP = "service_tasks:sleep"


@pytest.fixture
def lane() -> Iterator[Callable[..., Lane]]:
    made: list[Lane] = []

    def make(workers: int = 1, waiting: int = 4, limit_s: float = 60.0) -> Lane:
        made.append(Lane("testing", workers, waiting, limit_s))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_errors_of_ours_arrive_as_they_are(lane: Callable[..., Lane]) -> None:
    with pytest.raises(InputError, match="'x' is refused") as told:
        asyncio.run(lane().run("service_tasks:refuse", "x"))
    assert told.value.remedy == "Ask for something else."


def test_bugs_do_not_end_the_process(lane: Callable[..., Lane]) -> None:
    one = lane()
    before = asyncio.run(one.run(SLEEP, 0.0))
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        asyncio.run(one.run("service_tasks:mistake"))
    assert asyncio.run(one.run(SLEEP, 0.0)) == before != os.getpid()


def test_a_process_that_dies_is_replaced(lane: Callable[..., Lane]) -> None:
    one = lane()
    before = asyncio.run(one.run(SLEEP, 0.0))
    with pytest.raises(EngineError, match="ended unexpectedly"):
        asyncio.run(one.run("service_tasks:die"))
    assert asyncio.run(one.run(SLEEP, 0.0)) != before


def test_a_process_that_hangs_is_replaced(lane: Callable[..., Lane]) -> None:
    one = lane(limit_s=20.0)
    before = asyncio.run(one.run(SLEEP, 0.0))
    one._limit_s = 0.3
    with pytest.raises(EngineError, match="took too long"):
        asyncio.run(one.run(SLEEP, 600.0))
    assert not psutil.pid_exists(before)


def test_only_so_many_wait(lane: Callable[..., Lane]) -> None:
    one = lane(waiting=2)

    async def ask() -> list[Any]:
        asked = [one.run(SLEEP, 0.2) for _ in range(6)]
        return await asyncio.gather(*asked, return_exceptions=True)

    answers = asyncio.run(ask())
    assert [isinstance(answer, int) for answer in answers] == [True] * 3 + [False] * 3
    assert all(isinstance(answer, Refusal) for answer in answers[3:])
    assert asyncio.run(one.run(SLEEP, 0.0)) == answers[0]


def test_closing_ends_what_runs() -> None:
    one = Lane("testing", 1, 1, 600.0)
    pid = asyncio.run(one.run(SLEEP, 0.0))

    async def close_under_work() -> None:
        work = asyncio.ensure_future(one.run(SLEEP, 600.0))
        await asyncio.sleep(0.2)
        one.close()
        with pytest.raises(EngineError):
            await work

    asyncio.run(close_under_work())
    assert not psutil.pid_exists(pid)


def test_a_killed_server_leaves_no_process() -> None:
    code = (
        "import asyncio, os, signal\n"
        "from sar_models.service.lanes import Lane\n"
        "if __name__ == '__main__':\n"
        "    lane = Lane('testing', 1, 1, 600.0)\n"
        "    print(asyncio.run(lane.run('service_tasks:sleep', 0.0)), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    path = os.pathsep.join(part for part in sys.path if part)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    pid = int(done.stdout)
    wait_until(lambda: not psutil.pid_exists(pid) or _is_zombie(pid))


def _is_zombie(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return True
