"""``benchmark failures``: whether an alignment knows when it is wrong."""
