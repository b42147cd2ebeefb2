"""A model shown a domain."""
