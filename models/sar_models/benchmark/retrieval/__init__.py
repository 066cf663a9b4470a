"""Retrieval by anchors: what finds places best, under what goes wrong with anchors."""
