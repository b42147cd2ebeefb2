"""Freed memory that stays with the process, so that the next tensor of its size needs no new pages."""

import ctypes
from typing import Final

_TRIM_THRESHOLD: Final = (-1, 256 * 1024**2)
_MMAP_THRESHOLD: Final = (-3, 64 * 1024**2)
"""Of glibc's ``malloc.h``: number of an option of ``mallopt``, and its value in bytes."""


def keep_freed_memory() -> bool:
    """Have the C library keep freed memory of up to 256 MiB, where that is glibc; say whether it does.

    Notes
    -----
    Without it glibc hands memory of a few megabytes back to the system at each release and asks for new pages, which
    the system fills with zeros, at the next forward pass. Arrays of over 64 MiB are still handed back.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    return set_option is not None and all(set_option(*option) for option in (_TRIM_THRESHOLD, _MMAP_THRESHOLD))
