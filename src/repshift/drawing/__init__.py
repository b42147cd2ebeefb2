"""Figures for a page: datasets in, a matplotlib Figure out; nothing here reads, computes statistics or saves."""
