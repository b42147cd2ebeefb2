"""A model shown a domain, and which of its maps the network may be believed on."""
