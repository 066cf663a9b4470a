"""Commands that are loaded when they are used: their tables, and what people see of them."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import typer

from sar_models.cli.lazy import LazyGroup
from sar_models.cli.main import app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from command_line import Run


def _tabled(group: LazyGroup, words: tuple[str, ...] = ()) -> Iterator[tuple[str, str, Any]]:
    """Yield each command's words, what the table says of it, and the command itself."""
    for name, deferred in group.deferred.items():
        command = deferred.load(name)
        yield " ".join([*words, name]), deferred.help, command
        if isinstance(command, LazyGroup):
            yield from _tabled(command, (*words, name))


def test_a_table_says_what_the_command_says_of_itself() -> None:
    root = typer.main.get_command(app)
    assert isinstance(root, LazyGroup)
    told = {words: (table, command) for words, table, command in _tabled(root)}
    assert {"align", "batch", "batch run", "review needs-fix", "benchmark jobs"} <= set(told)
    for words, (table, command) in told.items():
        first, *_ = inspect.cleandoc(command.help or "").split("\n\n")
        assert table == " ".join(first.split()), words
        assert command.name == words.rpartition(" ")[2]


def test_a_misspelt_command_names_the_right_one(run: Run) -> None:
    ended = run("bath")
    assert ended.code == 2
    assert "No such command" in ended.err
    assert "batch" in ended.err


@pytest.mark.parametrize(
    ("typed", "offered", "left_out"),
    [
        ("sar-align ba", {"batch"}, {"align"}),
        ("sar-align review ", {"list", "needs-fix", "verify"}, {"status"}),
        ("sar-align batch st", {"status"}, {"run"}),
        ("sar-align batch status --", {"--queue", "--json"}, {"--pairs"}),
    ],
)
def test_completion_offers_what_fits(typed: str, offered: set[str], left_out: set[str]) -> None:
    words = typed.split(" ")
    env = {
        "_SAR_ALIGN_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(words) - 1),
    }
    code = "import sys; sys.argv[0] = 'sar-align'; from sar_models.cli.main import main; main()"
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | env,
        check=False,
    )
    found = {line.strip() for line in result.stdout.splitlines()}
    assert offered <= found, result.stderr
    assert not left_out & found
