"""The queue of a reviewer: nothing is lost, nothing is decided twice, others are heeded."""

import threading
from pathlib import Path

import pytest
from widget_scenes import folder_of

from sar_models.domain.errors import OptionError, RecordError
from sar_models.domain.review import Decision, ReviewStatus
from sar_models.stores.reviews import Identity, QueueFilter, ReviewLog
from sar_widgets.batches import batch_of, complete_batch, propose_batch
from sar_widgets.desk import ReviewDesk

ADA, BOB = Identity("ada", "os"), Identity("bob", "os")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder_of(tmp_path, 6)
    return tmp_path


def desk_of(folder: Path, who: Identity = ADA, wanted: QueueFilter | None = None) -> ReviewDesk:
    desk = ReviewDesk(ReviewLog(folder, who), wanted)
    desk.open()
    return desk


def name(desk: ReviewDesk) -> str | None:
    return None if desk.current is None else desk.current.alignment.name


def test_the_riskiest_comes_first_with_its_reasons(folder: Path) -> None:
    desk = desk_of(folder)
    assert name(desk) == "case-000"
    assert desk.current is not None
    assert desk.current.alignment.reasons == ("Few anchors agree.",)
    assert [e.alignment.name for e in desk.upcoming()] == ["case-001", "case-002", "case-003"]


def test_a_decision_is_on_the_disk_before_the_desk_goes_on(folder: Path) -> None:
    desk = desk_of(folder)
    said: list[int] = []
    desk.on_change(lambda: said.append(len(ReviewLog(folder, BOB).events())))
    desk.decide(Decision.ACCEPT)
    assert said == [1]
    assert name(desk) == "case-001"
    assert (desk.progress.decided, desk.progress.total, desk.progress.session) == (1, 6, 1)


def test_a_new_desk_goes_on_where_the_last_one_stopped(folder: Path) -> None:
    desk = desk_of(folder)
    desk.decide(Decision.ACCEPT)
    desk.decide(Decision.REJECT, reason="mirrored")
    again = desk_of(folder)
    assert name(again) == "case-002"
    assert again.entries[1].status is ReviewStatus.REJECTED


def test_a_rejection_without_a_reason_changes_nothing(folder: Path) -> None:
    desk = desk_of(folder)
    with pytest.raises(RecordError, match="needs a reason"):
        desk.decide(Decision.REJECT, reason="  ")
    assert name(desk) == "case-000"
    assert not desk.log.events()


def test_a_decision_on_what_was_not_shown_is_refused(folder: Path) -> None:
    desk = desk_of(folder)
    with pytest.raises(OptionError, match="nothing was recorded"):
        desk.decide(Decision.ACCEPT, seen="0" * 64)
    assert not desk.log.events()


def test_undo_goes_back_and_redo_forth_again(folder: Path) -> None:
    desk = desk_of(folder)
    desk.decide(Decision.ACCEPT)
    desk.decide(Decision.NEEDS_FIX, comment="left piece")
    desk.undo()
    assert name(desk) == "case-001"
    desk.undo()
    assert name(desk) == "case-000"
    desk.redo()
    assert name(desk) == "case-001"
    assert [e.decision.value for e in desk.log.events()] == [
        "accept",
        "needs-fix",
        "undo",
        "undo",
        "accept",
    ]
    with pytest.raises(OptionError, match="nothing that was taken back"):
        desk_of(folder).redo()


def test_undo_reaches_decisions_from_before_a_restart(folder: Path) -> None:
    desk_of(folder).decide(Decision.ACCEPT)
    again = desk_of(folder)
    assert name(again) == "case-001"
    again.undo()
    assert name(again) == "case-000"
    with pytest.raises(OptionError, match="no decision of yours"):
        again.undo()


def test_a_decision_on_a_fragment_stays_with_the_pair(folder: Path) -> None:
    desk = desk_of(folder)
    desk.decide(Decision.REJECT, reason="upside down", fragment="tissue-2")
    assert name(desk) == "case-000"
    desk.undo()
    assert name(desk) == "case-000"
    assert desk.log.events()[-1].fragment == "tissue-2"


def test_two_reviewers_get_different_items_and_both_decisions_are_kept(folder: Path) -> None:
    ada, bob = desk_of(folder), desk_of(folder, BOB)
    assert (name(ada), name(bob)) == ("case-000", "case-001")
    assert ada.current is not None
    content = ada.current.alignment.content_sha256
    ada.decide(Decision.ACCEPT)
    bob.go_to(content)
    bob.decide(Decision.REJECT, reason="no")
    assert ada.log.state().status(content) is ReviewStatus.DISAGREEMENT
    only = QueueFilter(statuses=frozenset({ReviewStatus.DISAGREEMENT}))
    assert [e.alignment.name for e in desk_of(folder, ADA, only).entries] == ["case-000"]


def test_a_blind_reader_does_not_learn_what_the_first_said(folder: Path) -> None:
    desk_of(folder).decide(Decision.REJECT, reason="no")
    blind = desk_of(folder, BOB, QueueFilter(blind=True))
    assert name(blind) == "case-000"
    assert {e.status for e in blind.entries} == {ReviewStatus.UNREVIEWED}


def test_two_kernels_on_one_queue_lose_and_double_nothing(folder: Path) -> None:
    def review(who: Identity) -> None:
        desk = desk_of(folder, who, QueueFilter(unread_by=str(who)))
        while desk.current is not None:
            desk.decide(Decision.ACCEPT)
        desk.close()

    threads = [threading.Thread(target=review, args=(who,)) for who in (ADA, BOB)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    log = ReviewLog(folder, ADA)
    assert not log.verify()
    pairs = [(e.reviewer, e.content_sha256) for e in log.events()]
    assert len(pairs) == len(set(pairs))
    assert len({content for _, content in pairs}) == 6


def test_skipping_decides_nothing_and_comes_round(folder: Path) -> None:
    desk = desk_of(folder)
    for _ in range(6):
        desk.skip()
    assert name(desk) == "case-000"
    desk.skip(-1)
    assert name(desk) == "case-005"
    assert not desk.log.events()


def test_when_all_is_done_nothing_is_current(folder: Path) -> None:
    desk = desk_of(folder)
    for _ in range(6):
        desk.decide(Decision.ACCEPT)
    assert desk.current is None
    with pytest.raises(OptionError, match="nothing to decide"):
        desk.decide(Decision.ACCEPT)
    desk.undo()
    assert name(desk) == "case-005"


def test_closing_gives_the_claim_back(folder: Path) -> None:
    desk = desk_of(folder)
    assert desk.log.claims.standing()
    desk.keep_claim()
    desk.close()
    assert not desk.log.claims.standing()


def test_a_batch_is_accepted_on_the_strength_of_its_sample(folder: Path) -> None:
    desk = desk_of(folder, wanted=QueueFilter(max_risk=0.8))
    batch = propose_batch(desk, 0.6, share=0.4, seed=1)
    assert len(batch.sample) == 2
    with pytest.raises(OptionError, match="not decided yet"):
        complete_batch(desk, batch)
    for content in batch.sample:
        desk.go_to(content)
        desk.decide(Decision.ACCEPT, comment=batch.sample_comment)
    assert complete_batch(desk, batch) == len(batch.contents) - 2
    events = desk.log.events()
    assert {batch_of(e.comment) for e in events} == {batch.name}


def test_rejecting_a_sample_later_revokes_the_batch_also_after_a_restart(folder: Path) -> None:
    desk = desk_of(folder)
    batch = propose_batch(desk, 1.0, share=0.1)
    desk.go_to(batch.sample[0])
    desk.decide(Decision.ACCEPT, comment=batch.sample_comment)
    complete_batch(desk, batch)
    desk.close()
    again = desk_of(folder)
    assert again.current is None
    again.go_to(batch.sample[0])
    again.decide(Decision.REJECT, reason="wrong after all")
    state = again.log.state()
    said = {c: state.status(c) for c in batch.contents}
    assert said.pop(batch.sample[0]) is ReviewStatus.REJECTED
    assert set(said.values()) == {ReviewStatus.UNREVIEWED}
    assert again.current is not None
    assert not again.log.verify()


@pytest.mark.parametrize(("risk", "share"), [(1.5, 0.1), (0.5, 0.0), (0.0, 0.5)])
def test_an_impossible_batch_is_refused(folder: Path, risk: float, share: float) -> None:
    with pytest.raises(OptionError):
        propose_batch(desk_of(folder), risk, share)
