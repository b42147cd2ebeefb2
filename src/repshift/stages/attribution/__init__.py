"""Stage attribution: which pixels an output comes from, and which pixels a shift. Rules ``attribution_{model}``.

The action ``maps`` writes ``{model}/{domain}.nc``: attributions of each map by several methods, with their
errors, their nulls and what they say of environments and scales. The action ``shift`` writes
``{model}/{domain}_to_{twin}.nc``: which pixels and layers carry the difference of the outputs between a map and its
twin. The action ``features``, on request, writes ``{model}/{domain}_features.nc``: feature maps, and maps optimised for
channels and for outputs.
"""

from typing import Final

ACTIONS: Final = {
    "maps": "attributions of the maps of a case, with their errors and their nulls",
    "shift": "attribution of the difference of outputs between maps and their twins",
    "features": "what the channels of layers respond to, and what moves an output",
}
"""Actions of the stage, a module each, and what they do."""
