"""The widgets themselves, without a kernel: traits, messages, closing."""

import gc
import io
import threading
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image
from widget_page import Page
from widget_scenes import WidgetScene, folder_of, widget_scene

import sar_widgets
from sar_models.domain.alignment import Alignment, Risk
from sar_models.domain.errors import LandmarkError, OptionError, RecordError, SlideError
from sar_models.domain.review import Decision
from sar_models.domain.slides import Slide
from sar_models.stores.reviews import Identity, ReviewLog
from sar_widgets import AlignmentViewer, ImageViewer, ReviewQueue, ViewerOptions
from sar_widgets.canvas import Canvas
from sar_widgets.frontend import module_text
from sar_widgets.landmarks import LandmarkBoard
from sar_widgets.picture import PICTURE_MODES


@pytest.fixture(scope="module")
def scene() -> WidgetScene:
    return widget_scene()


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    page = Page()

    def post(self: Canvas, message: dict[str, Any], buffers: Sequence[bytes]) -> None:
        page(message, buffers)

    monkeypatch.setattr(Canvas, "send", lambda self, m, buffers=(): page(m, buffers))
    return page


@pytest.fixture
def viewer(scene: WidgetScene, page: Page) -> Iterator[AlignmentViewer]:
    viewer = AlignmentViewer(scene.alignment, scene.source, scene.target)
    yield viewer
    viewer.close()


def test_the_public_names_are_what_is_there() -> None:
    assert set(sar_widgets.__all__) == {
        "AlignmentViewer",
        "ImageViewer",
        "ReviewQueue",
        "ViewerOptions",
    }
    assert all(hasattr(sar_widgets, name) for name in sar_widgets.__all__)


def test_a_missing_extra_is_told_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(OptionError, match=r'pip install "sar-align\[widgets\]"'):
        _ = sar_widgets.AlignmentViewer


def test_hello_brings_the_scene_and_tiles_come_on_request(
    viewer: AlignmentViewer, page: Page, scene: WidgetScene
) -> None:
    viewer._handle_custom_msg({"type": "hello"}, [])
    page.wait(lambda p: bool(p.of("item")))
    assert page.of("item")[0]["scene"]["size"] == [4000, 3000]
    token = scene.alignment.content_sha256
    viewer._handle_custom_msg(
        {"type": "tiles", "item": token, "generation": 1, "keys": ["source/0/0/0"]}, []
    )
    page.wait(lambda p: "source/0/0/0" in p.tiles)


def test_tiles_are_no_part_of_the_state_that_notebooks_save(viewer: AlignmentViewer) -> None:
    state = viewer.get_state()
    own = {"mode", "opacity", "height", "review"}
    assert own <= set(state)
    assert all(not isinstance(value, bytes) for value in state.values())
    assert len(state["_esm"]) < 60_000


def test_a_broken_message_is_told_to_the_page(viewer: AlignmentViewer, page: Page) -> None:
    viewer._handle_custom_msg({"type": "tiles", "generation": 1, "keys": 7}, [])
    assert "A request has up to" in page.of("error")[0]["message"]


def test_nothing_comes_from_elsewhere_and_no_text_becomes_markup() -> None:
    text = module_text()
    assert "innerHTML" not in text
    assert "insertAdjacentHTML" not in text
    assert "document.write" not in text
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in text


def test_the_licence_of_openseadragon_lies_beside_it() -> None:
    folder = Path(sar_widgets.__file__).parent / "static"
    assert "OpenSeadragon contributors" in (folder / "OPENSEADRAGON-LICENSE.txt").read_text()
    assert (folder / "openseadragon.min.js").stat().st_size > 300_000


def test_wrong_input_is_refused_before_anything_is_shown(
    scene: WidgetScene, tmp_path: Path
) -> None:
    with pytest.raises(RecordError, match="no alignment folder"):
        AlignmentViewer(tmp_path)
    with pytest.raises(OptionError, match="Only one slide"):
        AlignmentViewer(scene.alignment, scene.source)
    with pytest.raises(SlideError, match="not the one that was aligned"):
        AlignmentViewer(scene.alignment, scene.target, scene.source)
    with pytest.raises(OptionError):
        ViewerOptions(quality=0)


def test_slides_that_are_not_there_are_told_on_the_page(scene: WidgetScene, page: Page) -> None:
    viewer = AlignmentViewer(scene.alignment, slides="nowhere")
    viewer._handle_custom_msg({"type": "hello"}, [])
    page.wait(lambda p: bool(p.of("error")))
    assert "Say where the slides are" in page.of("error")[0]["message"]
    viewer.close()


def test_opening_and_closing_many_viewers_leaves_nothing(scene: WidgetScene, page: Page) -> None:
    process = psutil.Process()
    gone: list[weakref.ref[AlignmentViewer]] = []
    threads = threading.active_count()
    files = process.num_fds() if hasattr(process, "num_fds") else 0
    for _ in range(100):
        viewer = AlignmentViewer(scene.alignment, scene.source, scene.target)
        viewer._handle_custom_msg({"type": "hello"}, [])
        gone.append(weakref.ref(viewer))
        viewer.close()
        del viewer
    gc.collect()
    assert threading.active_count() == threads
    assert sum(ref() is not None for ref in gone) <= 1
    assert not files or process.num_fds() <= files + 2


@pytest.mark.parametrize("mode", PICTURE_MODES)
def test_pictures_show_both_layers_without_a_custom_widget(scene: WidgetScene, mode: str) -> None:
    viewer = ImageViewer(
        scene.alignment, scene.source, scene.target, mode=mode, width=320, height=240
    )
    picture = np.asarray(Image.open(io.BytesIO(viewer.image.value)))
    assert picture.shape == (240, 640 if mode == "side" else 320, 3)
    assert picture.std() > 5
    viewer._buttons[0].click()
    assert np.asarray(Image.open(io.BytesIO(viewer.image.value))).std() > 5
    with pytest.raises(OptionError):
        viewer.go_to(0.0, 0.0, 0.0)
    viewer.close()


def test_layers_that_coincide_are_neutral_under_haematoxylin(scene: WidgetScene) -> None:
    viewer = ImageViewer(scene.alignment, scene.source, scene.target, mode="haematoxylin")
    box = scene.alignment.fragments[1].target.centroid
    viewer.go_to(box.x, box.y, 300.0)
    rgb = np.asarray(Image.open(io.BytesIO(viewer.image.value))).astype(float)
    assert np.abs(rgb[..., 0] - rgb[..., 2]).mean() < 6
    viewer.close()


@pytest.fixture
def queue(tmp_path: Path, page: Page) -> Iterator[ReviewQueue]:
    scenes = folder_of(tmp_path, 5)
    slides = {s.source.info.name: s for s in scenes} | {s.target.info.name: s for s in scenes}
    log = ReviewLog(tmp_path, Identity("ada", "os"))
    queue = ReviewQueue(log, opener=lambda info: slides[info.name].opener(info))
    yield queue
    queue.close()


def test_a_queue_lists_what_is_to_do_with_the_reasons(queue: ReviewQueue) -> None:
    rows = [text for text, _ in queue._controls.entries.options]
    assert rows[0].startswith("1. case-000 · risk 90 % · unreviewed · Few anchors agree.")
    queue.desk.decide(Decision.ACCEPT)
    assert "accepted" in queue._controls.entries.options[0][0]
    assert queue._controls.entries.value == queue.desk.entries[1].alignment.content_sha256


def test_filters_and_choosing_from_the_list(queue: ReviewQueue, page: Page) -> None:
    queue._controls.risk.value = (0.0, 0.5)
    assert len(queue.desk.entries) == 3 - 1
    queue._controls.entries.value = queue.desk.entries[1].alignment.content_sha256
    assert queue.desk.position == 1
    page.wait(lambda p: bool(p.of("item")))


def test_a_batch_from_the_controls(queue: ReviewQueue) -> None:
    queue._controls.batch_risk.value = 1.0
    queue._controls.complete.click()
    assert queue._controls.said.value == "Draw a sample first."
    queue._controls.draw.click()
    assert "5 up to this risk" in queue._controls.said.value
    queue._controls.complete.click()
    assert "not decided yet" in queue._controls.said.value
    queue.desk.decide(Decision.ACCEPT)
    queue._controls.complete.click()
    assert queue._controls.said.value == "4 more accepted, marked as a batch."
    assert queue.desk.current is None


def test_a_fix_joins_the_queue_as_a_new_version(queue: ReviewQueue) -> None:
    def how(_: Slide, __: Slide, parent: Alignment, ___: LandmarkBoard) -> Alignment:
        return replace(parent, risk=Risk(0.99))

    board = LandmarkBoard("tissue-1").added((1.0, 2.0), (3.0, 4.0))
    assert queue.fix(board, how).result(60).name == "case-000-fix-1"
    assert [e.alignment.name for e in queue.desk.entries[:2]] == ["case-000-fix-1", "case-000"]
    with pytest.raises(LandmarkError, match="no landmark pair"):
        queue.fix(LandmarkBoard("tissue-1"), how).result(60)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="is no folder"):
        ReviewQueue(tmp_path / "nowhere")
