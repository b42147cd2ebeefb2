"""Galaxies across surveys: a worked example of repshift."""
