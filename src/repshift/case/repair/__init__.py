"""A model shown a domain, and the networks that repairs make of it for that domain."""
