"""A small CMD, and the local server that stands in for the real one: ``python -m repshift.mock_server``."""
