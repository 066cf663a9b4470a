"""``sar-align review``: decisions on alignments, kept where nobody can lose or change them."""

from sar_models.cli.review.group import app

__all__ = ["app"]
