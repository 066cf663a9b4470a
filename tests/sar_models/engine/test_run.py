"""What is the same for all parts of an alignment, and which way is gone for which tissue."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sar_models.domain.alignment import Alignment, Outcome, Reason, Risk, failed_alignment
from sar_models.domain.geometry import Mpp
from sar_models.domain.transforms import Affine, Piecewise
from sar_models.engine import AlignOptions
from sar_models.engine.identity import asked_provenance, shipped_weights
from sar_models.engine.prepare import prepare_pair
from sar_models.engine.run import Run
from sar_models.engine.scene.weights import shipped_scenes
from sar_models.engine.section import Section
from sar_models.engine.working import WorkingImage

if TYPE_CHECKING:
    from collections.abc import Callable

    from sar_models.engine.prepare import PreparedPair
    from sar_models.engine.section import See

OPTIONS = AlignOptions(device="cpu")
# The package exports a function of this name.
ALIGN = importlib.import_module("sar_models.engine.align")


def silent(stage: str, done: float) -> None:
    pass


def run_of(scene: Any, **changes: Any) -> Run:
    return Run(scene.source, scene.target, replace(OPTIONS, **changes), silent)


# Runs


def test_the_reach_is_told_in_micrometres_or_as_a_share_of_the_tissue(
    make_scene: Callable[..., Any],
) -> None:
    scene = make_scene()
    run = run_of(scene, glass_reach_um=200.0)
    prepared = prepare_pair(scene.source, scene.target, run.mpps, run.options)
    on_slide = run.reach_working_px(prepared) * prepared.source.slide_from_working.scale
    assert on_slide == pytest.approx(50.0)
    unknown = make_scene(mpps=(None, None))
    run = run_of(unknown)
    prepared = prepare_pair(unknown.source, unknown.target, run.mpps, run.options)
    reach = run.reach_working_px(prepared)
    assert 0.01 * prepared.source.extent_px < reach < 0.2 * prepared.source.extent_px


def test_given_pixel_sizes_override_those_of_the_slides(scene: Any) -> None:
    run = run_of(scene, source_mpp=Mpp(0.5, 0.5))
    assert run.mpps == (Mpp(0.5, 0.5), Mpp(4.0, 4.0))
    assert run.pair.source.mpp == Mpp(0.5, 0.5)
    assert run.pair.target.mpp == Mpp(4.0, 4.0)


def test_a_stage_reports_its_part_of_the_work(scene: Any) -> None:
    seen: list[tuple[str, float]] = []
    run = Run(scene.source, scene.target, OPTIONS, lambda stage, done: seen.append((stage, done)))
    stage = run.stage("placing", 0.2, 0.6)
    stage(0.0)
    stage(0.5)
    stage(1.0)
    assert [name for name, _ in seen] == ["placing"] * 3
    assert [done for _, done in seen] == pytest.approx([0.2, 0.4, 0.6])


def test_a_run_says_where_it_comes_from(scene: Any) -> None:
    provenance = run_of(scene, seed=7, parent="sha256:earlier").provenance()
    assert provenance.seed == 7
    assert provenance.parent == "sha256:earlier"
    assert provenance.slides == {"source": "sha256:source", "target": "sha256:target"}
    assert {"sar-align", "torch", "numpy"} <= set(provenance.versions)
    assert provenance.weights == {scene.name: scene.sha256 for scene in shipped_scenes()}


def test_a_run_sees_with_the_weights_that_it_names(scene: Any, see: See) -> None:
    run = run_of(scene)
    section = Section.from_image(WorkingImage(scene.source.image, Affine.identity()))
    seen, wanted = section.with_scene(run.see), section.with_scene(see)
    np.testing.assert_array_equal(seen.scene, wanted.scene)


def test_an_alignment_names_the_weights_and_asks_for_them(
    scene: Any, memory_slide: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    blank = memory_slide(np.full((40, 50, 3), 240, np.uint8))
    before = ALIGN.align(scene.source, blank, OPTIONS)
    assert before.provenance.weights == {scene.name: scene.sha256 for scene in shipped_scenes()}
    first, second = shipped_scenes()
    others = first, replace(second, sha256="0" * 64)
    monkeypatch.setattr("sar_models.engine.run.shipped_scenes", lambda: others)
    after = ALIGN.align(scene.source, blank, OPTIONS)
    # Another network is another question: what was kept of the first does not answer it.
    assert after.request_id != before.request_id


def test_what_is_asked_is_known_before_it_is_computed(scene: Any, memory_slide: Any) -> None:
    blank = memory_slide(np.full((40, 50, 3), 240, np.uint8))
    options = replace(OPTIONS, seed=3)
    asked = asked_provenance(scene.source.info, blank.info, options, shipped_weights())
    assert asked.request_id == ALIGN.align(scene.source, blank, options).request_id
    other = asked_provenance(scene.source.info, blank.info, OPTIONS, shipped_weights())
    assert other.request_id != asked.request_id


# The way


@pytest.fixture(scope="module")
def prepared(scene: Any) -> PreparedPair:
    return prepare_pair(scene.source, scene.target, (None, None), OPTIONS)


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch, prepared: PreparedPair) -> Callable[..., list[str]]:
    """Let each way end as it is told, and list those that were gone."""

    def end(pieces: bool, maybe: bool, intact: Outcome, torn: Outcome) -> list[str]:
        gone: list[str] = []

        def way(name: str, outcome: Outcome) -> Callable[..., Alignment]:
            def go(run: Run, prepared: Any) -> Alignment:
                gone.append(name)
                if outcome is Outcome.FAILED:
                    return failed_alignment(run.pair, name, (Reason("told", name, 1.0),))
                return Alignment(run.pair, outcome, Piecewise(()), Risk(0.1, ()))

            return go

        monkeypatch.setattr(ALIGN, "prepare_pair", lambda *slides: prepared)
        monkeypatch.setattr(ALIGN, "align_intact", way("intact", intact))
        monkeypatch.setattr(ALIGN, "align_torn", way("torn", torn))
        monkeypatch.setattr(ALIGN, "is_in_pieces", lambda prepared: pieces)
        monkeypatch.setattr(ALIGN, "has_necks", lambda prepared: maybe)
        return gone

    return end


@pytest.mark.parametrize(
    ("pieces", "maybe", "intact", "torn", "gone", "outcome"),
    [
        (False, False, "failed", "aligned", ["intact"], "failed"),
        (False, True, "aligned", "aligned", ["intact"], "aligned"),
        (False, True, "partial", "aligned", ["intact", "torn"], "aligned"),
        (False, True, "partial", "failed", ["intact", "torn"], "partial"),
        (True, True, "aligned", "aligned", ["torn"], "aligned"),
        (True, True, "aligned", "ambiguous", ["torn"], "ambiguous"),
        (True, True, "aligned", "failed", ["torn", "intact"], "aligned"),
        (True, True, "failed", "partial", ["torn", "intact"], "partial"),
        (True, True, "failed", "failed", ["torn", "intact"], "failed"),
    ],
)
def test_auto_goes_the_other_way_where_the_first_settles_nothing(
    ways: Callable[..., list[str]],
    scene: Any,
    pieces: bool,
    maybe: bool,
    intact: str,
    torn: str,
    gone: list[str],
    outcome: str,
) -> None:
    went = ways(pieces, maybe, Outcome(intact), Outcome(torn))
    assert ALIGN.align(scene.source, scene.target, OPTIONS).outcome is Outcome(outcome)
    assert went == gone


@pytest.mark.parametrize(
    ("changes", "way"),
    [
        ({"mode": "intact"}, "intact"),
        ({"mode": "fragments"}, "torn"),
        ({"landmarks": (np.ones((3, 2)), np.ones((3, 2)))}, "intact"),
    ],
)
def test_a_mode_that_was_asked_for_is_the_only_way(
    ways: Callable[..., list[str]], scene: Any, changes: dict[str, Any], way: str
) -> None:
    went = ways(True, True, Outcome.PARTIAL, Outcome.PARTIAL)
    ALIGN.align(scene.source, scene.target, replace(OPTIONS, **changes))
    assert went == [way]
