"""Annotations carried from one slide to the other through an alignment."""
