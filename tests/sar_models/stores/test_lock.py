from __future__ import annotations

import errno
import json
import os
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from sar_models.domain.errors import ConflictError, StoreError
from sar_models.stores import holder
from sar_models.stores.lock import lock_file

if TYPE_CHECKING:
    from pathlib import Path


def identity(**changes: Any) -> str:
    return json.dumps(holder.this_process().to_record() | changes)


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with (
        lock_file(path, "slide 'a'"),
        pytest.raises(ConflictError, match=r"writing to slide 'a'.*remove"),
        lock_file(path, "slide 'a'"),
    ):
        pass
    assert not path.exists()
    with lock_file(path, "it"):
        assert path.exists()


def test_an_error_inside_releases_it(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), lock_file(tmp_path / "lock", "it"):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "age_s", "taken_over"),
    [
        (identity(), 10_000, False),  # alive, however long it takes
        (identity(pid=2**30), 0, True),
        (identity(started=1.0), 0, True),  # the number belongs to another process now
        (identity(machine="elsewhere"), 60, False),
        (identity(machine="elsewhere"), 3600, True),
        ("", 60, False),  # another process may be about to fill it
        ("", 3600, True),
        ("nonsense", 3600, False),
        (identity(pid="x"), 0, True),
    ],
)
def test_a_lock_without_a_living_holder_is_taken_over(
    content: str, age_s: float, taken_over: bool, tmp_path: Path
) -> None:
    path = tmp_path / "lock"
    path.write_text(content)
    then = time.time() - age_s
    os.utime(path, (then, then))
    if taken_over:
        with lock_file(path, "it"):
            pass
        assert list(tmp_path.iterdir()) == []
    else:
        with pytest.raises(ConflictError), lock_file(path, "it"):
            pass
        assert path.exists()


def test_no_host_name_is_left_in_shared_folders(tmp_path: Path) -> None:
    import platform

    with lock_file(tmp_path / "lock", "it"):
        text = (tmp_path / "lock").read_text()
    assert not platform.node() or platform.node() not in text


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    with (
        pytest.raises(StoreError, match="Cannot write"),
        lock_file(tmp_path / "nix" / "lock", "it"),
    ):
        pass


def test_waiting_for_somebody_who_ends(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    order: list[str] = []
    held, others = threading.Event(), []

    def second() -> None:
        held.wait(10)
        with lock_file(path, "it", wait_s=30):
            order.append("second")

    others.append(threading.Thread(target=second))
    others[0].start()
    with lock_file(path, "it"):
        held.set()
        order.append("first")
    others[0].join()
    assert order == ["first", "second"]
    assert list(tmp_path.iterdir()) == []


def test_a_lock_of_another_machine_may_be_short(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text(identity(machine="elsewhere"))
    then = time.time() - 60
    os.utime(path, (then, then))
    with lock_file(path, "it", stale_after_s=30):
        pass
    assert list(tmp_path.iterdir()) == []


def test_of_two_that_see_a_stale_lock_one_gets_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text(identity(pid=2**30))
    inside: list[int] = []
    most: list[int] = []

    def enter() -> None:
        with lock_file(path, "it", wait_s=60):
            inside.append(1)
            most.append(len(inside))
            inside.pop()

    threads = [threading.Thread(target=enter) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 8
    assert list(tmp_path.iterdir()) == []


def test_a_guard_that_a_kill_left_does_not_close_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    for name in ("lock", "lock.guard"):
        (tmp_path / name).write_text(identity(pid=2**30))
    with lock_file(path, "it", wait_s=10):
        pass
    assert list(tmp_path.iterdir()) == []


def test_where_files_cannot_be_linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with lock_file(tmp_path / "lock", "it"):
        assert json.loads((tmp_path / "lock").read_text())["pid"] == os.getpid()
        with pytest.raises(ConflictError), lock_file(tmp_path / "lock", "it"):
            pass
    assert list(tmp_path.iterdir()) == []
