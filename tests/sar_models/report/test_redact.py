import pytest

from sar_models.report.redact import plain, plain_value


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("/home/jo smith/slides/a.svs", "a.svs"),
        (r"C:\Users\jo\a b.svs", "a b.svs"),
        (r"\\server\share\a.svs", "a.svs"),
        ("~/slides/a.svs", "a.svs"),
        ("file:///data/p/a.svs", "a.svs"),
        ("omero://omero.example.org:4064/image/7", "7"),
        ("cannot read '/home/jo smith/a.svs' at 3", "cannot read 'a.svs' at 3"),
        ("cannot read /home/jo/a.svs at 3", "cannot read a.svs at 3"),
        ("see https://example.org", "see …"),
    ],
)
def test_folders_and_servers_are_left_out(text: str, kept: str) -> None:
    assert plain(text) == kept


@pytest.mark.parametrize(
    "text", ["and/or", "1/2 of it", "H&E", "0.25 µm/px", "a: b", "ratio 3:4", "sha256:ab/cd"]
)
def test_other_text_stays(text: str) -> None:
    assert plain(text) == text


def test_values_are_written_for_people() -> None:
    value = {"roi": [1, 2, None], "on": True, "file": "/a/b/c.csv"}
    assert plain_value(value) == "roi: 1, 2, –, on: yes, file: c.csv"
