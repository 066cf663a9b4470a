"""The command line: one module per command, everything else only for them."""
