"""How far maps may change before a network fails: its numbers along axes of strength, and when scores warn."""
