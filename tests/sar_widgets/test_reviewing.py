"""A review as the page sees it, without a page."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from widget_page import Page
from widget_scenes import WidgetScene, folder_of

from sar_models.domain.errors import OptionError, SlideError
from sar_models.domain.slides import Slide, SlideInfo
from sar_models.stores.alignment_folder import write_alignment
from sar_models.stores.reviews import Identity, QueueFilter, ReviewLog
from sar_widgets.desk import ReviewDesk
from sar_widgets.options import ViewerOptions
from sar_widgets.reviewing import PageReview
from sar_widgets.session import TileSession


class Review:
    """A review with its page."""

    def __init__(self, folder: Path, scenes: list[WidgetScene], **wanted: Any) -> None:
        self.page = Page()
        self.desk = ReviewDesk(ReviewLog(folder, Identity("ada", "os")), QueueFilter(**wanted))
        self.desk.open()
        self.session = TileSession(self.page, ViewerOptions())
        self.opened: list[str] = []
        self._openers = {s.source.info.name: s for s in scenes} | {
            s.target.info.name: s for s in scenes
        }
        self.review = PageReview(self.desk, self.session, self.page, self.open)

    def open(self, info: SlideInfo) -> Slide:
        self.opened.append(info.name)
        return self._openers[info.name].opener(info)

    def see(self, content: str) -> str:
        """Wait until an item is shown, and say that it is painted."""
        self.page.wait(lambda p: any(m["scene"]["item"] == content for m in p.of("item")))
        self.review.handle({"type": "painted", "item": content})
        return content

    def decide(self, item: str, decision: str = "accept", **more: Any) -> dict[str, Any]:
        count = len(self.page.of("decided"))
        self.review.handle({"type": "decide", "item": item, "decision": decision, **more})
        answers = self.page.of("decided")
        assert len(answers) == count + 1
        return answers[-1]

    def content(self, index: int) -> str:
        return self.desk.entries[index].alignment.content_sha256


@pytest.fixture
def scenes(tmp_path: Path) -> list[WidgetScene]:
    return folder_of(tmp_path, 5)


@pytest.fixture
def review(tmp_path: Path, scenes: list[WidgetScene]) -> Iterator[Review]:
    review = Review(tmp_path, scenes)
    review.review.handle({"type": "hello"})
    yield review
    review.session.close()


def test_hello_shows_the_riskiest_and_gets_the_next_three_ready(review: Review) -> None:
    review.see(review.content(0))
    review.page.wait(lambda p: len(p.of("ahead")) == 3)
    ahead = [m["items"][0]["item"] for m in review.page.of("ahead")]
    assert sorted(ahead) == sorted(review.content(i) for i in (1, 2, 3))
    (message,) = review.page.of("item")
    assert message["scene"]["reasons"] == ["Few anchors agree."]
    assert message["state"]["total"] == 5
    assert [f["number"] for f in message["scene"]["fragments"]] == [1, 2]


def test_nothing_is_decided_that_was_not_painted(review: Review) -> None:
    answer = review.decide(review.content(0))
    assert not answer["ok"]
    assert "not shown yet" in answer["message"]
    assert not review.desk.log.events()


def test_a_decision_on_what_is_gone_is_refused(review: Review) -> None:
    first = review.see(review.content(0))
    assert review.decide(first)["ok"]
    assert not review.decide(first, "reject", reason="late click")["ok"]
    assert len(review.desk.log.events()) == 1


def test_the_answer_comes_when_the_decision_is_on_the_disk(review: Review) -> None:
    first = review.see(review.content(0))
    answer = review.decide(first, "reject", reason="mirrored", comment="see left")
    assert answer["ok"]
    assert answer["message"] == "Saved: rejected."
    (event,) = ReviewLog(review.desk.log.folder, Identity("bob", "os")).events()
    assert (event.reason, event.comment) == ("mirrored", "see left")
    assert review.see(review.content(1))


def test_what_was_made_ready_is_not_opened_again(review: Review) -> None:
    first = review.see(review.content(0))
    review.page.wait(lambda p: len(p.of("ahead")) == 3)
    count = len(review.opened)
    review.decide(first)
    review.see(review.content(1))
    assert review.opened.count(review.opened[2]) == 1
    assert count == 8


def test_a_rejection_needs_a_reason(review: Review) -> None:
    first = review.see(review.content(0))
    answer = review.decide(first, "reject", reason=" ")
    assert "needs a reason" in answer["message"]
    assert review.decide(first, "reject", reason="folded")["ok"]


@pytest.mark.parametrize("decision", ["undo", "", None, "approve"])
def test_an_unknown_decision_is_refused(review: Review, decision: str) -> None:
    assert not review.decide(review.see(review.content(0)), decision)["ok"]


def test_undo_and_redo_show_the_item_again(review: Review) -> None:
    first = review.see(review.content(0))
    review.decide(first)
    review.see(review.content(1))
    review.review.handle({"type": "undo"})
    assert review.page.of("decided")[-1]["message"] == "Taken back."
    assert review.page.of("item")[-1]["scene"]["item"] == first
    review.review.handle({"type": "redo"})
    assert review.page.of("item")[-1]["scene"]["item"] == review.content(1)


def test_a_fragment_is_decided_by_itself(review: Review) -> None:
    first = review.see(review.content(0))
    assert not review.decide(first, "reject", reason="no", fragment="tissue-9")["ok"]
    assert review.decide(first, "reject", reason="no", fragment="tissue-2")["ok"]
    assert review.desk.current is not None
    assert review.desk.current.alignment.content_sha256 == first


def test_skipping_and_the_end_of_the_queue(review: Review) -> None:
    review.review.handle({"type": "skip", "step": 1})
    review.see(review.content(1))
    for index in (1, 2, 3, 4, 0):
        assert review.decide(review.see(review.content(index)))["ok"]
    assert review.page.of("idle")[-1]["message"] == "Nothing is left to do: 5 of 5 are decided."


def test_a_page_that_is_loaded_again_gets_the_same_item(review: Review) -> None:
    first = review.see(review.content(0))
    review.review.handle({"type": "hello"})
    assert [m["scene"]["item"] for m in review.page.of("item")] == [first, first]


def test_slides_that_are_gone_are_told_and_can_be_skipped(
    tmp_path: Path, scenes: list[WidgetScene], monkeypatch: pytest.MonkeyPatch
) -> None:
    review = Review(tmp_path, scenes)

    def gone(info: SlideInfo) -> Slide:
        raise SlideError(f"The slide {info.name!r} is gone")

    monkeypatch.setattr(review.review, "_opener", gone)
    review.review.handle({"type": "hello"})
    review.page.wait(lambda p: bool(p.of("problem")))
    problem = review.page.of("problem")[0]
    assert "is gone" in problem["message"]
    assert not review.decide(problem["item"])["ok"]
    review.review.handle({"type": "skip"})
    review.page.wait(lambda p: len(p.of("problem")) == 2)
    review.session.close()


def test_an_alignment_that_changed_under_the_list_is_not_shown(
    tmp_path: Path, scenes: list[WidgetScene]
) -> None:
    review = Review(tmp_path, scenes)
    write_alignment(tmp_path / "case-000", scenes[1].alignment, overwrite=True)
    review.review.handle({"type": "hello"})
    review.page.wait(lambda p: bool(p.of("problem")))
    assert "not the alignment that was listed" in review.page.of("problem")[0]["message"]
    review.session.close()


def test_a_blind_reviewer_is_told_no_status(tmp_path: Path, scenes: list[WidgetScene]) -> None:
    review = Review(tmp_path, scenes, blind=True)
    review.review.handle({"type": "hello"})
    review.see(review.content(0))
    assert review.page.of("item")[0]["state"]["status"] == ""
    review.session.close()


def test_an_unknown_message_is_refused(review: Review) -> None:
    with pytest.raises(OptionError, match="not known"):
        review.review.handle({"type": "drop table"})
