"""The summary page of many pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from report_pages import Page

from sar_models.report.batch import BatchItem, render_batch, urgency
from sar_models.report.encode import jpeg
from sar_models.report.thumbnail import thumbnail

if TYPE_CHECKING:
    from pathlib import Path

EVIL = "<script>alert(1)</script>.svs"


def item(source: str, outcome: str, risk: float | None, **more: object) -> BatchItem:
    return BatchItem(source, "he.svs", outcome, risk, (), **more)  # type: ignore[arg-type]


def test_what_needs_a_look_comes_first() -> None:
    items = [
        item("safe", "aligned", 0.1),
        item("waiting", "open", None),
        item("odd", "ambiguous", 0.7),
        item("none", "failed", 1.0),
        item("broken", "error", None),
        item("stopped", "cancelled", None),
    ]
    order = [one.source for one in sorted(items, key=urgency)]
    assert order == ["broken", "waiting", "stopped", "none", "odd", "safe"]


def test_the_page_is_whole_and_loads_nothing(tmp_path: Path) -> None:
    (tmp_path / "preview").mkdir()
    picture = np.random.default_rng(0).integers(0, 255, (60, 90, 3)).astype(np.uint8)
    (tmp_path / "preview" / "target.jpg").write_bytes(jpeg(picture))
    small = thumbnail(tmp_path, 30)
    items = [
        BatchItem(
            EVIL, "he.svs", "aligned", 0.25, ("seen in '/home/anna/he.svs'", "b", "c"),
            report="pairs/a%20b/report.html", thumbnail=small, seconds=12.34,
        ),
        item("b", "error", None),
    ]  # fmt: skip
    page = Page(render_batch("my & batch", items, "2026-11-21 12:00"))
    assert page.all("script") == []
    assert EVIL in page.text
    assert "my & batch" in page.text
    assert "/home/anna" not in page.html
    assert [image["src"] for image in page.all("img")] == [small]
    assert small.startswith("data:image/jpeg;base64,")
    links = {link["href"] for link in page.all("a")}
    assert links == {"pairs/a%20b/report.html"}
    assert "1 of 2 pairs have a picture here" in page.text
    assert "12.3" in page.text


def test_a_folder_without_pictures_has_no_thumbnail(tmp_path: Path) -> None:
    assert thumbnail(tmp_path) == ""
    (tmp_path / "preview").mkdir()
    (tmp_path / "preview" / "overlay.jpg").write_bytes(b"no picture")
    assert thumbnail(tmp_path) == ""
