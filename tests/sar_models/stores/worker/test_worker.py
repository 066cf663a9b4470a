"""Connectors that crash, hang, leak and print: one typed error each, and the caller goes on."""

from __future__ import annotations

import gc
import logging
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from multiprocessing import shared_memory
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest
from store_harness import image

from sar_models.domain.errors import (
    ConflictError,
    OptionError,
    SlideError,
    StoreError,
    WorkerError,
)
from sar_models.domain.geometry import Region
from sar_models.stores import StoreEntry, open_store, register_store
from sar_models.stores.worker import WorkerOptions, WorkerStore, open_in_worker

if TYPE_CHECKING:
    from collections.abc import Iterator

ENTRY = StoreEntry("worker_connectors:open_odd")
QUICK = WorkerOptions(read_s=2.0, memory_bytes=500 * 2**20)
CORNER = Region(0, 0, 4, 4)
ROOT = Path(__file__).parents[4]


@pytest.fixture
def store() -> Iterator[WorkerStore]:
    with WorkerStore("odd", ENTRY, "odd:", QUICK) as store:
        yield store


@pytest.fixture(scope="module")
def shared() -> Iterator[WorkerStore]:
    """One process for tests that leave it as it is."""
    with WorkerStore("odd", ENTRY, "odd:") as store:
        yield store


@pytest.fixture
def interruptible() -> Iterator[None]:
    """See to it that SIGINT interrupts: what a shell starts in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def gone(pid: int, within_s: float = 20.0) -> bool:
    """Wait for a process to be gone; a dead one that its parent did not wait for is."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


def told(store: WorkerStore, command: str) -> str:
    """Have the connector do something behind the protocol; return what it tells."""
    return "".join(annotation.name for annotation in store.annotations(command))


def test_pixels_cross_whole(shared: WorkerStore) -> None:
    with shared.open("plain") as slide:
        np.testing.assert_array_equal(slide.read(0, Region(5, 7, 20, 30)), image()[7:37, 5:25])
    with pytest.raises(SlideError, match="is closed"):
        slide.read(0, CORNER)


@pytest.mark.parametrize("buffer_bytes", [4096, 4099, 10_000])
def test_regions_larger_than_the_buffer_come_in_blocks(buffer_bytes: int) -> None:
    options = WorkerOptions(buffer_bytes=buffer_bytes)
    with WorkerStore("odd", ENTRY, "odd:", options) as store, store.open("plain") as slide:
        np.testing.assert_array_equal(slide.read(0, Region(0, 0, 80, 60)), image())


def test_rows_larger_than_the_buffer() -> None:
    from sar_models.stores.worker.slide import _blocks

    covered = np.zeros((7, 100), int)
    for x, y, width, height in _blocks(100, 7, 30):
        assert width * height <= 30
        covered[y : y + height, x : x + width] += 1
    assert (covered == 1).all()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("crashes", r"'odd' died during 'read' \(exit code 7\)"),
        ("aborts", r"'odd' died during 'read' \(signal 6\)"),
        ("hangs", r"'odd' did not answer 'read' within 2 s"),
        ("grows", r"'odd' took \d+ MB during 'read', its limit is 500 MB"),
    ],
)
def test_what_ends_the_process_is_one_error_and_the_next_request_works(
    name: str, message: str, store: WorkerStore
) -> None:
    plain = store.open("plain")
    before = store.pid
    slide = store.open(name)
    with pytest.raises(WorkerError, match=message) as caught:
        slide.read(0, CORNER)
    assert caught.value.exit_code == 5
    assert caught.value.remedy
    assert before is not None
    assert gone(before)
    np.testing.assert_array_equal(plain.read(0, CORNER), image()[:4, :4])
    assert store.pid != before


def test_pixels_of_a_wrong_shape_are_refused(shared: WorkerStore) -> None:
    with (
        shared.open("wrong-shape") as slide,
        pytest.raises(WorkerError, match=r"shape \(1, 2, 3\)"),
    ):
        slide.read(0, CORNER)
    with shared.open("plain") as slide:
        slide.read(0, CORNER)


@pytest.mark.parametrize(
    ("kind", "expected", "message"),
    [
        ("slide", SlideError, "Slide 'x' is torn. Scan it again."),
        ("odd", ConflictError, "Somebody wrote. Plan again."),
        ("bug", WorkerError, "The connector failed: KeyError: 'nix'"),
    ],
)
def test_errors_arrive_typed(
    kind: str, expected: type[StoreError], message: str, shared: WorkerStore
) -> None:
    before = shared.start() or shared.pid
    with pytest.raises(expected) as caught:
        shared.annotations(f"raise {kind}")
    assert type(caught.value) is expected
    assert str(caught.value).startswith(message)
    assert shared.pid == before, "an error is no reason to end the process"


def test_what_is_printed_goes_to_the_log_without_secrets(
    store: WorkerStore, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG, "sar_align.worker"):
        with store.open("prints") as slide:
            np.testing.assert_array_equal(slide.read(0, CORNER), image()[:4, :4])
        store.close()
    for printed in ("on stdout", "native code on fd 1", "a child on stdout"):
        assert printed in caplog.text
    assert "hunter2" not in caplog.text
    assert capfd.readouterr().out == ""


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_killed_in_mid_read() -> None:
    store = WorkerStore("odd", ENTRY, "odd:")
    slide = store.open("hangs")
    pid = store.pid
    assert pid is not None
    killer = threading.Timer(0.5, os.kill, (pid, signal.SIGKILL))
    killer.start()
    with pytest.raises(WorkerError, match="signal 9"):
        slide.read(0, CORNER)
    killer.join()
    assert told(store, "pid") == str(store.pid)
    store.close()


def test_threads_share_a_store(shared: WorkerStore) -> None:
    slide = shared.open("plain")
    wrong: list[Region] = []

    def read(offset: int) -> None:
        for step in range(10):
            region = Region(offset, step, 5, 6)
            if not (slide.read(0, region) == image()[step : step + 6, offset : offset + 5]).all():
                wrong.append(region)

    threads = [threading.Thread(target=read, args=(offset,)) for offset in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_process_that_grew_is_replaced_between_requests(store: WorkerStore) -> None:
    slide = store.open("plain")
    before = told(store, "pid")
    store._options = WorkerOptions(memory_bytes=10**15)
    store._current().process._memory_bytes = 10**15
    told(store, "hoard_mb 300")
    store._options = WorkerOptions(memory_bytes=store._current().process.memory_bytes - 2**20)
    assert told(store, "pid") != before
    np.testing.assert_array_equal(slide.read(0, CORNER), image()[:4, :4])


def test_no_growth_over_many_requests(shared: WorkerStore) -> None:
    shared.start()
    process = psutil.Process(shared.pid)

    def work(count: int) -> None:
        for _ in range(count):
            with shared.open("plain") as slide:
                slide.read(0, Region(0, 0, 80, 60))

    work(20)
    files, threads, memory = process.num_fds(), process.num_threads(), process.memory_info().rss
    own = psutil.Process().num_fds()
    work(300)
    assert (process.num_fds(), process.num_threads()) == (files, threads)
    assert process.memory_info().rss - memory < 20 * 2**20
    assert psutil.Process().num_fds() == own


def test_slides_that_nobody_holds_are_closed_there(shared: WorkerStore) -> None:
    opened = [shared.open("plain"), shared.open("prints")]
    everything = int(told(shared, "slides"))
    opened.clear()
    gc.collect()
    assert int(told(shared, "slides")) == everything - 2


class TestNothingIsLeftBehind:
    def test_named_shared_memory_of_a_careless_connector(self, store: WorkerStore) -> None:
        name = f"sar_test_{uuid.uuid4().hex[:12]}"
        told(store, f"segment {name}")
        shared_memory_exists(name, True)
        slide = store.open("crashes")
        with pytest.raises(WorkerError):
            slide.read(0, CORNER)
        shared_memory_exists(name, False)

    def test_a_process_that_the_connector_started(self, store: WorkerStore) -> None:
        child = int(told(store, "child"))
        assert psutil.pid_exists(child)
        store.close()
        assert gone(child)

    def test_files_and_processes_of_the_caller(self) -> None:
        with WorkerStore("odd", ENTRY, "odd:") as store:
            store.start()
        before = psutil.Process().num_fds(), len(psutil.Process().children(recursive=True))
        for _ in range(3):
            with WorkerStore("odd", ENTRY, "odd:") as store, store.open("crashes") as slide:
                with pytest.raises(WorkerError):
                    slide.read(0, CORNER)
                store.start()
        after = psutil.Process().num_fds(), len(psutil.Process().children(recursive=True))
        assert after == before

    def test_a_store_that_nobody_closes(self) -> None:
        store = WorkerStore("odd", ENTRY, "odd:")
        store.start()
        pid = store.pid
        assert pid is not None
        del store
        gc.collect()
        assert gone(pid)

    @pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX")
    @pytest.mark.parametrize("busy", [False, True])
    def test_when_the_caller_is_killed(self, busy: bool) -> None:
        code = (
            "import sys, os; from worker_connectors import *\n"
            "from sar_models.stores import StoreEntry\n"
            "from sar_models.stores.worker import WorkerStore\n"
            "from sar_models.domain.geometry import Region\n"
            "store = WorkerStore('odd', StoreEntry('worker_connectors:open_odd'), 'odd:')\n"
            "slide = store.open('hangs'); sys.stdout.write(f'{store.pid}\\n'); sys.stdout.flush()\n"
            f"{'slide.read(0, Region(0, 0, 4, 4))' if busy else 'import time; time.sleep(600)'}"
        )
        paths = os.pathsep.join(str(ROOT / name) for name in ("models", "tests"))
        caller = subprocess.Popen(
            [sys.executable, "-c", code],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": paths},
        )
        assert caller.stdout is not None
        pid = int(caller.stdout.readline())
        time.sleep(0.3)
        caller.kill()
        caller.communicate()
        assert gone(pid)

    def test_interrupting_a_request_ends_the_process(
        self, store: WorkerStore, interruptible: None
    ) -> None:
        slide = store.open("hangs")
        pid = store.pid
        assert pid is not None
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            slide.read(0, CORNER)
        assert gone(pid)
        assert told(store, "pid") != str(pid)


def shared_memory_exists(name: str, expected: bool) -> None:
    """Check a named segment without registering it for removal by this process."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            found = shared_memory.SharedMemory(name)
        except FileNotFoundError:
            exists = False
        else:
            from multiprocessing import resource_tracker

            resource_tracker.unregister(found._name, "shared_memory")  # type: ignore[attr-defined]
            found.close()
            exists = True
        if exists is expected:
            return
        time.sleep(0.05)
    raise AssertionError(f"segment {name!r} exists: {not expected}")


class TestOpening:
    def test_a_store_that_cannot_be_opened(self) -> None:
        with pytest.raises(StoreError, match=r"Cannot connect to 'odd:refuse'.* Check"):
            open_in_worker("odd", ENTRY, "odd:refuse")

    def test_a_connector_that_dies_at_once(self) -> None:
        with pytest.raises(WorkerError, match=r"died during 'start' \(exit code 3\)"):
            open_in_worker("odd", ENTRY, "odd:die")

    def test_a_missing_extra_is_told_by_its_remedy(self) -> None:
        entry = StoreEntry("worker_connector_lacking:open_lacking", extra="odd")
        with pytest.raises(StoreError, match=r"pip install 'sar-align\[odd\]'"):
            open_in_worker("odd", entry, "odd:")

    def test_through_the_registry(self) -> None:
        entry = StoreEntry("worker_connectors:open_odd", worker=True)
        forget = register_store("odd", entry)
        try:
            store = open_store("odd:x")
            assert isinstance(store, WorkerStore)
            assert [info.uri for info in store.slides()][-1] == "plain"
            store.close()
        finally:
            forget()

    def test_the_address_is_on_no_command_line(self) -> None:
        with open_in_worker("odd", ENTRY, "odd:s3cret") as store:
            assert "s3cret" not in " ".join(psutil.Process(store.pid).cmdline())

    @pytest.mark.parametrize("fields", [{"read_s": 0}, {"buffer_bytes": 10}])
    def test_impossible_options(self, fields: dict[str, int]) -> None:
        with pytest.raises(OptionError):
            WorkerOptions(**fields)  # type: ignore[arg-type]
