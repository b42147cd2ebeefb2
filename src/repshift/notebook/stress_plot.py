"""A stress as a figure of a notebook."""
