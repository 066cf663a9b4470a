"""One pusher at a time on an image; the server has no locks, so an annotation is one."""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from typing import TYPE_CHECKING

from sar_models.domain.errors import ConflictError, StoreError
from sar_models.stores.holder import Holder, this_process
from sar_omero import namespaces
from sar_omero.linked import add, linked, map_annotation, remove

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sar_omero.connection import Connection
    from sar_omero.linked import Linked
    from sar_omero.session import Session

_STALE_AFTER_S = 15 * 60
"""Age at which another machine's lock counts as left behind; a push takes seconds."""
_WAIT_S, _LOOK_S = 20.0, 0.1
_held: set[str] = set()
"""What this process holds, or is about to: a lock of its own whose answer was lost is no more."""


@contextlib.contextmanager
def pushing(connection: Connection, image: int, group: int) -> Iterator[None]:
    """Hold an image while it is pushed to.

    Of several that come at once each writes, then reads: the lowest id wins, the others delete
    their own. Whoever has the lowest waits until the others are gone, since one of them may have
    read before the lowest could be seen.

    Raises
    ------
    ConflictError
        If somebody else is pushing to it.
    """
    token = str(uuid.uuid4())
    _held.add(token)
    try:
        with _held_there(connection, image, group, token):
            yield
    finally:
        _held.discard(token)


@contextlib.contextmanager
def _held_there(connection: Connection, image: int, group: int, token: str) -> Iterator[None]:
    mine = connection.write(lambda session: _enter(session, image, group, token))
    try:
        deadline = time.monotonic() + _WAIT_S
        while others := connection.read(lambda session: _others(session, image, mine)):
            lost = any(other.number < mine for other in others)
            if lost or time.monotonic() > deadline:
                raise ConflictError(
                    f"Somebody else is writing to Image:{image}: {others[0].owner!r}",
                    remedy="Try again in a moment.",
                )
            time.sleep(_LOOK_S)
        yield
    finally:
        with contextlib.suppress(StoreError):  # a later push removes what is left behind
            connection.wake()
            connection.write(lambda session: _leave(session, image, mine, group))


def _enter(session: Session, image: int, group: int, token: str) -> int:
    holder = json.dumps(this_process().to_record())
    pairs = [("holder", holder), ("since", f"{time.time():.0f}"), ("token", token)]
    return add(session, image, map_annotation(namespaces.LOCK, pairs), group)


def _others(session: Session, image: int, mine: int) -> list[Linked]:
    """Return the locks of others that are alive; those that a crash of the user's left go."""
    found = [one for one in linked(session, [image], [namespaces.LOCK]) if one.number != mine]
    stale = [one for one in found if _is_stale(one)]
    own = [one for one in stale if one.owner == session.user]
    if own:
        remove(session, own, int(own[0].value.getDetails().getGroup().getId().getValue()))
    return [one for one in found if one not in stale]


def _leave(session: Session, image: int, mine: int, group: int) -> None:
    own = [one for one in linked(session, [image], [namespaces.LOCK]) if one.number == mine]
    remove(session, own, group)


def is_left_behind(session: Session, image: int) -> bool:
    """Tell whether a push of the user's that was killed left its lock on an image."""
    found = linked(session, [image], [namespaces.LOCK])
    return any(one.owner == session.user and _is_stale(one) for one in found)


def _is_stale(lock: Linked) -> bool:
    values = dict(lock.pairs)
    try:
        holder = Holder.from_record(json.loads(values["holder"]))
        age = time.time() - float(values["since"])
    except (KeyError, TypeError, ValueError):
        return True
    if holder.is_same(this_process()):
        return values.get("token") not in _held
    return not holder.is_running if holder.is_here else age > _STALE_AFTER_S
