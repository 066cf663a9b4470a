"""Files that run inside omero-py or on the server; the connector itself never imports them."""
