"""A dataset kept up to date while its server restarts and its sessions expire."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import omero_tasks
import pytest
from omero_fixtures import address, open_as, picture
from omero_server import omero_server

from sar_models.domain.errors import OptionError
from sar_models.engine import AlignOptions
from sar_models.jobs import Layout, Queue, RetryPolicy
from sar_models.jobs.local import LocalExecutor
from sar_models.jobs.pushing import PushOptions
from sar_models.jobs.supervisor import work_off
from sar_models.jobs.worker import WorkerOptions
from sar_models.stores.changes import PushPolicy
from sar_models.stores.holder import this_process
from sar_models.stores.reviews import ReviewLog, log_folder
from sar_omero.cli.pairing import paired
from sar_omero.listing import listed
from sar_omero.morning import PAGE_NAME, counts_of, morning_lines, write_morning
from sar_omero.syncing import Sync, deadline_of, is_over, workers_within

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from omero_server import Server

    from sar_models.stores.changes import PushPlan, PushReport
    from sar_omero.store import OmeroStore

CASES = 20
POLICY = RetryPolicy(retries=6, first_delay_s=0.1, factor=1.5)


class Disturbed:
    """A store to which something happens before some of its pushes, counted from 1."""

    def __init__(self, store: OmeroStore, before: Mapping[int, Callable[[], object]]) -> None:
        self.pushes = 0
        self._store = store
        self._before = before

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def apply(self, plan: PushPlan) -> PushReport:
        self.pushes += 1
        if self.pushes in self._before:
            self._before[self.pushes]()
        return self._store.apply(plan)


def run_sync(store: OmeroStore | Disturbed, out: Path) -> tuple[Sync, list[Any]]:
    """Sync as the command does, with a stand-in for the engine."""
    images = listed(store)
    way = {"table": None, "values": None, "tags": None, "reference": "HE"}
    found = paired(images, pattern=r"(?P<case>\w+)_(?P<stain>\w+)", **way)  # type: ignore[arg-type]
    layout = Layout(out)
    with Queue(layout) as queue:
        log = ReviewLog(log_folder(out))
        options = PushOptions(PushPolicy())
        sync = Sync(store, store.address.server, queue, log, options)  # type: ignore[arg-type]
        sync.submit(found.pairs, AlignOptions(), lambda stage, done: None, refresh=False)
        if not queue.is_idle():
            settings = WorkerOptions(layout, this_process(), POLICY, tasks=omero_tasks.TASKS)
            work_off(queue, LocalExecutor(queue, settings, 1), POLICY, tick=sync.push_done)
        sync.push_done()
        lines = morning_lines(sync, "https://omero.example.org")
        write_morning(out, lines, stopped="")
    return sync, lines


def test_twenty_pairs_while_the_server_restarts_and_sessions_expire(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with omero_server(tmp_path / "server") as server:
        dataset = server.add_dataset("nightly")
        for case in range(CASES):
            for stain in ("HE", "CD3"):
                server.add_image(f"b{case}_{stain}", picture(), dataset=dataset)
        server.add_image("b99_CD3", picture(), dataset=dataset)
        _environment(monkeypatch, server, tmp_path)
        store = open_as(
            server, "ann", tmp_path / "sessions", f"/dataset/{dataset}", patience_s=60.0
        )
        disturbed = Disturbed(store, {3: server.expire_sessions, 7: server.restart})
        sync, lines = run_sync(disturbed, tmp_path / "out")
        assert disturbed.pushes >= CASES
        assert [pair.problem for pair in sync.pairs] == [""] * CASES
        assert counts_of(lines) == {"failed": 0, "needs review": 0, "open": 0, "done": CASES}
        assert all(line.counts["create"] == 1 for line in lines)
        kinds = server.counts()
        assert (kinds["MapAnnotation"], kinds["FileAnnotation"]) == (2 * CASES, 3 * CASES)
        assert server.orphans() == []
        before = server.content()
        _, again = run_sync(store, tmp_path / "out")
        assert [line.counts["keep"] for line in again] == [1] * CASES
        assert server.content() == before
        page = (tmp_path / "out" / PAGE_NAME).read_text()
        assert page.count("/webclient/?show=image-") == CASES
        record = json.loads((tmp_path / "out" / "sync.json").read_text())
        assert record["counts"]["done"] == CASES
        store.close()


def test_an_image_that_must_not_be_annotated_is_told_and_stops_nothing(
    omero: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = omero.add_dataset("mixed", owner="ben", group="read-only-lab")
    other = omero.add_dataset("own", group="annotate-lab")
    for stain in ("HE", "CD3"):
        omero.add_image(
            f"b1_{stain}", picture(), owner="ben", group="read-only-lab", dataset=dataset
        )
    for stain in ("HE", "CD3"):
        omero.add_image(f"b2_{stain}", picture(), dataset=other)
    _environment(monkeypatch, omero, tmp_path)
    closed = open_as(omero, "ann", tmp_path / "sessions", f"/dataset/{dataset}")
    sync, lines = run_sync(closed, tmp_path / "closed")
    assert "lacks the permission to annotate" in sync.pairs[0].problem
    assert [line.group for line in lines] == ["failed"]
    closed.close()
    opened = open_as(omero, "ann", tmp_path / "sessions", f"/dataset/{other}")
    _, lines = run_sync(opened, tmp_path / "open")
    assert [line.group for line in lines] == ["done"]
    opened.close()


def test_time_and_connections() -> None:
    soon = deadline_of("06:00")
    assert soon is not None
    assert 0 < soon - time.time() <= 24 * 3600
    assert deadline_of(None) is None
    assert not is_over(None)
    assert is_over(time.time() - 1)
    assert [workers_within(n) for n in (3, 4, 5, 9)] == [1, 1, 2, 4]
    for wrong in ("6", "25:00", "noon"):
        with pytest.raises(OptionError, match="no time of the day"):
            deadline_of(wrong)
    with pytest.raises(OptionError, match="too few"):
        workers_within(2)


def _environment(monkeypatch: pytest.MonkeyPatch, server: Server, tmp_path: Path) -> None:
    assert address(server)
    for name, value in {
        "OMERO_SESSIONDIR": str(tmp_path / "sessions"),
        "OMERO_USER": "ann",
        "OMERO_PASSWORD": server.users["ann"],
        "SAR_ALIGN_OMERO_CA": str(server.certificate),
    }.items():
        monkeypatch.setenv(name, value)
