"""Annotations mapped by as many processes as it is worth."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sar_models.service.collection import Share, SharePart
from sar_models.stores.geojson import ReadLimits

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.domain.alignment import Direction
    from sar_models.domain.transfer import TransferOptions
    from sar_models.service.context import Service

_WORK = "sar_models.service.work.geojson:map_share"
_SMALL_BYTES = 128 * 2**10
"""Mapped in a tenth of a second: what a person drew does not wait for a hundred thousand cells."""
_WORTH_SHARING_BYTES = 2 * 2**20


async def map_in_shares(
    service: Service,
    folder: str,
    body: Path,
    size: int,
    direction: Direction,
    options: TransferOptions,
) -> list[SharePart]:
    """Return what the processes made of a collection, by share.

    Parameters
    ----------
    service : Service
    folder : str
        Alignment folder.
    body : Path
        The collection; results go beside it. Processes stop when it is removed.
    size : int
        Of the body, bytes.
    direction : {"forward", "inverse"}
    options : TransferOptions

    Raises
    ------
    SarAlignError
        The first that a process meets.
    Refusal
        If too much is waiting.
    """
    lane = service.quick if size <= _SMALL_BYTES else service.bulk
    shares = lane.workers if size >= _WORTH_SHARING_BYTES else 1
    limits = ReadLimits(max_bytes=service.options.limits.geojson_bytes)
    works = [
        lane.run(
            _WORK,
            folder,
            body,
            body.with_name(f"share-{number}"),
            direction,
            options,
            Share(number, shares),
            limits,
        )
        for number in range(shares)
    ]
    return list(await asyncio.gather(*works))
