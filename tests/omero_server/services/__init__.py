"""The services of OMERO's API, one module for those that belong together."""
