from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from sar_models.domain.errors import InputError, OptionError, StoreError
from sar_models.stores import FolderStore, StoreEntry, open_store, register_store

if TYPE_CHECKING:
    from pathlib import Path


def test_paths_and_folder_uris(tmp_path: Path) -> None:
    for uri in (str(tmp_path), f"folder:{tmp_path}", f"FOLDER:{tmp_path}"):
        store = open_store(uri)
        assert isinstance(store, FolderStore)
        assert store.path == tmp_path


def test_a_windows_drive_is_no_scheme() -> None:
    with pytest.raises(InputError, match="is no folder"):
        open_store(r"Z:\nowhere\slides")


def test_unknown_schemes_are_named() -> None:
    with pytest.raises(InputError, match=r"'ftp' in 'ftp://x'.*Known are folder"):
        open_store("ftp://x")


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("plugin_")]:
        del sys.modules[name]


def test_a_registered_store_is_imported_when_it_is_opened(plugin: Path) -> None:
    (plugin / "plugin_good.py").write_text("def make(uri):\n    return ('store', uri)\n")
    forget = register_store("Good", StoreEntry("plugin_good:make"))
    try:
        assert "plugin_good" not in sys.modules
        assert open_store("good:x") == ("store", "good:x")
        with pytest.raises(OptionError, match=r"'plugin_good:make' already, 'other:f' cannot"):
            register_store("good", StoreEntry("other:f"))
    finally:
        forget()
    with pytest.raises(InputError, match="Unknown kind"):
        open_store("good:x")


def test_only_a_missing_dependency_becomes_an_install_hint(plugin: Path) -> None:
    (plugin / "plugin_needs.py").write_text("import surely_not_installed\n")
    (plugin / "plugin_bug.py").write_text("from sar_models.domain import surely_no_module\n")
    (plugin / "plugin_own.py").write_text("import sar_models.surely_no_module\n")
    undo = [
        register_store(name, StoreEntry(f"plugin_{name}:make", "omero"))
        for name in ("needs", "bug", "own")
    ]
    try:
        with pytest.raises(StoreError, match=r"'surely_not_installed'.*pip install .sar-align\[om"):
            open_store("needs:x")
        with pytest.raises(ImportError, match="surely_no_module"):
            open_store("bug:x")
        with pytest.raises(ModuleNotFoundError, match="surely_no_module"):
            open_store("own:x")
    finally:
        for forget in undo:
            forget()


@pytest.mark.parametrize(
    ("scheme", "opener"), [("a b", "m:f"), ("ok", "module"), ("ok", "m:f:g"), ("1x", "m:f")]
)
def test_bad_entries_are_refused(scheme: str, opener: str) -> None:
    with pytest.raises(OptionError):
        register_store(scheme, StoreEntry(opener))
