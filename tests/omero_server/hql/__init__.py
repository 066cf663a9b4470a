"""The part of Hibernate's query language that clients of OMERO use."""
