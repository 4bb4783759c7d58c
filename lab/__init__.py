"""Host side of the lab: engine, images, stack, traffic, traces and profiles."""
