"""Stage repair: what makes a network fit another domain, and what that costs. Rules ``repair_*``.

The action ``ladder`` writes ``{model}/{domain}.nc``: repairs without training and bounds, judged at both domains. The
action ``train`` writes a trained rung beside its control, or a part of its runs, and ``join`` the rung of parts. The
action ``network`` writes the repaired network as a model: ``results/models/{model}.pt`` and ``.json``. The action
``latent_space`` writes ``{model}/{domain}_latent_space.nc``: maps of both domains in two dimensions, before and after.
"""

from typing import Final

ACTIONS: Final = {
    "ladder": "repairs of a model without training for another domain, judged there and at home",
    "train": "a repair that trains, judged beside its control",
    "join": "the runs of a trained repair, of the parts that were trained apart",
    "network": "a model, repaired for another domain, as a model of its own",
    "latent_space": "maps of both domains in two dimensions, by layers, before and after repair",
}
"""Actions of the stage, a module each, and what they do."""
