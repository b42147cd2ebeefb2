"""A model shown a domain, and which pixels of its maps its outputs come from."""
