"""Values and the pure rules on them: no torch, no files."""
