"""``sar-align train``: the weights that ship, made by anyone."""

from sar_models.cli.train.group import app

__all__ = ["app"]
