"""QuPath connector of SAR-Align: reserved, nothing to use in this version.

The package holds the name and the import rule for the connector to come: importing it loads
neither paquo nor a Java machine, and `sar_models` never imports it. Until then annotations go in
and out of QuPath as GeoJSON files (`sar-align transfer`).
"""

__all__: list[str] = []
