"""Training of the anchored retrievers, on coordinates alone: no picture is needed."""
