"""The review in a real JupyterLab and a headless Chromium: real clicks, real keys."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_harness import Lab, chromium, jupyter_lab
from playwright.sync_api import Page, expect
from widget_folder import HOSTILE, write_notebook, write_review_folder

from sar_models.domain.review import ReviewStatus
from sar_models.stores.reviews import ReviewLog

WAIT_MS = 60_000
CELL = """from sar_widgets import ReviewQueue
queue = ReviewQueue('aligned', slides='slides')
queue"""
MODES = ("side", "overlay", "swipe", "checkerboard", "flicker", "edges", "haematoxylin")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("review")
    write_review_folder(folder, 4, size_px=600, mpp=6.0, mark=HOSTILE)
    write_notebook(folder / "review.ipynb", CELL)
    return folder


@pytest.fixture(scope="module")
def page(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with jupyter_lab(folder, tmp_path_factory.mktemp("lab")) as lab, chromium() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 1300})
        page.set_default_timeout(WAIT_MS)
        expect.set_options(timeout=WAIT_MS)
        open_notebook(page, lab)
        run_cell(page)
        yield page


def open_notebook(page: Page, lab: Lab) -> None:
    page.goto(lab.notebook("review.ipynb"))
    page.wait_for_selector("text=(ipykernel) | Idle")


def run_cell(page: Page) -> None:
    page.locator(".jp-Notebook .cm-content").first.click()
    page.keyboard.press("Control+Enter")
    painted(page)


def painted(page: Page, other_than: str | None = None) -> str:
    """Wait until both layers of an item are on the screen; return which."""
    selector = ".sar-viewer[data-painted]"
    if other_than is not None:
        selector += f":not([data-painted='{other_than}'])"
    page.wait_for_selector(selector)
    return page.locator(".sar-viewer").get_attribute("data-painted") or ""


def press(page: Page, key: str) -> None:
    page.locator(".sar-viewer").focus()
    page.keyboard.press(key)


def said(page: Page, text: str) -> None:
    expect(page.locator(".sar-status")).to_contain_text(text)


def statuses(folder: Path) -> list[ReviewStatus]:
    return [entry.status for entry in ReviewLog(folder / "aligned").queue()]


def test_a_session(page: Page, folder: Path) -> None:
    # Names and reasons are shown as text.
    expect(page.locator(".sar-title")).to_contain_text(HOSTILE)
    assert page.title() != "owned"
    assert page.locator(".sar-viewer img").count() == 0

    # Every mode paints something else, and asks for no tile.
    seen = set()
    for number, mode in enumerate(MODES, start=1):
        press(page, str(number))
        expect(page.locator(f"[data-mode={mode}]")).to_have_attribute("aria-pressed", "true")
        seen.add(page.locator(".sar-stage").screenshot())
    assert len(seen) == len(MODES)
    press(page, "2")

    # Zoom to full resolution and back, from key to key.
    press(page, "z")
    press(page, ".")
    press(page, "0")
    press(page, "?")
    expect(page.locator(".sar-help")).to_be_visible()
    press(page, "Escape")
    expect(page.locator(".sar-help")).to_be_hidden()

    # Accept by key: saved, and the next item shows.
    first = painted(page)
    press(page, "a")
    said(page, "Saved: accepted.")
    assert statuses(folder)[0] is ReviewStatus.ACCEPTED
    second = painted(page, other_than=first)

    # A rejection needs a reason, given by hand.
    press(page, "r")
    expect(page.locator(".sar-reason input")).to_be_focused()
    page.keyboard.press("Enter")
    said(page, "A rejection needs a reason.")
    page.keyboard.type("mirrored")
    page.keyboard.press("Enter")
    said(page, "Saved: rejected.")
    third = painted(page, other_than=second)

    # Undo goes back to it, and the third comes again after needs-fix by a click.
    press(page, "u")
    assert painted(page, other_than=third) == second
    assert statuses(folder)[1] is ReviewStatus.UNREVIEWED
    page.locator(".sar-comment").fill("left piece")
    page.locator("button.sar-fix").click()
    said(page, "Saved: needs a fix.")
    assert painted(page, other_than=second) == third

    # The page is loaded again: the same item, nothing lost.
    page.reload()
    page.wait_for_selector("text=(ipykernel) | Idle")
    run_cell(page)
    assert painted(page) == third

    # The kernel is restarted in the middle: the same cell goes on at the same item.
    page.keyboard.press("Escape")
    page.locator(".jp-Notebook .jp-InputPrompt").first.click()
    page.keyboard.press("0")
    page.keyboard.press("0")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    page.wait_for_selector("text=(ipykernel) | Idle")
    run_cell(page)
    assert painted(page) == third
    assert statuses(folder)[:3] == [
        ReviewStatus.ACCEPTED,
        ReviewStatus.NEEDS_FIX,
        ReviewStatus.UNREVIEWED,
    ]
    assert not ReviewLog(folder / "aligned").verify()
