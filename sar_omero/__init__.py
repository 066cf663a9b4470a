"""OMERO connector of SAR-Align: reserved, nothing to use in this version.

The package holds the name and the import rule for the connector to come: importing it loads
neither Ice nor omero-py, and `sar_models` never imports it. Slides on an OMERO server have to be
exported to files for now.
"""

__all__: list[str] = []
