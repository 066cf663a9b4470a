"""Weights of the learned parts, and the manifest that says where they come from."""
