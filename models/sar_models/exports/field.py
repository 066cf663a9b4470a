"""The dense displacement field: all pieces in one NumPy file, NaN where nothing corresponds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.interpolate import RegularGridInterpolator

from sar_models.domain.errors import ExportError
from sar_models.exports.accuracy import Accuracy, accuracy_of
from sar_models.exports.grid import Nodes, finer_and_finer
from sar_models.exports.seams import beside_strangers, between_pieces, border_points
from sar_models.exports.tissue import lattice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Any

    from numpy.typing import NDArray

    from sar_models.domain.geometry import Points
    from sar_models.domain.transforms import Outline
    from sar_models.exports.job import Job

_SAMPLES = 10_000
_MOST_LOST = 0.03


@dataclass(frozen=True)
class FieldAccuracy(Accuracy):
    """Accuracy of a field that has values at some points and none at others.

    Parameters
    ----------
    lost_share : float
        Share of the tissue with a counterpart for which the field gives NaN.
    leaked_share : float
        Share of the tissue without a counterpart for which the field gives a place.
    """

    lost_share: float
    leaked_share: float

    def to_record(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        shares = {"lost_share": self.lost_share, "leaked_share": self.leaked_share}
        return super().to_record() | {name: round(share, 6) for name, share in shares.items()}


@dataclass(frozen=True, eq=False)
class DenseField:
    """An alignment read at the nodes of a grid, in the frames of the export.

    Parameters
    ----------
    x, y : (nx,), (ny,) array
        Position of columns and rows, pixels of the slide that is mapped from.
    displacement : (ny, nx, 2) array
        ``(dx, dy)`` in pixels; NaN without a counterpart and at seams.
    fragment : (ny, nx) int array
        Index of the piece that the node follows, -1 for none.
    sigma : (ny, nx) array
        Expected error of the alignment, pixels of the slide that is mapped to.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    displacement: NDArray[np.float64]
    fragment: NDArray[np.int32]
    sigma: NDArray[np.float64]

    def map(self, points: Points) -> Points:
        """Return the images of ``points`` ``(N, 2)``, bilinear; NaN beside a node without any."""
        read = RegularGridInterpolator((self.y, self.x), self.displacement, bounds_error=False)
        return np.asarray(points + read(points[:, ::-1]))


def write_field(job: Job, path: Path, goal_px: float) -> Accuracy:
    """Write the field of a job's pieces as ``.npz``, refined until its error is below the goal.

    Raises
    ------
    ExportError
        If all pieces are smaller than the cells of the finest grid.
    """
    start = job.maps[0].start
    tissue = shapely.union_all([smooth.start.tissue for smooth in job.maps])
    for nodes in finer_and_finer(tissue, start.reach_px):
        field = dense_field(job, nodes)
        accuracy = _measure(job, field)
        if accuracy and accuracy.max_px <= goal_px and accuracy.lost_share <= _MOST_LOST:
            break
    if accuracy is None:
        raise ExportError(
            "All pieces are smaller than the cells of the finest grid",
            remedy="Choose one of them with --fragment.",
        )
    np.savez_compressed(
        path,
        allow_pickle=False,
        x_px=field.x,
        y_px=field.y,
        displacement_px=field.displacement,
        fragment=field.fragment,
        fragment_ids=np.array([smooth.id for smooth in job.maps]),
        sigma_px=field.sigma,
    )
    return accuracy


def dense_field(job: Job, nodes: Nodes) -> DenseField:
    """Return the field at ``nodes``, level-0 pixels of the slide that is mapped from."""
    start, end = job.maps[0].start.space, job.maps[0].end.space
    mapping = job.alignment.map(nodes.points, job.direction)
    own = start.from_level0.map(nodes.points).reshape(*nodes.shape, 2)
    mapped = end.from_level0.map(mapping.points).reshape(*nodes.shape, 2)
    fragment = mapping.fragment.reshape(nodes.shape).astype(np.int32)
    fragment[between_pieces(fragment, np.array([s.confidence for s in job.maps]))] = -1
    border = border_points((*(s.start.tissue for s in job.maps), *job.unpaired), nodes.step)
    of_border = job.alignment.map(border, job.direction).fragment
    fragment[beside_strangers(fragment, nodes, border, of_border)] = -1
    empty = fragment < 0
    return DenseField(
        own[0, :, 0],
        own[:, 0, 1],
        np.where(empty[..., None], np.nan, mapped - own),
        fragment,
        np.where(empty, np.nan, mapping.sigma_px.reshape(nodes.shape)),
    )


def _measure(job: Job, field: DenseField) -> FieldAccuracy | None:
    """Compare the field with the alignment over tissue; ``None`` if it holds no tissue."""
    start, end = job.maps[0].start.space, job.maps[0].end.space
    tissue = np.concatenate([smooth.tissue_px for smooth in job.maps])
    truth = job.alignment.map(tissue, job.direction)
    counted = truth.has_counterpart
    wanted = end.from_level0.map(truth.points[counted])
    error = field.map(start.from_level0.map(tissue[counted])) - wanted
    held = np.isfinite(error).all(axis=1)
    if not held.any():
        return None
    figures = accuracy_of(error[held], end.slide, "displacement field")
    own = [smooth.start.tissue for smooth in job.maps]
    return FieldAccuracy(
        **vars(figures),
        lost_share=1 - _valued_share(job, field, own, counterpart=True),
        leaked_share=_valued_share(job, field, job.unpaired, counterpart=False),
    )


def _valued_share(
    job: Job, field: DenseField, outlines: Sequence[Outline], *, counterpart: bool
) -> float:
    """Return the share of tissue with, or without, a counterpart for which there is a value."""
    tissue = shapely.union_all(list(outlines))
    points = lattice(tissue, _SAMPLES) if tissue.area > 0 else np.zeros((0, 2))
    points = points[job.alignment.map(points, job.direction).has_counterpart == counterpart]
    mapped = field.map(job.maps[0].start.space.from_level0.map(points))
    return float(np.isfinite(mapped).all(axis=1).mean()) if len(points) else 0.0
