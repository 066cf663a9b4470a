"""What becomes of a hypothesis: placed, a level that repeats, or nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from sar_models.domain.transforms import Affine
from sar_models.engine.ambiguity import Lead
from sar_models.engine.fragments import assigner
from sar_models.engine.fragments.assigner import Assigner
from sar_models.engine.fragments.assignment import Assignment
from sar_models.engine.fragments.hypothesis import Sections, moved_mask
from sar_models.engine.masks import grown
from sar_models.engine.poses import DensePoseSearch
from sar_models.engine.refinement import FieldRefiner
from sar_models.engine.section import Section
from sar_models.engine.working import WorkingImage

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_models.engine.fragments.hypothesis import Hypothesis
    from sar_models.engine.section import See

EVEN = Lead(1.0, 1.0, False)


@pytest.fixture
def work(scene: Any, see: See) -> Assignment:
    shown = (
        Section.from_image(WorkingImage(slide.image, Affine.identity())).with_scene(see)
        for slide in (scene.source, scene.target)
    )
    return Assignment(Sections(*shown, 1.0))


@pytest.fixture
def upside_down(scene: Any) -> Affine:
    """A placement of the same tissue that no block agrees with."""
    wrong: Affine = scene.truth.pose @ Affine.from_similarity(np.pi, 1.0, (420.0, 420.0))
    return wrong


def accept(work: Assignment, hypothesis: Hypothesis) -> Assignment:
    search = DensePoseSearch()
    assigner = Assigner(search, search, FieldRefiner(), torch.device("cpu"), lambda done: None)
    assigner._accept(work, hypothesis, 0.0)
    return work


def test_a_piece_that_fits_one_place_is_placed(
    work: Assignment, scene: Any, supposed: Callable[..., Hypothesis]
) -> None:
    piece = work.sections.tissue("source")
    done = accept(work, supposed("source", piece, scene.truth.pose))
    assert len(done.placed) == 1
    assert not done.levels
    assert done.free["source"].sum() < 0.1 * piece.sum()


def test_a_piece_whose_place_leads_by_nothing_is_not_placed_although_its_blocks_agree(
    work: Assignment, scene: Any, supposed: Callable[..., Hypothesis]
) -> None:
    found = supposed("source", work.sections.tissue("source"), scene.truth.pose)
    even = replace(found, ranking=replace(found.ranking, alone=EVEN, together=EVEN))
    done = accept(work, even)
    assert not done.placed
    assert not done.levels


def test_a_piece_repeats_only_where_its_blocks_agree_in_both_places(
    work: Assignment, scene: Any, upside_down: Affine, supposed: Callable[..., Hypothesis]
) -> None:
    piece = work.sections.tissue("source")
    again = Affine.translation((2.0, -1.0)) @ scene.truth.pose
    twice = accept(work, supposed("source", piece, scene.truth.pose, again))
    assert len(twice.levels) == 1
    assert not twice.placed
    once = accept(
        Assignment(work.sections), supposed("source", piece, scene.truth.pose, upside_down)
    )
    assert not once.levels
    assert len(once.placed) == 1


def test_a_piece_is_not_trimmed_to_what_lies_on_glass(
    work: Assignment,
    scene: Any,
    supposed: Callable[..., Hypothesis],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    piece, there = work.sections.tissue("target"), work.sections.tissue("source")
    aside = Affine.translation((0.45 * there.shape[1], 0.0)) @ scene.truth.pose.inverse()
    near_tissue = moved_mask(grown(there, 8.0), aside.inverse(), piece.shape)
    on_glass = piece & ~near_tissue
    assert on_glass.sum() > 0.2 * piece.sum()
    monkeypatch.setattr(assigner, "following", lambda *_: on_glass)
    done = accept(work, supposed("target", piece, aside))
    assert not done.levels


def test_the_other_hypothesis_of_a_placed_piece_is_no_rival_of_it(
    work: Assignment,
    scene: Any,
    supposed: Callable[..., Hypothesis],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    piece = work.sections.tissue("source")
    again = Affine.translation((1.0, 1.0)) @ scene.truth.pose
    both = [supposed("source", piece, placed) for placed in (scene.truth.pose, again)]
    monkeypatch.setattr(assigner, "find_hypotheses", lambda *_: both)
    search = DensePoseSearch()
    placing = Assigner(search, search, FieldRefiner(), torch.device("cpu"), lambda done: None)
    placing._settle(work, "source", [piece], search, (0.0, 1.0), again=False)
    assert len(work.placed) == 1
    assert not work.conflicts


def test_what_is_left_of_a_piece_is_searched_until_nothing_new_is_left(
    section: Callable[..., Section],
    disc: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Three pieces that touch are one at first; each look finds the place of one of them.
    parts = [disc(x, 100.0, 30.0) for x in (40.0, 96.0, 152.0)]
    chain = section(parts[0] | parts[1] | parts[2])
    work = Assignment(Sections(chain, section(disc(100.0, 100.0, 90.0)), 1.0))
    seen: list[tuple[int, bool]] = []

    def settle(
        self: Assigner, work: Assignment, side: Any, pieces: Any, *_: Any, **how: Any
    ) -> None:
        seen.extend((int(piece.sum()), how["again"]) for piece in pieces)
        index = len(seen) - 1
        if side == "source" and index < len(parts):
            work.free["source"] &= ~grown(parts[index], 1.0)

    monkeypatch.setattr(Assigner, "_settle", settle)
    search = DensePoseSearch()
    placing = Assigner(search, search, FieldRefiner(), torch.device("cpu"), lambda done: None)
    monkeypatch.setattr(assigner, "split_at_necks", lambda mask, smallest: [mask])
    monkeypatch.setattr(assigner, "whole_pieces", lambda sections, side: [sections.tissue(side)])
    work.free["target"] = disc(100.0, 100.0, 90.0)
    placing._settle_rests(work, "source")
    sizes = [size for size, _ in seen]
    assert len(seen) == 3
    assert sizes == sorted(sizes, reverse=True)
    assert all(again for _, again in seen)
    # One that finds no place is not searched for ever.
    seen.clear()
    stuck = Assignment(work.sections)
    monkeypatch.setattr(
        Assigner,
        "_settle",
        lambda self, work, side, pieces, *_, **how: seen.append((len(pieces), True)),
    )
    placing._settle_rests(stuck, "source")
    assert seen == [(1, True)]
