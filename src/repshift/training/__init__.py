"""Training of a network on the maps of one suite and field, as CMD trained its own."""
