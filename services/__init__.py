"""The services of the lab; each runs in a container of its own."""
