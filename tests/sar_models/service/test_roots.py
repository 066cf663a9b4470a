from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sar_models.domain.errors import InputError
from sar_models.service.roots import Roots
from sar_models.service.schemas.jobs import SlideIn
from sar_models.service.slides import slide_record

if TYPE_CHECKING:
    from pathlib import Path

    import httpx
    from conftest import Place


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "slides" / "deep").mkdir(parents=True)
    (tmp_path / "slides" / "he slide.tif").write_text("he")
    (tmp_path / "slides" / "deep" / "ihc.tif").write_text("ihc")
    (tmp_path / "slides2").mkdir()
    (tmp_path / "slides2" / "secret.tif").write_text("secret")
    return tmp_path / "slides"


def test_files_below_a_root_are_found(root: Path) -> None:
    roots = Roots([root])
    he = root / "he slide.tif"
    for name in (str(he), he.as_uri(), f"{root}/deep/../he slide.tif", f"file:{he}"):
        assert roots.resolve(name) == he.resolve()
    assert roots.resolve(he.as_uri().replace("file://", "file://localhost")) == he.resolve()
    assert roots.resolve(str(root)) == root.resolve()


def outside(root: Path) -> list[str]:
    secret = root.parent / "slides2" / "secret.tif"
    (root / "link.tif").symlink_to(secret)
    (root / "linked").symlink_to(secret.parent)
    (root / "loop").symlink_to(root / "loop")
    return [
        str(secret),
        secret.as_uri(),
        f"{root}/../slides2/secret.tif",
        f"{root}/../slides2",
        f"{root}/../nothing.tif",
        f"{root.as_uri()}/%2e%2e/slides2/secret.tif",
        f"{root}/link.tif",
        f"{root}/linked/secret.tif",
        "/etc/passwd",
        "/",
        f"file://elsewhere{root}/deep/ihc.tif",
        f"//elsewhere{root}/deep/ihc.tif",
        "\\\\server\\share\\he.tif",
        f"{root}\0/deep/ihc.tif",
        f"{root.as_uri()}/deep%00/ihc.tif",
        "",
        "/" + "x" * 10_000,
        f"{root}/" + "x" * 300 + "/../../../etc/passwd",
        "file:///etc/passwd?x=1",
        "file://[broken/x",
    ]


def test_what_is_outside_is_refused_in_one_way_whether_it_is_there_or_not(root: Path) -> None:
    roots = Roots([root])
    for name in outside(root):
        with pytest.raises(InputError, match="does not lie below a root") as told:
            roots.resolve(name)
        assert str(root.parent) not in str(told.value)


@pytest.mark.parametrize("name", ["loop", "nothing.tif", "deep/nothing.tif"])
def test_what_is_not_there_is_told(root: Path, name: str) -> None:
    (root / "loop").symlink_to(root / "loop")
    with pytest.raises(InputError, match=r"There is no|does not lie"):
        Roots([root]).resolve(str(root / name))


def test_relative_paths_have_no_meaning(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    with pytest.raises(InputError, match="no absolute path"):
        Roots([root]).resolve("he slide.tif")


def test_without_roots_nothing_can_be_named(root: Path) -> None:
    with pytest.raises(InputError, match="does not lie"):
        Roots([]).resolve(str(root / "he slide.tif"))


def test_a_root_is_a_folder(root: Path) -> None:
    with pytest.raises(InputError, match="is no folder"):
        Roots([root / "he slide.tif"])


def test_a_root_may_be_a_link(root: Path) -> None:
    link = root.parent / "link"
    link.symlink_to(root)
    assert Roots([link]).resolve(str(link / "deep" / "ihc.tif")) == root.resolve() / "deep/ihc.tif"


def test_slides_of_stores(root: Path) -> None:
    roots = Roots([root])
    deep = str((root / "deep").resolve())
    for store in (f"folder:{root}/deep", f"{root}/deep", (root / "deep").as_uri()):
        record = slide_record(SlideIn(slide="ihc.tif", store=store), roots)
        assert record == {"slide": "ihc.tif", "store": f"folder:{deep}", "series": None}
    file = slide_record(SlideIn(slide=str(root / "deep/ihc.tif"), series=2), roots)
    assert file == {"slide": os.path.join(deep, "ihc.tif"), "store": None, "series": 2}


@pytest.mark.parametrize(
    ("slide", "store"),
    [
        ("../../slides2/secret.tif", "folder:{root}/deep"),
        ("..", "folder:{root}/deep"),
        ("/etc/passwd", "folder:{root}/deep"),
        ("link.tif", "folder:{root}"),
        ("secret.tif", "folder:{root}/../slides2"),
        ("secret.tif", "folder:{root}/linked"),
        ("1", "ftp://host/x"),
        ("1", "omero-nothing:x"),
        ("x.tif", "folder:"),
    ],
)
def test_stores_are_no_way_out(root: Path, slide: str, store: str) -> None:
    outside(root)
    with pytest.raises(InputError):
        slide_record(SlideIn(slide=slide, store=store.format(root=root)), Roots([root]))


def test_a_server_lets_nothing_out(client: httpx.Client, place: Place) -> None:
    (place.root / "link.tif").symlink_to(place.outside / "secret.tif")
    (place.root / "linked").symlink_to(place.outside / "aligned")
    secret = str(place.outside / "secret.tif")
    for name in (
        secret,
        f"{place.root}/../{place.outside.name}/secret.tif",
        f"{place.root}/link.tif",
    ):
        asked = {"source": {"slide": name}, "target": {"slide": place.ihc}}
        answer = client.post("/v1/jobs", json=asked)
        assert answer.status_code == 422
        assert "does not lie below a root" in answer.json()["detail"]
        assert str(place.outside) not in answer.text
        assert str(place.root) not in answer.text
    for name in (str(place.outside / "aligned"), f"{place.root}/linked", str(place.root)):
        answer = client.post("/v1/alignments", json={"folder": name})
        assert answer.status_code == 422
        assert str(place.outside) not in answer.text


def test_folders_with_links_inside_are_no_way_out(
    client: httpx.Client, place: Place, tmp_path: Path
) -> None:
    sly = place.root / "sly"
    sly.mkdir()
    for name in ("alignment.json", "transform.safetensors"):
        (sly / name).symlink_to(place.outside / "aligned" / name)
    assert client.post("/v1/alignments", json={"folder": str(sly)}).status_code == 422
    for name in ("alignment.json", "transform.safetensors"):
        (sly / name).unlink()
        (sly / name).write_bytes((place.aligned / name).read_bytes())
    (sly / "report.html").symlink_to(place.outside / "secret.tif")
    (sly / "preview").symlink_to(place.outside)
    (place.outside / "private.jpg").write_text("private")
    found = client.post("/v1/alignments", json={"folder": str(sly)}).json()["id"]
    for name in ("report", "previews/private.jpg"):
        answer = client.get(f"/v1/alignments/{found}/{name}")
        assert answer.status_code == 404
    # what it had before is opened again for other tests
    client.post("/v1/alignments", json={"folder": str(place.aligned)})


@pytest.mark.parametrize(
    "path",
    [
        "previews/..%2Falignment.json",
        "previews/../alignment.json",
        "previews/%2e%2e%2f%2e%2e%2fsecret.tif",
        "previews/..%5Calignment.json",
        "previews/overlay.jpg%00",
        "previews/%2Fetc%2Fpasswd",
        "../../../etc/passwd",
        "report/../../x",
    ],
)
def test_names_of_pictures_are_no_paths(client: httpx.Client, alignment: str, path: str) -> None:
    assert client.get(f"/v1/alignments/{alignment}/{path}").status_code in (404, 405, 422)
