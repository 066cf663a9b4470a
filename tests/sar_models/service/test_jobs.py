from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import builders
import pytest
import service_tasks
from service_process import running, wait_until

from sar_models.domain.slides import SlidePair
from sar_models.stores import open_slide
from sar_models.stores.alignment_folder import write_alignment

if TYPE_CHECKING:
    import httpx
    from conftest import Place


def asked(place: Place, seed: int, **options: Any) -> dict[str, Any]:
    return {
        "source": {"slide": place.he},
        "target": {"slide": place.ihc},
        "options": {"seed": seed} | options,
    }


def submit(client: httpx.Client, values: dict[str, Any]) -> str:
    answer = client.post("/v1/jobs", json=values)
    assert answer.status_code == 202, answer.text
    job: str = answer.json()["id"]
    assert answer.headers["location"] == f"/v1/jobs/{job}"
    return job


def state(client: httpx.Client, job: str) -> str:
    found: str = client.get(f"/v1/jobs/{job}").json()["state"]
    return found


def test_a_pair_from_submission_to_its_report(client: httpx.Client, place: Place) -> None:
    job = submit(client, asked(place, service_tasks.QUICK))
    assert submit(client, asked(place, service_tasks.QUICK)) == job
    wait_until(lambda: state(client, job) == "done")
    told = client.get(f"/v1/jobs/{job}").json()
    assert told["result"]["outcome"] == "aligned"
    assert told["alignment"] == job
    assert told["title"] == "he.tif → ihc.tif"
    assert str(place.root) not in json.dumps(told)
    found = client.get(f"/v1/alignments/{job}").json()
    assert found["outcome"] == "aligned"
    assert client.get(f"/v1/alignments/{job}/report").content == service_tasks.REPORT
    kinds = [e["kind"] for e in client.get(f"/v1/jobs/{job}/events").json()["events"]]
    assert kinds == ["submitted", "started", "committed", "done"]


def test_progress_as_a_stream(client: httpx.Client, place: Place) -> None:
    job = submit(client, asked(place, service_tasks.PATIENT))
    seen: list[dict[str, Any]] = []
    with client.stream("GET", f"/v1/jobs/{job}/events/stream") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if line.startswith("data: "):
                seen.append(json.loads(line.removeprefix("data: ")))
                if seen[-1]["kind"] == "progress" and len(seen) == 3:
                    client.post(f"/v1/jobs/{job}/cancel")
    kinds = [event["kind"] for event in seen]
    assert kinds[:3] == ["submitted", "started", "progress"]
    assert kinds[-2:] == ["cancelling", "cancelled"]
    assert seen[2]["data"] == {"stage": "being patient", "fraction": 0.5}
    assert [event["number"] for event in seen] == sorted({event["number"] for event in seen})
    with client.stream(
        "GET", f"/v1/jobs/{job}/events/stream", headers={"Last-Event-ID": str(seen[-2]["number"])}
    ) as answer:
        again = [line for line in answer.iter_lines() if line.startswith("event: ")]
    assert again == ["event: cancelled"]


def test_cancelled_jobs_can_be_tried_again(client: httpx.Client, place: Place) -> None:
    values = asked(place, service_tasks.PATIENT, mode="intact")
    job = submit(client, values)
    assert client.post(f"/v1/jobs/{job}/retry").status_code == 409
    client.post(f"/v1/jobs/{job}/cancel")
    wait_until(lambda: state(client, job) == "cancelled")
    assert client.get(f"/v1/alignments/{job}").status_code == 409
    assert client.post(f"/v1/jobs/{job}/retry").json()["state"] == "queued"
    assert client.post(f"/v1/jobs/{job}/cancel").json()["state"] in ("cancelled", "running")
    wait_until(lambda: state(client, job) == "cancelled")


def test_failures_tell_no_folders(client: httpx.Client, place: Place) -> None:
    job = submit(client, asked(place, service_tasks.BROKEN))
    wait_until(lambda: state(client, job) == "failed")
    reason = client.get(f"/v1/jobs/{job}").json()["reason"]
    assert "'he.tif' is broken" in reason
    assert str(place.root) not in reason


def test_lists_are_paged_and_filtered(client: httpx.Client, place: Place) -> None:
    ids = [submit(client, asked(place, 10 + n)) for n in range(5)]
    wait_until(lambda: all(state(client, job) == "done" for job in ids))
    seen: list[str] = []
    after: int | None = 0
    while after is not None:
        page = client.get("/v1/jobs", params={"after": after, "size": 2}).json()
        assert len(page["jobs"]) <= 2
        seen += [job["id"] for job in page["jobs"]]
        after = page["next"]
    assert set(ids) <= set(seen)
    assert len(seen) == len(set(seen)) == sum(page["counts"].values())
    failed = client.get("/v1/jobs", params={"state": "failed"}).json()["jobs"]
    assert all(job["state"] == "failed" for job in failed)
    assert client.get("/v1/jobs", params={"text": "no such title"}).json()["jobs"] == []
    events = client.get("/v1/events", params={"size": 3}).json()
    assert len(events["events"]) == 3
    assert client.get("/v1/events", params={"after": events["last"]}).json()["last"] > 3


@pytest.mark.parametrize(
    "change",
    [
        {"seed": -1},
        {"memory_bytes": 1},
        {"mode": "best"},
        {"unknown": 1},
        {"source_mpp": {"x": 0, "y": 1}},
        {"source_roi": {"x": 0, "y": 0, "width": 0, "height": 5}},
        {"landmarks": {"source": [[1, 1]], "target": [[1, 1], [2, 2]]}},
        {"landmarks": {"source": [[1, 1]], "target": [[1, 1]]}, "mode": "fragments"},
        {"parent": "x"},
    ],
)
def test_impossible_options_are_refused(
    client: httpx.Client, place: Place, change: dict[str, Any]
) -> None:
    before = client.get("/v1/jobs").json()["counts"]
    answer = client.post("/v1/jobs", json=asked(place, 0) | {"options": {"seed": 0} | change})
    assert answer.status_code == 422, answer.text
    assert client.get("/v1/jobs").json()["counts"] == before


def test_slides_that_cannot_be_opened_are_told_at_once(client: httpx.Client, place: Place) -> None:
    (place.root / "broken.tif").write_text("no image")
    values = asked(place, 0) | {"source": {"slide": str(place.root / "broken.tif")}}
    answer = client.post("/v1/jobs", json=values)
    assert answer.status_code == 422
    assert "broken.tif" in answer.json()["detail"]
    assert str(place.root) not in answer.text


def test_options_reach_the_engine_as_they_were_asked(client: httpx.Client, place: Place) -> None:
    options = {
        "mode": "intact",
        "memory_bytes": 2**30,
        "source_mpp": {"x": 0.25, "y": 0.5},
        "source_roi": {"x": 1, "y": 2, "width": 30, "height": 40},
        "landmarks": {"source": [[1, 2], [3, 4]], "target": [[5, 6], [7, 8]]},
        "parent": "ab" * 32,
    }
    first = submit(client, asked(place, 99, **options))
    other = submit(client, asked(place, 99, **(options | {"source_mpp": {"x": 0.25, "y": 0.25}})))
    assert first != other
    assert submit(client, asked(place, 99, **options)) == first


def test_a_queue_outlives_its_server(tmp_path: Path, place: Place) -> None:
    with running(tmp_path / "s", [place.root]) as first, first.client() as client:
        job = submit(client, asked(place, service_tasks.QUICK))
        assert state(client, job) == "queued"
    with running(tmp_path / "s", [place.root], workers=1) as second, second.client() as client:
        wait_until(lambda: state(client, job) == "done")
        assert client.get(f"/v1/alignments/{job}").json()["id"] == job


@pytest.mark.parametrize("path", ["", "/events", "/events/stream", "/cancel", "/retry"])
def test_unknown_jobs_are_told(client: httpx.Client, path: str) -> None:
    method = "POST" if path in ("/cancel", "/retry") else "GET"
    assert client.request(method, f"/v1/jobs/{'0' * 64}{path}").status_code == 404
    assert client.request(method, f"/v1/jobs/{'0' * 63}{path}").status_code == 422


def test_streams_are_few_and_given_back(tmp_path: Path) -> None:
    with running(tmp_path / "s", streams=2) as server, server.client() as client:
        with (
            client.stream("GET", "/v1/events/stream") as one,
            client.stream("GET", "/v1/events/stream") as two,
        ):
            # Held: httpx ends a stream whose lines nobody refers to any more.
            lines = [one.iter_lines(), two.iter_lines()]
            assert [next(each) for each in lines] == [": sar-align"] * 2
            with client.stream("GET", "/v1/events/stream") as three:
                assert three.status_code == 429
            assert client.get("/v1/events").status_code == 200

        def lets_in() -> bool:
            with client.stream("GET", "/v1/events/stream") as again:
                return again.status_code == 200

        wait_until(lets_in)


def test_a_server_with_open_streams_ends(tmp_path: Path) -> None:
    with (
        running(tmp_path / "s") as server,
        server.client() as client,
        client.stream("GET", "/v1/events/stream") as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines) == ": sar-align"
        server.process.terminate()
        assert server.process.wait(60) == 0
        assert [line for line in lines if line] == []


def test_one_fragment_of_an_alignment_is_corrected(client: httpx.Client, place: Place) -> None:
    here = place.root / "whole"
    with open_slide(Path(place.he)) as source, open_slide(Path(place.ihc)) as target:
        pair = SlidePair(source.info, target.info)
    write_alignment(here, replace(builders.make_alignment(), pair=pair))
    parent = client.post("/v1/alignments", json={"folder": str(here)}).json()["id"]
    name = builders.make_alignment().fragments[0].id
    correction = {"alignment": parent, "fragment": "1", "no_counterpart": True}
    job = submit(client, asked(place, service_tasks.QUICK) | {"correction": correction})
    assert job != submit(client, asked(place, service_tasks.QUICK))
    for change, status, told in (
        ({"fragment": "nobody"}, 422, name),
        ({"no_counterpart": False}, 422, "landmarks"),
        ({"alignment": "0" * 64}, 404, "alignment"),
        (
            {"no_counterpart": False, "landmarks": {"source": [[-9e6, 0]], "target": [[1, 1]]}},
            422,
            "lies",
        ),
    ):
        values = asked(place, service_tasks.QUICK) | {"correction": correction | change}
        answer = client.post("/v1/jobs", json=values)
        assert answer.status_code == status, answer.text
        assert told in answer.text
    swapped = asked(place, service_tasks.QUICK) | {"correction": correction}
    swapped["source"], swapped["target"] = swapped["target"], swapped["source"]
    answer = client.post("/v1/jobs", json=swapped)
    assert answer.status_code == 422
    assert "not the slide that the parent aligned" in answer.text
