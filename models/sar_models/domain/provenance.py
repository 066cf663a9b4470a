"""Where a result comes from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Provenance:
    """What was run on what; no host names, no paths.

    Parameters
    ----------
    versions : mapping
        Package name to version, ours first.
    weights : mapping
        Weights file name to sha256.
    options : mapping
        Options as JSON values.
    seed : int
    device : str
        ``cpu`` or ``cuda``.
    slides : mapping
        ``source`` and ``target`` to checksum.
    created : str
        ISO 8601 time, UTC.
    seconds : float
        Wall time of the run.
    parent : str or None
        ``content_sha256`` of the alignment that this one corrects.
    landmarks : str or None
        sha256 of the fixed points that were given.
    """

    versions: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    device: str = "cpu"
    slides: Mapping[str, str] = field(default_factory=dict)
    created: str = ""
    seconds: float = 0.0
    parent: str | None = None
    landmarks: str | None = None

    @property
    def request_id(self) -> str:
        """Hash of what was asked: inputs, options, versions, weights, landmarks, parent."""
        return sha256_of(
            {
                "versions": {"sar-align": self.versions.get("sar-align", "")},
                "weights": dict(self.weights),
                "options": dict(self.options),
                "seed": self.seed,
                "slides": dict(self.slides),
                "parent": self.parent,
                "landmarks": self.landmarks,
            }
        )


def sha256_of(value: Any) -> str:
    """Return the sha256 of JSON values and numpy arrays, independent of key order, as hex."""
    text = json.dumps(
        value,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=True,
        default=_array_digest,
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _array_digest(value: Any) -> dict[str, Any]:
    array = np.asarray(value)
    if array.dtype == object:
        raise TypeError(f"{type(value).__name__} is neither a JSON value nor an array")
    # Little-endian bytes, so that the same numbers give the same hash on every machine.
    data = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes()
    return {
        "dtype": array.dtype.name,
        "shape": list(array.shape),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
