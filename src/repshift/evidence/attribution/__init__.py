"""Attributions as numbers with intervals: what the stage writes, a figure draws and a table lists."""
