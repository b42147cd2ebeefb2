"""Stage maps: simulate, generate, fetch, convert, change and measure files of maps. Rules of ``maps.smk``."""

from typing import Final

ACTIONS: Final = {
    "simulate": "simulate one set of a mock suite, in both fields",
    "generate": "make the objects of a suite by your own function",
    "measure": "moments of a file of maps after the logarithm, and its checksum",
    "convert": "maps in FITS to one file of maps",
    "derive": "the maps of a suite made from those of another",
    "download": "find a file of CMD on this machine, or fetch it",
    "sample": "moments of a file of maps on a server, of a sample or of all",
    "slice": "fetch the maps of a split out of a file on a server",
}
"""Actions of the stage, a module each, and what they do."""
