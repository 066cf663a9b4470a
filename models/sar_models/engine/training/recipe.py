"""What a training is: its recipe and its data, which must not change on the way."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import InputError, OutputExistsError, UnknownVersionError
from sar_models.engine.training.losses import LossWeights
from sar_models.engine.training.tearing import TORN
from sar_models.stores.atomic import atomic_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from _typeshed import DataclassInstance

    from sar_models.engine.scene.layers import Norm

RECIPE_NAME = "recipe.json"
_VERSION = 1


@dataclass(frozen=True)
class Recipe:
    """How long and how fast to train."""

    steps: int = 4200
    """The rate falls to nothing over all of them: fewer are another training, not a part of it."""
    rate: float = 1.5e-3
    seed: int = 0
    """Of the network's first weights, of every batch, and of the validation."""
    every: int = 250
    """Steps between validations, each of which is also a checkpoint."""
    validation_batches: int = 12
    norm: Norm = "instance"
    torn: float = TORN
    """Share of the views that lose some of their tissue: torn sections are seen alike then, at some
    cost where stains are hard to tell apart."""
    weights: LossWeights = field(default_factory=LossWeights)


def begin(folder: Path, recipe: DataclassInstance, data: Mapping[str, Any]) -> None:
    """Make a folder that of one training, or see that it is.

    Parameters
    ----------
    folder : Path
        Missing, empty, or of this very training.
    recipe : dataclass
        Of JSON values.
    data : mapping
        JSON values that tell this data from any other.

    Raises
    ------
    OutputExistsError
        If the folder is a file, or holds something else.
    InputError
        If it was begun with another recipe or other data.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputExistsError(f"The output {str(folder)!r} is a file", remedy="Choose a folder.")
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {"version": _VERSION, "recipe": asdict(recipe), "data": data}
    path = folder / RECIPE_NAME
    if not path.exists():
        # A hidden file may be what an interrupted beginning left.
        if any(not entry.name.startswith(".") for entry in folder.iterdir()):
            raise OutputExistsError(
                f"{str(folder)!r} holds other files, and no training",
                remedy="Choose another folder.",
            )
        with atomic_file(path) as partial:
            partial.write_text(json.dumps(wanted, indent=1) + "\n", encoding="utf-8")
        return
    begun = read_recipe(folder)
    for name, one, other in _differences(begun, json.loads(json.dumps(wanted)), ""):
        raise InputError(
            f"The training in {str(folder)!r} was begun with {name} {one!r}, not {other!r}",
            remedy="Give the same options and data to go on, or another folder to begin anew.",
        )


def read_recipe(folder: Path) -> dict[str, Any]:
    """Return ``version``, ``recipe`` and ``data`` of the training in a folder.

    Raises
    ------
    InputError
        If there is none, or its record is damaged.
    UnknownVersionError
        If a newer version began it.
    """
    path = folder / RECIPE_NAME
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version = record["version"]
    except FileNotFoundError as exc:
        raise InputError(
            f"{str(folder)!r} holds no training", remedy="Begin one with: sar-align train."
        ) from exc
    except (ValueError, TypeError, KeyError) as exc:
        raise InputError(
            f"{str(path)!r} is damaged", remedy="Begin anew in an empty folder."
        ) from exc
    if version != _VERSION:
        raise UnknownVersionError(
            f"{str(path)!r} has version {version!r}, this program knows {_VERSION}",
            remedy="Use the version of sar-align that began the training.",
        )
    return record


def _differences(one: Any, other: Any, name: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield the dotted name of every value that is not the same, and both values."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            inner = f"{name}.{key}" if name else key
            yield from _differences(one.get(key), other.get(key), inner)
    elif one != other:
        yield name, one, other
