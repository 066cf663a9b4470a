"""OMERO connector of SAR-Align: slides of a server, and results back onto it.

Importing it loads neither Ice nor omero-py, and `sar_models` never imports it: a store of the
scheme ``omero`` is opened through the registry, in a process of its own. One module,
`sar_omero._omero`, imports omero-py.
"""

__all__: list[str] = []
