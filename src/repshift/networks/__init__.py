"""Networks the project knows, and the preprocessing that belongs to them."""

import importlib
from typing import Any

_HOME = {"CMDNetwork": "repshift.networks.cmd"}

__all__ = ["CMDNetwork"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module attribute may be anything
    """Load a network on first use, so that preprocessing works where torch is not installed."""
    if name not in _HOME:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOME[name]), name)
