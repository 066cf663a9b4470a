"""Health, version, abilities."""

from __future__ import annotations

from fastapi import APIRouter

from sar_models.__about__ import __version__
from sar_models.exports import FORMATS
from sar_models.service.context import ServiceOf
from sar_models.service.routes.parameters import problems
from sar_models.service.schemas.meta import About, Health, LimitsOut

HEALTH = "/health"

open_router = APIRouter(tags=["server"])
router = APIRouter(tags=["server"])


@open_router.get(HEALTH, response_model=Health)
async def health() -> Health:
    """Tell that the server answers; needs no token and tells nothing else."""
    return Health()


@router.get("/about", response_model=About, responses=problems())
async def about(service: ServiceOf) -> About:
    """Return version, roots, formats and limits."""
    limits = service.options.limits
    return About(
        version=__version__,
        workers=service.crew.workers,
        workers_problem=service.crew.problem,
        roots=[str(root) for root in service.roots.folders],
        formats=list(FORMATS),
        limits=LimitsOut(
            json_bytes=limits.json_bytes,
            points_bytes=limits.points_bytes,
            points=limits.points,
            geojson_bytes=limits.geojson_bytes,
        ),
    )
