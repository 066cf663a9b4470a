"""Annotations carried from one slide to the other through an alignment."""

from __future__ import annotations

from sar_models.domain.transfer.core import transfer
from sar_models.domain.transfer.marker import followed_fragments
from sar_models.domain.transfer.options import TransferOptions
from sar_models.domain.transfer.points import PointTransfer
from sar_models.domain.transfer.result import ObjectReport, TransferResult, Verdict

__all__ = [
    "ObjectReport",
    "PointTransfer",
    "TransferOptions",
    "TransferResult",
    "Verdict",
    "followed_fragments",
    "transfer",
]
