import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sar_models.domain.geometry import Mpp
from sar_models.report.units import Ruler, nice_below, number, percent, scale_bar, signed, turn


def test_lengths_are_micrometres_where_known_and_pixels_where_not() -> None:
    assert Ruler(Mpp(0.25, 0.25)).length(40) == "10.0 µm"
    assert Ruler(Mpp(0.5, 0.5)).length(5000) == "2.50 mm"
    assert Ruler(None).length(40) == "40.0 px"
    assert Ruler(None).length(math.nan) == Ruler(Mpp(1, 1)).length(math.nan) == "–"


def test_areas_use_both_axes() -> None:
    assert Ruler(Mpp(0.5, 0.25)).area(8e6) == "1.00 mm²"
    assert Ruler(None).area(1234.0) == "1 234 px²"


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0 %"), (0.003, "0.3 %"), (0.5, "50 %"), (0.997, "99.7 %"), (1.0, "100 %")],
)
def test_nearly_all_does_not_read_as_all(share: float, text: str) -> None:
    assert percent(share) == text


def test_numbers_have_about_three_digits() -> None:
    assert [number(v) for v in (0.01234, 1.5, 123456.7, 0.0)] == ["0.0123", "1.50", "123 457", "0"]


def test_signs_are_true_and_zero_has_none() -> None:
    assert signed(-0.2) == "0"
    assert signed(3.4) == "+3"
    assert turn(-12.34, mirrored=True) == "\N{MINUS SIGN}12.3°, mirrored"


@given(limit=st.floats(1e-6, 1e9))
def test_round_lengths_are_close_below(limit: float) -> None:
    nice = nice_below(limit)
    assert limit / 2.51 < nice <= limit * 1.000001
    assert nice / 10 ** math.floor(math.log10(nice) + 1e-9) == pytest.approx(
        round(nice / 10 ** math.floor(math.log10(nice) + 1e-9))
    )


def test_a_scale_bar_is_as_long_as_it_says() -> None:
    bar = scale_bar(8.0, 1000)
    assert bar is not None
    assert bar.label == "2 mm"
    assert bar.width_px * 8.0 == pytest.approx(2000)
    assert scale_bar(None, 1000) is None
