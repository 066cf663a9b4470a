"""Ctrl-C, whatever the code that it hits makes of it."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import pytest

from sar_models.cli import console
from sar_models.cli import main as command_line
from sar_models.cli.interrupts import watching_ctrl_c

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def listening() -> Iterator[None]:
    """Listen to Ctrl-C as at a terminal: a shell makes what it runs in the background ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def compiled_import() -> None:
    """Do as a compiled module that is being imported while Ctrl-C is pressed."""
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        raise ImportError("numpy._core.multiarray failed to import") from None


def test_ctrl_c_that_was_made_an_error_of_is_still_ctrl_c(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console.stderr, "_file", sys.stderr)
    monkeypatch.setattr(command_line, "app", compiled_import)
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "Interrupted; nothing half-written was left behind.\n"


def test_the_same_error_without_ctrl_c_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise ImportError("numpy._core.multiarray failed to import")

    monkeypatch.setattr(console.stderr, "_file", sys.stderr)
    monkeypatch.setattr(command_line, "app", broken)
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    assert ended.value.code == 1
    assert "This is a bug in sar-align" in capsys.readouterr().err


def test_the_way_python_handles_ctrl_c_comes_back() -> None:
    with pytest.raises(KeyboardInterrupt), watching_ctrl_c() as ctrl_c:
        signal.raise_signal(signal.SIGINT)
    assert ctrl_c.pressed
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_caller_that_ignores_ctrl_c_is_left_alone() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with watching_ctrl_c() as ctrl_c:
        signal.raise_signal(signal.SIGINT)
    assert not ctrl_c.pressed
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
