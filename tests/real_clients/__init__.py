"""Clients that nobody here wrote, against the stand-in: what they ask, and that `load` brings their jobs."""
