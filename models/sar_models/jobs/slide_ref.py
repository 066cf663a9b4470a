"""Where a slide is, in a form that survives in a queue."""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sar_models.domain.errors import InputError, OptionError
from sar_models.stores import open_slide, open_store
from sar_models.stores.readers import DEFAULT_DECODE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sar_models.domain.slides import Slide, SlideInfo


@dataclass(frozen=True)
class SlideRef:
    """A slide file, or a slide of a store.

    Parameters
    ----------
    slide : str
        Path of the file, or the slide's id within the store.
    store : str or None
        URI of the store; ``None`` for a file.
    series : int or None
        Which image of a file with several; ``None`` takes the largest.

    Raises
    ------
    OptionError
        If the URI holds a password: it would be kept in the queue.
    """

    slide: str
    store: str | None = None
    series: int | None = None

    def __post_init__(self) -> None:
        if self.store is not None and urlsplit(self.store).password is not None:
            raise OptionError(
                "The address of the store holds a password",
                remedy="Leave it out of the address; you are asked for it, or log in beforehand.",
            )

    @property
    def name(self) -> str:
        """What people call it."""
        return PurePath(self.slide).name if self.store is None else self.slide

    @contextlib.contextmanager
    def opened(self, decode_limit: int = DEFAULT_DECODE_BYTES) -> Iterator[Slide]:
        """Open the slide, and close it and its store at the end.

        Parameters
        ----------
        decode_limit : int
            Largest block of a file, in bytes, that may be decoded in one piece.

        Raises
        ------
        SlideError
            If it cannot be opened.
        StoreError
            If the store cannot be, or has no such slide.
        """
        if self.store is None:
            with open_slide(
                Path(self.slide), series=self.series, decode_limit=decode_limit
            ) as slide:
                yield slide
            return
        with contextlib.ExitStack() as stack:
            store = open_store(self.store)
            # Folders have nothing to close, servers do.
            stack.callback(getattr(store, "close", _nothing))
            yield stack.enter_context(store.open(self.slide))

    @classmethod
    def recorded(cls, slide: SlideInfo) -> SlideRef:
        """Return where an alignment's record says that a slide is.

        Raises
        ------
        InputError
            If no such file is there: it was moved, or it came from a store.
        """
        if not Path(slide.uri).is_file():
            raise InputError(
                f"The slide {slide.name!r} is not where the record says: {slide.uri!r} is no file",
                remedy="Give both slides; they are recognised by their content.",
            )
        return cls(slide.uri, series=slide.series)

    def to_record(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)


def _nothing() -> None:
    """Close nothing."""
