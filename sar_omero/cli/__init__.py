"""``sar-align omero``: slides of a server aligned, results pushed; Ice stays in another process."""

from sar_omero.cli.group import app

__all__ = ["app"]
