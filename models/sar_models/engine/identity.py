"""What makes two alignments the same: known before either of them runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from sar_models.__about__ import __version__
from sar_models.domain.provenance import Provenance
from sar_models.engine.scene.weights import SCENE_WEIGHTS, TORN_SCENE_WEIGHTS, manifest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sar_models.domain.slides import SlideInfo
    from sar_models.engine.options import AlignOptions


def shipped_weights() -> Mapping[str, str]:
    """Return file name and checksum of the weights that an alignment uses; nothing is loaded.

    Raises
    ------
    EngineError
        If their manifest is missing or damaged.
    """
    shipped = manifest()
    return {
        name: str(shipped.get(name, {}).get("sha256"))
        for name in (SCENE_WEIGHTS, TORN_SCENE_WEIGHTS)
    }


def asked_provenance(
    source: SlideInfo, target: SlideInfo, options: AlignOptions, weights: Mapping[str, str]
) -> Provenance:
    """Return the provenance of an alignment as far as it is known before it runs.

    Its ``request_id`` is that of the alignment.

    Parameters
    ----------
    source, target : SlideInfo
    options : AlignOptions
    weights : mapping
        File name to checksum.
    """
    return Provenance(
        versions={
            "sar-align": __version__,
            "torch": str(torch.__version__),
            "numpy": np.__version__,
        },
        weights=weights,
        options=options.to_record(),
        seed=options.seed,
        slides={"source": source.content_id, "target": target.content_id},
        parent=options.parent,
        landmarks=options.landmarks_sha256,
    )
