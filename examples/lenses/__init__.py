"""A finder of strong lenses: simulated cut-outs with and without arcs, and a network that tells them apart."""
