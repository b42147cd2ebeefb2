"""Galaxies across surveys: a bulge and a disk as SDSS, HSC or HST would see them, and a network that measures them."""
