"""A model shown a domain: its files, its maps, its forward pass, its outputs."""
