"""A connector whose library is not installed."""

import no_such_library  # type: ignore[import-not-found]  # on purpose


def open_lacking(uri: str) -> object:
    return no_such_library.connect(uri)
