"""Generated tissue: organs, scenes of one block, sections through them."""
