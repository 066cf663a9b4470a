"""What the commands of ``sar-align omero`` share: the server, the login, the policy."""

from __future__ import annotations

import contextlib
import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from sar_models.cli.console import stderr
from sar_models.domain.errors import InputError, StoreError
from sar_models.stores.registry import open_store
from sar_omero.address import no_login, parse_address
from sar_omero.options import CA_VARIABLE, INSECURE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sar_models.stores.changes import PlanItem
    from sar_models.stores.worker import WorkerStore
    from sar_omero.address import Address

UriArgument = Annotated[
    str, typer.Argument(help="omero://HOST:PORT/dataset/ID, or project/ID, or image/ID.")
]
CaOption = Annotated[
    Path | None,
    typer.Option("--ca", help="PEM file of the authority that signed the server's certificate."),
]
InsecureOption = Annotated[
    bool,
    typer.Option("--insecure", help="Do not check the server's certificate: unknown who reads."),
]
PublishOption = Annotated[
    Literal["accepted", "low-risk", "all"],
    typer.Option(help="Which annotations spread; records and reports always do."),
]
AnnotationsOption = Annotated[
    bool, typer.Option("--annotations", help="Transfer the source's ROIs to the target, too.")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done; write nothing.")
]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Overwrite what people edited, locked or deleted.")
]

_SHOWN = 15


@contextlib.contextmanager
def server_of(uri: str, *, ca: Path | None = None, insecure: bool = False) -> Iterator[WorkerStore]:
    """Open a store on a server, in a process of its own, with somebody logged in.

    Raises
    ------
    StoreError
        If nobody is, and there is no terminal to ask at; or the server refuses.
    """
    address = parse_address(uri)
    if ca is not None:
        if not ca.exists():
            raise InputError(f"There is no file {str(ca)!r}", remedy="Give --ca a PEM file.")
        os.environ[CA_VARIABLE] = str(ca.resolve())
    if insecure:
        os.environ[INSECURE_VARIABLE] = "1"
    if os.environ.get(INSECURE_VARIABLE):
        stderr.print(
            f"Warning: the certificate of {address.server} is not checked.", soft_wrap=True
        )
    store = cast("WorkerStore", open_store(uri))
    try:
        _log_in(store, address)
        yield store
    finally:
        store.close()


def common_server(uris: Iterable[str]) -> str:
    """Return the address of the server that all slides are on.

    Raises
    ------
    InputError
        If they are not all on one server.
    """
    servers = {parse_address(uri).server if uri.startswith("omero:") else "" for uri in uris}
    if len(servers) != 1 or servers == {""}:
        raise InputError(
            "The slides are not on one OMERO server: "
            + ", ".join(sorted(repr(server or "a file") for server in servers)),
            remedy="Push alignments that `sar-align omero align` or `sync` made.",
        )
    return servers.pop()


def print_items(items: Iterable[PlanItem], *, verb: str) -> None:
    """Tell what was or would be done, one line each; what stays as it is, only in numbers."""
    listed = list(items)
    acting = [item for item in listed if item.action != "keep"]
    for item in acting[:_SHOWN]:
        what = item.label or ("object" if item.key.object_id else "alignment")
        stderr.print(
            f"  {item.action:<7} {what}: {item.reason}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    if len(acting) > _SHOWN:
        stderr.print(f"  ... and {len(acting) - _SHOWN} more", highlight=False)
    odd = [item for item in listed if item.action == "keep" and is_notable(item)]
    for item in odd[:_SHOWN]:
        stderr.print(
            f"  kept    {item.label or 'alignment'}: {item.reason}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    if verb == "would be":
        stderr.print("  nothing was written (--dry-run)", highlight=False)


def is_notable(item: PlanItem) -> bool:
    """Tell whether something that stays is worth a line: a person's doing, or somebody else's."""
    return any(word in item.reason for word in ("person", "belongs to", "marker", "too small"))


def counts_text(counts: dict[Any, int]) -> str:
    """Return counts of a plan or report in words."""
    return (
        f"{counts['create']} created, {counts['update']} updated, {counts['keep']} unchanged, "
        f"{counts['delete']} deleted"
    )


def _log_in(store: WorkerStore, address: Address) -> None:
    told = store.answer("log_in", {})
    if not told["needed"]:
        return
    if not sys.stdin.isatty():
        raise no_login(address)
    user = address.user or told["user"] or input(f"User name on {address.host}: ").strip()
    if not user:
        raise StoreError("No user name was given", remedy="Try again.")
    password = getpass.getpass(f"Password of {user} on {address.host}: ")
    # Through the pipe to the connector's process; it stands on no command line and in no file.
    store.answer("log_in", {"user": user, "password": password})
