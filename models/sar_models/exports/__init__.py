"""Alignments in the formats of other programs: ITK, OME-NGFF, Warpy, BigWarp, QuPath, NumPy."""

from sar_models.exports.accuracy import Accuracy
from sar_models.exports.export import Exported, export_alignment
from sar_models.exports.formats import FORMATS, ExportFormat, FormatName
from sar_models.exports.options import ExportOptions, Units

__all__ = [
    "FORMATS",
    "Accuracy",
    "ExportFormat",
    "ExportOptions",
    "Exported",
    "FormatName",
    "Units",
    "export_alignment",
]
