"""Stage pruning: what layers of a network are worth, and whether their likeness says so.

Layers are replaced by nothing, or by the best linear map, and the score that is lost is set beside CKA with the layer
before, beside depth and beside the parameters saved. The action ``replace`` writes ``{model}/{domain}.nc``, without
training. The action ``retrain`` writes ``{model}/{domain}_retrained.nc``: the replaced networks after some training,
beside the unchanged network after the same. The action ``cause`` writes ``{model}/{domain}_cause.nc``: CKA is moved by
the loss, and the score is set beside the CKA reached.
"""

from typing import Final

ACTIONS: Final = {
    "replace": "layers, and runs of layers, replaced by the identity or the best linear map, without training",
    "retrain": "the same, trained again, beside the unchanged network trained again",
    "cause": "CKA moved by the loss while the score at home is held",
}
"""Actions of the stage, a module each, and what they do."""
