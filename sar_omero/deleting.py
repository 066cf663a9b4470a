"""Deleting on the server, waiting until it is done."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sar_models.domain.errors import StoreError
from sar_omero import _omero
from sar_omero.session import group_context

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sar_omero.session import Session

_AT_ONCE = 500
_LONGEST_S = 600.0
_FIRST_LOOK_S, _LONGEST_PAUSE_S = 0.01, 0.5


def delete(session: Session, kind: str, numbers: Iterable[int], group: int) -> None:
    """Delete objects of one kind; returns when they are gone.

    Raises
    ------
    StoreError
        If the server refuses, or does not come to an end.
    """
    wanted = sorted(set(numbers))
    for start in range(0, len(wanted), _AT_ONCE):
        _delete_some(session, kind, wanted[start : start + _AT_ONCE], group)


def _delete_some(session: Session, kind: str, numbers: list[int], group: int) -> None:
    request = _omero.delete_request(kind, numbers)
    handle = session.services.submit(request, group_context(group))
    try:
        deadline, pause = time.monotonic() + _LONGEST_S, _FIRST_LOOK_S
        while (response := handle.getResponse()) is None:
            if time.monotonic() > deadline:
                raise StoreError(f"The server does not come to an end of deleting {kind} {numbers}")
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)
    finally:
        handle.close()
    problem = _omero.as_delete_error(response)
    if problem is not None:
        raise StoreError(
            f"The server does not delete {kind} {numbers}: {problem}",
            remedy="Somebody else may have linked to it, or own it.",
        )
