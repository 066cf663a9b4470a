import re

import pytest
import report_scenes

from sar_models.domain.alignment import Outcome, Quality
from sar_models.report.advice import advice_for, hints_for
from sar_models.report.material import prepare
from sar_models.report.metrics import metrics_of
from sar_models.report.wording import headline_of, risk_band


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (0.0, "low"),
        (0.19, "low"),
        (0.2, "moderate"),
        (0.49, "moderate"),
        (0.5, "high"),
        (1, "high"),
    ],
)
def test_risk_has_three_bands(score: float, band: str) -> None:
    assert risk_band(score) == band


def test_an_aligned_pair_tells_its_expected_error_in_micrometres() -> None:
    text = headline_of(prepare(*report_scenes.self_scene(160).parts)).text
    assert text.startswith("A point on it is expected to lie within about ")
    assert "µm" in text


def test_a_partial_pair_tells_how_much_has_no_counterpart() -> None:
    text = headline_of(prepare(*report_scenes.partial_scene(160).parts)).text
    assert "of the source tissue and" in text
    assert "have no counterpart" in text


def test_advice_fits_the_failure() -> None:
    blank = advice_for(report_scenes.failed_scene(120, "no tissue was found").alignment)
    other = advice_for(report_scenes.failed_scene(120, "the poses are all alike").alignment)
    assert "pen marks" in blank[0]
    assert not any("pen marks" in step for step in other)
    assert set(other) < set(blank)


def test_without_pixel_sizes_the_advice_asks_for_them() -> None:
    scene = report_scenes.scene(120, mpp=None)
    failed = report_scenes.failed_scene(120, "all alike").with_alignment(pair=scene.alignment.pair)
    assert any("--source-mpp" in step for step in advice_for(failed.alignment))


def test_figures_of_the_engine_get_units_from_their_names() -> None:
    quality = {
        "median_residual_px": 8.0,
        "drift_um": 3.0,
        "turn_deg": 12.0,
        "overlap": 0.5,
        "unheard_of": 1.25,
        "not_known_px": float("nan"),
    }
    scene = report_scenes.scene(120).with_alignment(quality=Quality(quality))
    rows = {m.label: m.value for m in metrics_of(prepare(*scene.parts))}
    assert rows["Anchor distance"] == "2.00 µm"
    assert rows["Drift"] == "3.00 µm"
    assert rows["Turn"] == "12.0°"
    assert rows["Tissue overlap"] == "50 %"
    assert rows["Unheard of"] == "1.25"
    assert rows["Not known"] == "–"


def test_one_piece_tells_its_turn_and_scale() -> None:
    rows = {m.label: m.value for m in metrics_of(prepare(*report_scenes.partial_scene(160).parts))}
    assert float(rows["Turn"].strip("+°")) == pytest.approx(35.0, abs=2.0)
    assert float(rows["Scale"]) == pytest.approx(1.0, abs=0.03)
    assert rows["Folded grid cells"] == "0"


def test_pieces_are_counted_and_lost_tissue_is_told() -> None:
    told = headline_of(prepare(*report_scenes.torn_scene(160).parts))
    assert told.title == "2 pieces are placed."
    assert re.match(r"\d+ % of the source tissue has no counterpart \(hatched\)\. ", told.text)
    assert "A point on a piece is expected" in told.text


def test_one_piece_of_torn_tissue_is_told_from_whole_tissue() -> None:
    whole = report_scenes.self_scene(120)
    torn = whole.with_alignment(quality=Quality({"pieces": 1.0}))
    assert headline_of(prepare(*whole.parts)).title == "The tissue is aligned."
    assert headline_of(prepare(*torn.parts)).title == "1 piece is placed."


def test_a_partial_pair_counts_the_pieces_that_were_placed() -> None:
    scene = report_scenes.torn_scene(120).with_alignment(outcome=Outcome.PARTIAL)
    title = headline_of(prepare(*scene.parts)).title
    assert title == "Part of the tissue is aligned, in 2 pieces."


def test_rows_count_pieces_once() -> None:
    quality = Quality({"pieces": 2.0, "paired_source_share": 0.5, "overlap": 0.9})
    scene = report_scenes.torn_scene(120).with_alignment(quality=quality)
    labels = [m.label for m in metrics_of(prepare(*scene.parts))]
    assert labels.count("Pieces placed") == 1
    assert "Paired source" not in labels
    assert "Tissue overlap" in labels


def test_seams_are_told_as_a_share_of_the_outlines_of_pieces() -> None:
    quality = Quality({"pieces": 2.0, "seam_share": 0.123})
    scene = report_scenes.torn_scene(120).with_alignment(quality=quality)
    (row,) = (m for m in metrics_of(prepare(*scene.parts)) if m.label == "Seams")
    assert row.value == "12 %"
    assert "on both slides" in row.meaning


def test_tissue_in_pieces_is_advised_to_be_aligned_by_piece() -> None:
    scene = report_scenes.failed_scene(120)
    assert any("Choose one that you recognise" in step for step in advice_for(scene.alignment))
    one = scene.alignment.tissue_source.geoms[0]
    whole = scene.with_alignment(tissue_source=one, tissue_target=one)
    assert not any("several pieces" in step for step in advice_for(whole.alignment))


def test_hatched_tissue_comes_with_what_to_do_about_it() -> None:
    lost = hints_for(report_scenes.partial_scene(120).alignment)
    assert any("--fragment new" in hint and "--landmarks" in hint for hint in lost)
    assert hints_for(report_scenes.scene(120).alignment) == ()
