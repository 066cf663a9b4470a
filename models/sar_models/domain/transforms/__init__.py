"""Transforms: values that map points; they know no slide, file or engine."""

from sar_models.domain.transforms.affine import Affine
from sar_models.domain.transforms.base import Transform, TransformRecord
from sar_models.domain.transforms.displacement import Displacement
from sar_models.domain.transforms.inverse import Inverted
from sar_models.domain.transforms.piecewise import (
    Assignment,
    Fragment,
    Outline,
    Piecewise,
)
from sar_models.domain.transforms.records import (
    outline_from_record,
    transform_from_record,
)
from sar_models.domain.transforms.sequence import Sequence

__all__ = [
    "Affine",
    "Assignment",
    "Displacement",
    "Fragment",
    "Inverted",
    "Outline",
    "Piecewise",
    "Sequence",
    "Transform",
    "TransformRecord",
    "outline_from_record",
    "transform_from_record",
]
