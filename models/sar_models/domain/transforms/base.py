"""What every transform can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points

TransformRecord = dict[str, Any]
"""A transform as JSON values and numpy arrays; the key ``type`` names its class."""


@runtime_checkable
class Transform(Protocol):
    """A map from points of one plane to points of another: a value, it knows no slide or file.

    An instance is named ``target_from_source`` after what it maps.
    """

    def map(self, points: Points) -> Points:
        """Return the images of ``points`` ``(N, 2)``; NaN rows outside the domain."""
        ...

    def inverse(self) -> Transform:
        """Return the transform of the opposite direction."""
        ...

    def jacobian(self, points: Points) -> NDArray[np.float64]:
        """Return the derivatives ``d(out)/d(in)`` at ``points``, shape ``(N, 2, 2)``."""
        ...

    def to_record(self) -> TransformRecord:
        """Return the transform as JSON values and arrays."""
        ...
