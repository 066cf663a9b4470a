"""What the page asks for and what it gets: the messages of a viewer, without any notebook.

The page sends ``hello`` (it is there, maybe again), ``tiles`` (``item``, ``generation``, ``keys``,
``ahead``), ``cancel`` (``generation``: nothing older is wanted any more) and ``ack`` (``batch``).
It gets ``library`` (OpenSeadragon's code, in a buffer), ``tiles`` (``batch`` and ``tiles``: each
with ``item``, ``key``, ``format`` and the number of its ``buffer``), ``refused`` (``item``,
``key``, ``message``) and ``error`` (``message``).
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import OptionError, SarAlignError
from sar_widgets.cache import TileCache
from sar_widgets.grid import TileKey
from sar_widgets.outbox import Outbox
from sar_widgets.pool import RenderPool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sar_widgets.items import Item
    from sar_widgets.options import ViewerOptions
    from sar_widgets.outbox import Send

_log = logging.getLogger(__name__)
_MOST_KEYS = 4096
_MOST_ITEMS = 8
RANK_SHOWN, RANK_AHEAD = 0, 10


class TileSession:
    """Serves the tiles of a few items to one page.

    Parameters
    ----------
    send : callable
        Takes a message of JSON values and its buffers; called from several threads.
    options : ViewerOptions
    """

    def __init__(self, send: Send, options: ViewerOptions) -> None:
        self.options = options
        self._send = send
        self._lock = threading.RLock()
        self._items: OrderedDict[str, Item] = OrderedDict()
        self._generation = 0
        self._closed = False
        self._asked: set[tuple[str, str]] = set()
        self.cache = TileCache(options.cache_bytes)
        self.pool = RenderPool(options.threads)
        self.outbox = Outbox(send, options)

    def add(self, item: Item) -> None:
        """Make an item known; of too many, the one that was asked for least recently is closed."""
        with self._lock:
            if self._closed:
                item.close()
                return
            self._items[item.token] = item
            self._items.move_to_end(item.token)
            while len(self._items) > _MOST_ITEMS:
                self._items.popitem(last=False)[1].close()

    def item(self, token: str) -> Item | None:
        """Return an item that was added and is still there."""
        with self._lock:
            if token in self._items:
                self._items.move_to_end(token)
            return self._items.get(token)

    def handle(self, message: Mapping[str, Any]) -> bool:
        """Answer a message of the page; return whether it was one for this session.

        Raises
        ------
        OptionError
            If it is malformed.
        """
        kind = message.get("type")
        handler = {
            "library": self._library,
            "tiles": self._tiles,
            "cancel": self._cancel,
            "ack": self._ack,
        }.get(str(kind))
        if handler is None:
            return False
        handler(message)
        return True

    def close(self) -> None:
        """End the threads, close the slides, forget the tiles; closing twice is no error."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            items, self._items = list(self._items.values()), OrderedDict()
            self._asked.clear()
        self.pool.close()
        self.outbox.close()
        self.cache.clear()
        for item in items:
            item.close()

    def _library(self, _: Mapping[str, Any]) -> None:
        self._send({"type": "library"}, [library()])

    def _ack(self, message: Mapping[str, Any]) -> None:
        self.outbox.acknowledge(_number(message, "batch"))

    def _cancel(self, message: Mapping[str, Any]) -> None:
        """Drop what was asked for before this generation; what is rendered ahead stays."""
        oldest = _number(message, "generation")
        with self._lock:
            self._generation = max(self._generation, oldest)
            dropped: list[tuple[str, str]] = []

            def stale(tag: object) -> bool:
                old = isinstance(tag, _Asked) and not tag.ahead and tag.generation < oldest
                if old and isinstance(tag, _Asked):
                    dropped.append((tag.item, tag.key))
                return old

            self.pool.drop(stale)
            self._asked.difference_update(dropped)

    def _tiles(self, message: Mapping[str, Any]) -> None:
        token, keys = message.get("item"), message.get("keys")
        if not isinstance(keys, list) or len(keys) > _MOST_KEYS:
            raise OptionError(f"A request has up to {_MOST_KEYS} keys, not {str(keys)[:60]!r}")
        generation, ahead = _number(message, "generation"), bool(message.get("ahead"))
        for text in keys:
            self._ask(_Asked(str(token), str(text), generation, ahead))

    def _ask(self, asked: _Asked) -> None:
        cached = self.cache.get((asked.item, asked.key))
        if cached is not None:
            self.outbox.put(asked.about(cached.media_type), cached.data)
            return
        with self._lock:
            item = self._items.get(asked.item)
            stale = not asked.ahead and asked.generation < self._generation
            if item is None or stale:
                self._refuse(asked, "It is not shown any more.")
                return
            if (asked.item, asked.key) in self._asked:
                return
            self._asked.add((asked.item, asked.key))
        rank = RANK_AHEAD if asked.ahead else RANK_SHOWN
        self.pool.submit(self._work(item, asked), rank=rank, tag=asked)

    def _work(self, item: Item, asked: _Asked) -> Callable[[], None]:
        def work() -> None:
            try:
                tile = item.renderer.tile(TileKey.parse(asked.key))
            except SarAlignError as exc:
                self._refuse(asked, str(exc))
            except Exception as exc:  # noqa: BLE001 - the edge of a thread: the page must know
                _log.exception("Tile %s cannot be made", asked.key)
                self._refuse(asked, f"The tile cannot be made: {type(exc).__name__}.")
            else:
                self.cache.put((asked.item, asked.key), tile)
                self.outbox.put(asked.about(tile.media_type), tile.data)
            finally:
                with self._lock:
                    self._asked.discard((asked.item, asked.key))

        return work

    def _refuse(self, asked: _Asked, why: str) -> None:
        self._send({"type": "refused", "item": asked.item, "key": asked.key, "message": why}, [])


class _Asked:
    """One tile that was asked for."""

    __slots__ = ("ahead", "generation", "item", "key")

    def __init__(self, item: str, key: str, generation: int, ahead: bool) -> None:
        self.item, self.key, self.generation, self.ahead = item, key, generation, ahead

    def about(self, media_type: str) -> dict[str, Any]:
        return {"item": self.item, "key": self.key, "format": media_type}


def _number(message: Mapping[str, Any], name: str) -> int:
    value = message.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise OptionError(f"A message has {name} {value!r}, expected a whole number")
    return value


@lru_cache(maxsize=1)
def library() -> bytes:
    """Return OpenSeadragon's code, as it lies in the package."""
    return (files("sar_widgets") / "static" / "openseadragon.min.js").read_bytes()
