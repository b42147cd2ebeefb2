"""A model shown a domain, and what of its maps its answers come from."""
