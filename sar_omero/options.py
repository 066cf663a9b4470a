"""How the connector behaves towards a server."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sar_models.domain.errors import OptionError

CA_VARIABLE = "SAR_ALIGN_OMERO_CA"
INSECURE_VARIABLE = "SAR_ALIGN_OMERO_INSECURE"
PATIENCE_VARIABLE = "SAR_ALIGN_OMERO_PATIENCE_S"
MOST_ROIS_VARIABLE = "SAR_ALIGN_OMERO_MOST_ROIS"


@dataclass(frozen=True)
class OmeroOptions:
    """Settings of one connection.

    Parameters
    ----------
    certificates : Path or None
        PEM file or folder of the authorities that are trusted; ``None``: the system's.
    insecure : bool
        Talk to a server whose certificate cannot be checked. What is sent is encrypted all the
        same, but it is unknown who reads it.
    keep_alive_s : int
        How often the server is told that the session is in use; servers end idle ones after ten
        minutes. omero-py accepts no less than 5.
    patience_s : float
        How long a connection that broke, or a server that restarts, is waited for.
    most_rois : int
        More objects than these from one slide go up as one attached GeoJSON file: viewers show
        no more.
    most_vertices : int
        Outlines with more are simplified.
    page : int
        Regions read or written at a time.
    """

    certificates: Path | None = None
    insecure: bool = False
    keep_alive_s: int = 60
    patience_s: float = 60.0
    most_rois: int = 500
    most_vertices: int = 10_000
    page: int = 500

    def __post_init__(self) -> None:
        if self.keep_alive_s < 5:
            raise OptionError(
                f"A keep-alive every {self.keep_alive_s!r} s", remedy="Give 5 or more."
            )
        if self.certificates is not None and not self.certificates.exists():
            raise OptionError(
                f"There are no certificates at {str(self.certificates)!r}",
                remedy="Give a PEM file of the authority that signed the server's certificate.",
            )


def options_from_environment() -> OmeroOptions:
    """Return the options that environment variables tell; workers inherit them."""
    certificates = os.environ.get(CA_VARIABLE)
    insecure = os.environ.get(INSECURE_VARIABLE, "").lower() in ("1", "true", "yes")
    usual = OmeroOptions()
    try:
        return OmeroOptions(
            certificates=Path(certificates) if certificates else None,
            insecure=insecure,
            patience_s=float(os.environ.get(PATIENCE_VARIABLE, usual.patience_s)),
            most_rois=int(os.environ.get(MOST_ROIS_VARIABLE, usual.most_rois)),
        )
    except ValueError as exc:
        raise OptionError(f"A variable SAR_ALIGN_OMERO_... is no number: {exc}") from exc
