"""``doctor`` says what exactly the OMERO extra lacks."""

from __future__ import annotations

import importlib.util
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from sar_models.cli import doctor_omero
from sar_models.cli.doctor_omero import omero_trouble

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Pretend what is installed, and what Ice says when it is loaded."""

    def pretend(*modules: str, says: str = "3.6.5", fails: str = "") -> None:
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name: name if name in modules else None
        )
        ended = SimpleNamespace(returncode=int(bool(fails)), stdout=f"{says}\n", stderr=fails)
        monkeypatch.setattr(doctor_omero.subprocess, "run", lambda *_, **__: ended)

    return pretend


@pytest.mark.parametrize(
    ("modules", "options", "found", "remedy"),
    [
        ((), {}, "not installed: zeroc-ice 3.6 and omero-py", "docs/install/omero.md"),
        (("omero",), {}, "not installed: zeroc-ice 3.6", "docs/install/omero.md"),
        (("Ice",), {}, "not installed: omero-py (Ice 3.6.5 is)", 'pip install "sar-align[omero]"'),
        (("Ice", "omero"), {"says": "3.7.10"}, "Ice 3.7.10 is installed", "zeroc-ice<3.7"),
        (
            ("Ice", "omero"),
            {"fails": "Traceback\nImportError: libssl.so.3: cannot open shared object file"},
            "Ice does not load: ImportError: libssl.so.3",
            "docs/install/omero.md",
        ),
    ],
)
def test_what_is_missing_is_named_with_its_remedy(
    installed: Callable[..., None],
    modules: tuple[str, ...],
    options: dict[str, Any],
    found: str,
    remedy: str,
) -> None:
    installed(*modules, **options)

    trouble = omero_trouble()

    assert trouble is not None
    assert found in trouble.found
    assert remedy in trouble.remedy


def test_a_python_that_ice_does_not_run_on_is_named(
    installed: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed()
    monkeypatch.setattr(doctor_omero, "sys", SimpleNamespace(version_info=(3, 12, 1)))

    trouble = omero_trouble()

    assert trouble is not None
    assert "our recipe is for Python 3.11" in trouble.found
    assert "Python 3.11" in trouble.remedy


def test_nothing_is_missing_where_both_are_there(installed: Callable[..., None]) -> None:
    installed("Ice", "omero")

    assert omero_trouble() is None
