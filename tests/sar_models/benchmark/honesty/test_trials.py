"""Trials: what is made, what is asked of the engine, and how the answer is judged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from builders import make_alignment
from shapely import Polygon, box
from skimage.io import imsave

from sar_models.benchmark.honesty import runner
from sar_models.benchmark.honesty import trials as trials_module
from sar_models.benchmark.honesty.generated import OnePixel, TruePair, TwoLevels, WrongPair, _region
from sar_models.benchmark.honesty.real import real_trials
from sar_models.benchmark.honesty.runner import Amounts, generated_trials
from sar_models.benchmark.slides import read_level
from sar_models.domain.alignment import Alignment, Outcome, Placement, Reason, failed_alignment
from sar_models.domain.errors import OptionError
from sar_models.domain.slides import SlidePair
from sar_models.domain.transforms import Affine, Fragment, Piecewise, Sequence
from sar_models.synthesis import PairOptions, generate_pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sar_models.benchmark.honesty.trials import Trial
    from sar_models.domain.slides import Slide
    from sar_models.domain.transforms import Transform
    from sar_models.engine import AlignOptions

    Use = Callable[[Callable[[Slide, Slide, AlignOptions], Alignment]], None]

SIZE = 300


def refused(source: Slide, target: Slide, options: AlignOptions) -> Alignment:
    """An engine that finds nothing anywhere."""
    reason = Reason("no-pose", "No pose stands out.", 1.0)
    return failed_alignment(SlidePair(source.info, target.info), "Nothing fits.", (reason,))


def aligned(source: Slide, target: Slide, transform: Transform, tissue: Polygon) -> Alignment:
    """What an engine returns that found ``transform``."""
    outline = Polygon(transform.map(np.asarray(tissue.exterior.coords)))
    fragment = Fragment("tissue-1", tissue, outline, transform, 0.9, 9, 0.5)
    pair = SlidePair(source.info, target.info)
    piecewise = Piecewise((fragment,), (), (), 1000.0, 1000.0)
    return make_alignment(pair=pair, transform=piecewise, tissue_source=tissue)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Use:
    """Return a function that puts another engine in place of ours."""
    return lambda align: monkeypatch.setattr(trials_module, "align", align)


def test_our_engine_aligns_a_true_pair_rightly() -> None:
    (result,) = TruePair(3, SIZE).run()
    assert (result.group, result.name, result.verdict) == ("true", "seed 3", "right")
    assert result.errors is not None
    assert result.errors.mapped == 1.0
    assert result.cpu_seconds > 0
    assert result.metrics


def test_a_true_pair_has_to_lie_right(engine: Use) -> None:
    pair = generate_pair(3, PairOptions(size_px=SIZE))
    beside = Sequence((pair.truths[0], Affine.translation(np.array([30.0, 0.0]))))
    engine(lambda s, t, o: aligned(s, t, beside, pair.tissue))
    (result,) = TruePair(3, SIZE).run()
    assert result.verdict == "misplaced"
    assert result.errors is not None
    assert result.errors.median_px == pytest.approx(30.0)


@pytest.mark.parametrize("kind", ["unrelated", "near-miss", "mosaic", "blank"])
def test_a_wrong_pair_may_not_be_aligned(kind: str, engine: Use) -> None:
    engine(refused)
    (result,) = WrongPair(kind, 3, SIZE).run()
    assert (result.group, result.verdict, result.outcome) == (kind, "right", "failed")
    assert result.why == ("Nothing fits.", "No pose stands out.")
    tissue = generate_pair(3, PairOptions(size_px=SIZE)).tissue
    engine(lambda s, t, o: aligned(s, t, Affine.identity(), tissue))
    assert WrongPair(kind, 3, SIZE).run()[0].verdict == "false"


def test_one_pixel_is_tried_both_ways() -> None:
    results = OnePixel(3, SIZE).run()
    assert [result.verdict for result in results] == ["right", "right"]
    assert [result.outcome for result in results] == ["failed", "failed"]


@pytest.mark.parametrize(
    ("named", "verdict"), [((0, 1), "right"), ((1, 0), "right"), ((0, 0), "missed"), ((), "missed")]
)
def test_two_levels_have_both_to_be_named_and_settled_by_a_region(
    named: tuple[int, ...], verdict: str, engine: Use
) -> None:
    pair = generate_pair(5, PairOptions("two-levels", SIZE))
    outlines = [
        Polygon(truth.map(np.asarray(pair.tissue.exterior.coords))) for truth in pair.truths
    ]

    def answer(source: Slide, target: Slide, options: AlignOptions) -> Alignment:
        if options.target_roi is None:
            placements = tuple(
                Placement(affine_like(pair.truths[i], pair.landmarks), 0.5, outlines[i])
                for i in named
            )
            return make_alignment(
                Outcome.AMBIGUOUS, pair=SlidePair(source.info, target.info), placements=placements
            )
        roi = options.target_roi
        inside = [
            roi.x <= outline.centroid.x < roi.x + roi.width
            and roi.y <= outline.centroid.y < roi.y + roi.height
            for outline in outlines
        ]
        assert sum(inside) == 1
        return aligned(source, target, pair.truths[inside.index(True)], pair.tissue)

    engine(answer)
    asked, *settled = TwoLevels(5, SIZE).run()
    assert (asked.group, asked.verdict) == ("two levels", verdict)
    assert [(r.group, r.verdict) for r in settled] == [("level chosen", "right")] * 2
    assert [r.errors is not None and r.errors.maximum_px < 1e-6 for r in settled] == [True, True]


def test_the_region_of_a_level_holds_all_parts_of_its_tissue() -> None:
    pair = generate_pair(5, PairOptions("two-levels", SIZE))
    x = pair.tissue.centroid.x
    parted = pair.tissue - box(x, -1e6, x + 1.0, 1e6)
    assert parted.geom_type == "MultiPolygon"
    assert _region(replace(pair, tissue=parted), 0) == _region(pair, 0)


def affine_like(transform: Transform, points: np.ndarray) -> Affine:
    """The affine map closest to a transform at some points."""
    design = np.column_stack([points, np.ones(len(points))])
    solved = np.linalg.lstsq(design, transform.map(points), rcond=None)[0]
    return Affine(solved.T)


def test_numbers_of_pairs() -> None:
    trials = generated_trials(2, Amounts(true=3, wrong=6, two_levels=1, one_pixel=1))
    groups = [trial.group for trial in trials]
    assert groups.count("true") == 3
    wrong = ["unrelated", "near-miss", "mosaic", "blank"]
    assert [groups.count(kind) for kind in wrong] == [2, 2, 1, 1]
    assert groups.count("two levels") == groups.count("one pixel") == 1
    others = generated_trials(3, Amounts(true=3, wrong=6, two_levels=1, one_pixel=1))
    assert not {trial.name for trial in trials} & {trial.name for trial in others}
    with pytest.raises(OptionError, match="wrong is -1"):
        Amounts(wrong=-1)


def test_real_trials(tmp_path: Path, engine: Use) -> None:
    pair = generate_pair(3, PairOptions(size_px=SIZE))
    data, strangers = tmp_path / "data", tmp_path / "strangers"
    for folder in (data, strangers):
        folder.mkdir()
    for name, slide in (("a", pair.source), ("b", pair.target)):
        imsave(data / f"{name}.png", slide.image)
    for name, points in (("a", pair.landmarks), ("b", pair.target_landmarks())):
        np.savetxt(data / f"{name}.csv", points, delimiter=",", header="x,y", comments="")
    (data / "pairs.csv").write_text(
        "pair_id,source,target,source_landmarks,target_landmarks\np,a.png,b.png,a.csv,b.csv\n"
    )
    imsave(strangers / "c.png", pair.source.image)
    trials = real_trials(data, strangers, seed=0)
    assert [trial.group for trial in trials[:2]] == ["real", "real mosaic"]
    assert {trial.name for trial in trials[2:]} == {
        *("a.png to c.png", "b.png to c.png", "c.png to a.png", "c.png to b.png")
    }
    seen: list[np.ndarray] = []

    def everything(source: Slide, target: Slide, options: AlignOptions) -> Alignment:
        seen.append(read_level(target, 0))
        return aligned(source, target, pair.truths[0], pair.tissue)

    engine(everything)
    results = [result for trial in trials[:3] for result in trial.run()]
    assert [result.verdict for result in results] == ["right", "false", "false"]
    np.testing.assert_array_equal(seen[0], pair.target.image)
    assert seen[1].shape == seen[0].shape
    assert not np.array_equal(seen[1], seen[0])


def test_no_real_slides_no_real_trials() -> None:
    assert real_trials(None, None, 0) == []


def test_an_error_of_the_engine_is_a_result(engine: Use, monkeypatch: pytest.MonkeyPatch) -> None:
    def in_this_process(trials: list[Trial], workers: int) -> Iterator[Any]:
        yield 1, None, ValueError("on purpose")
        yield 0, trials[0].run(), None

    engine(refused)
    monkeypatch.setattr(runner, "run_all", in_this_process)
    trials = generated_trials(0, Amounts(true=1, wrong=1, two_levels=0, one_pixel=0, size_px=SIZE))
    found = dict(runner.try_all(trials, workers=1))
    assert [result.verdict for result in (*found[0], *found[1])] == ["missed", "broken"]
