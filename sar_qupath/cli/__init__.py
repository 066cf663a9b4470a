"""``sar-align qupath``: projects, from a terminal or from QuPath's own scripts."""

from sar_qupath.cli.group import app

__all__ = ["app"]
