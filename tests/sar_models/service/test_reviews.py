from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psutil
import pytest
import service_tasks
from service_process import wait_until

from sar_models.stores.reviews import ReviewLog

if TYPE_CHECKING:
    import httpx
    from conftest import Place


def decide(client: httpx.Client, alignment: str, **values: Any) -> httpx.Response:
    return client.post(f"/v1/alignments/{alignment}/reviews", json=values)


def test_decisions_are_in_the_log_of_the_folder(
    client: httpx.Client, alignment: str, place: Place
) -> None:
    answer = decide(client, alignment, decision="reject", fragment="tissue-1", reason="Mirrored.")
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told["reviewer"] == f"os:{psutil.Process().username()}"
    assert (
        decide(client, alignment, decision="reject", fragment="tissue-1", reason="Mirrored.").json()
        == told
    )
    assert decide(client, alignment, decision="accept").status_code == 201
    found = client.get(f"/v1/alignments/{alignment}/reviews").json()
    assert found["status"] == "accepted"
    assert found["fragments"] == {"tissue-1": "reject"}
    log = ReviewLog(place.root)
    assert log.events()[0].sha256 == told["sha256"]
    assert log.verify() == []
    decide(client, alignment, decision="undo")
    assert client.get(f"/v1/alignments/{alignment}/reviews").json()["status"] == "unreviewed"


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"decision": "reject"}, 422),
        ({"decision": "maybe"}, 422),
        ({}, 422),
        ({"decision": "accept", "fragment": "nothing"}, 422),
        ({"decision": "accept", "reviewer": "somebody else"}, 422),
        ({"decision": "accept", "content_sha256": "0" * 64}, 409),
        ({"decision": "accept", "comment": "x" * 30_000}, 422),
    ],
)
def test_decisions_that_cannot_be_recorded_are_refused(
    client: httpx.Client, alignment: str, place: Place, values: dict[str, Any], status: int
) -> None:
    before = len(ReviewLog(place.root).events())
    assert decide(client, alignment, **values).status_code == status
    assert len(ReviewLog(place.root).events()) == before


def test_results_to_review_are_listed(client: httpx.Client, place: Place) -> None:
    asked = {"source": {"slide": place.he}, "target": {"slide": place.ihc}}
    values = asked | {"options": {"seed": service_tasks.QUICK}}
    job = client.post("/v1/jobs", json=values).json()["id"]
    wait_until(lambda: client.get(f"/v1/jobs/{job}").json()["state"] == "done")
    listed = client.get("/v1/reviews").json()
    assert listed["total"] == 1
    assert listed["entries"][0]["alignment"] == job
    assert listed["entries"][0]["status"] == "unreviewed"
    decide(client, job, decision="accept")
    accepted = client.get("/v1/reviews", params={"status": "accepted"}).json()
    assert [entry["alignment"] for entry in accepted["entries"]] == [job]
    assert client.get("/v1/reviews", params={"min_risk": 0.9}).json()["entries"] == []
    assert client.get("/v1/reviews", params={"skip": 1}).json()["entries"] == []
