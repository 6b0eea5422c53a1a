"""Finds the settings and the login of a run, and refuses what is certainly a mistake before any call."""
