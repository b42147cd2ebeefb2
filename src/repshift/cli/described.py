"""Domains beside a case, which a command names as JSON."""

import argparse
import json
from typing import Any, Final

_WORDS: Final = ("domain", "suite", "set", "split", "standardisation", "maps", "measured")


def described_domain(text: str) -> dict[str, Any]:
    """Read the JSON of a domain beside the case.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is none.
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"found '{text:.60}'. Expected JSON: {error}.") from error
    missing = [name for name in _WORDS if not isinstance(found, dict) or name not in found]
    if missing:
        raise argparse.ArgumentTypeError(f"found '{text:.60}', which lacks {', '.join(missing)}.")
    return dict(found)
