"""What the manifest says of weights that ship."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sar_models.domain.errors import InputError, UnknownVersionError
from sar_models.engine.scene.weights import MANIFEST_NAME
from sar_models.engine.training.manifest import enter_weights

if TYPE_CHECKING:
    from pathlib import Path

NOTES = {"sha256": "ab12", "step": 250, "data": {"generated": {"seeds": [1, 2]}}}


def entries(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / MANIFEST_NAME).read_text())["files"]
    return found


def test_an_entry_has_the_notes_and_the_command(tmp_path: Path) -> None:
    path = enter_weights(tmp_path / "a.safetensors", NOTES, "train it")
    assert path == tmp_path / MANIFEST_NAME
    assert entries(tmp_path) == {"a.safetensors": NOTES | {"command": "train it"}}


def test_what_is_said_of_other_weights_stays(tmp_path: Path) -> None:
    for name, step in (("a", 1), ("b", 2), ("a", 3)):
        enter_weights(tmp_path / name, NOTES | {"step": step}, "train it")
    assert {name: entry["step"] for name, entry in entries(tmp_path).items()} == {"a": 3, "b": 2}


def test_equal_entries_are_equal_files_in_any_order(tmp_path: Path) -> None:
    texts = []
    for order in (("a", "b"), ("b", "a")):
        folder = tmp_path / order[0]
        folder.mkdir()
        for name in order:
            path = enter_weights(folder / name, dict(reversed(NOTES.items())), "train it")
        texts.append(path.read_text())
    assert texts[0] == texts[1]


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 1}', '{"files": {}}'])
def test_a_damaged_manifest_is_left_as_it_is(tmp_path: Path, text: str) -> None:
    manifest = tmp_path / MANIFEST_NAME
    manifest.write_text(text)
    with pytest.raises(InputError, match="is damaged"):
        enter_weights(tmp_path / "a", NOTES, "train it")
    assert manifest.read_text() == text


def test_a_newer_manifest_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / MANIFEST_NAME).write_text('{"version": 9, "files": {}}')
    with pytest.raises(UnknownVersionError, match="has version 9"):
        enter_weights(tmp_path / "a", NOTES, "train it")
