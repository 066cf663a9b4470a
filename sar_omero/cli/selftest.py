"""``sar-align omero selftest``: prove a server in a minute."""

from __future__ import annotations

import typer

from sar_models.cli.console import print_json, stdout
from sar_models.cli.exit_codes import ExitCode
from sar_models.cli.options import JsonOption
from sar_models.domain.errors import InputError
from sar_omero.cli.shared import CaOption, InsecureOption, UriArgument, server_of

_IMAGES = 2


def selftest(
    uri: UriArgument,
    ca: CaOption = None,
    insecure: InsecureOption = False,
    json_: JsonOption = False,
) -> None:
    """Prove a server: create, edit, read and withdraw objects of our own on two images.

    Nothing of anybody else's is touched, and nothing of ours is left.

    Exit code 0: every step works; 5: one does not, or the server cannot be reached; 2: wrong
    input.
    """
    with server_of(uri, ca=ca, insecure=insecure) as store:
        images = store.answer("images", {})
        if not images:
            raise InputError(f"{uri!r} holds no slides", remedy="Name a dataset with slides.")
        slides = [image["slide"] for image in images[:_IMAGES]]
        steps = store.answer("selftest", {"slides": slides})
    failed = [step for step in steps if step["problem"]]
    if json_:
        print_json({"passed": not failed, "steps": steps})
    else:
        for step in steps:
            told = f"FAILED: {step['problem']}" if step["problem"] else "ok"
            number = step["slide"].rpartition("/")[2]
            stdout.print(
                f"Image:{number}  {step['step']:<38} {step['seconds']:6.2f} s  {told}",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
        stdout.print("The server does what we need." if not failed else "The server does not.")
    raise typer.Exit(ExitCode.STORE if failed else ExitCode.OK)
