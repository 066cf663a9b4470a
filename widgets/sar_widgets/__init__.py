"""Notebook widgets of SAR-Align: reserved, nothing to use in this version.

The package holds the name and the import rule for the viewer and the review queue to come:
importing it loads neither ipywidgets nor torch. Until then an alignment is looked at in the
`report.html` of its folder.
"""

__all__: list[str] = []
