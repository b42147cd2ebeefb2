"""Layers of a case replaced: which, on which maps, and what the file holds."""
