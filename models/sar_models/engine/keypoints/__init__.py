"""Anchors without a pose: keypoints whose descriptors find each other across stains and turns."""
