"""Generated stacks on disk: drawing one takes about a second, reading it nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sar_models.domain.errors import InputError, OptionError
from sar_models.stores.atomic import atomic_file
from sar_models.synthesis.stacks.generated import generated_stack
from sar_models.synthesis.stacks.stack import Stack

if TYPE_CHECKING:
    from pathlib import Path


def kept_stack(folder: Path, seed: int) -> Stack:
    """Return `generated_stack` of a seed, from its file in ``folder`` once it was drawn.

    Its planes are mapped into memory: many stacks take little of it.

    Raises
    ------
    InputError
        If the file is there and is no stack.
    """
    path = folder / f"generated-{seed}.npy"
    if not path.exists():
        drawn = generated_stack(seed)
        with atomic_file(path) as partial, partial.open("wb") as file:
            np.save(file, drawn.planes, allow_pickle=False)
    try:
        # Copied on write, which never happens: torch warns of memory that cannot be written to.
        planes = np.load(path, mmap_mode="c", allow_pickle=False)
        return Stack(path.stem, planes, path.stem)
    except (ValueError, EOFError, OptionError) as exc:
        raise InputError(
            f"{str(path)!r} is no stack of tissue: {exc}",
            remedy="Delete it; it is drawn anew.",
        ) from exc
