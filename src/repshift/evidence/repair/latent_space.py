"""Maps of several domains in two dimensions, as layers of a network place them, before and after repair."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from repshift.evidence.attribution.quantities import Quantity
from repshift.similarity.gram import linear_gram
from repshift.statistics.embedding import PCA, embedding_of, neighbour_embedding, principal_coordinates
from repshift.statistics.neighbourhood import neighbour_ranks, preservation, same_group_share
from repshift.vocabulary import InputError

Values = npt.NDArray[np.float64]
Representations = Sequence[npt.NDArray[np.floating]]

NEIGHBOURS: Final = 10
"""Neighbours of a map where none are said, if the maps are `_EACH` times as many; else fewer."""

PERPLEXITY: Final = 30.0
"""The same of t-SNE."""

_EACH: Final = 5

_ROUNDING: Final = 1e-4
"""Of coordinates, over the largest, within which a repair has not moved a map."""

_PLACED: Final = ("network", "layer", "method")

LATENT_QUANTITIES: Final = {
    one.name: one
    for one in (
        Quantity("position", (*_PLACED, "map", "axis"), "place of the map in two dimensions"),
        Quantity(
            "position_home",
            (*_PLACED, "map_home", "axis"),
            "place in the same picture of a map of the own domain, as the network places it that is not repaired",
        ),
        Quantity("variance_share", ("layer", "axis"), "share of variance of a principal component, all networks"),
        Quantity("trustworthiness", _PLACED, "trustworthiness of the picture (Venna & Kaski 2001)"),
        Quantity("continuity", _PLACED, "continuity of the picture (Venna & Kaski 2001)"),
        Quantity("neighbours_kept", _PLACED, "share of nearest neighbours in the layer that are so in the picture"),
        Quantity("same_domain_share", ("network", "layer"), "share of nearest neighbours in the layer of one domain"),
        Quantity("same_domain_chance", (), "the same by chance"),
    )
}
"""Variables of a file of latent space, by name, but those of labels."""


@dataclass(frozen=True)
class LatentSettings:
    """How maps are placed.

    Attributes
    ----------
    methods
        Embeddings, by name.
    neighbours
        Nearest neighbours of a map that are compared; None: as `neighbours_of` has them.
    perplexity
        Of t-SNE; None: as `perplexity_of` has it.
    seed
        Of t-SNE.
    """

    methods: Sequence[str] = ("pca", "tsne")
    neighbours: int | None = None
    perplexity: float | None = None
    seed: int = 0

    def neighbours_of(self, n_maps: int) -> int:
        """Return how many neighbours are compared: where none are said 10, or a fifth of the maps if that is less."""
        return self.neighbours or min(NEIGHBOURS, n_maps // _EACH)

    def perplexity_of(self, n_maps: int) -> float:
        """Return the perplexity of t-SNE: where none is said 30, or a fifth of the maps if that is less."""
        return self.perplexity or min(PERPLEXITY, n_maps / _EACH)


def latent_space(
    layers: Mapping[str, Representations], domains: Sequence[str], settings: LatentSettings
) -> dict[str, Any]:
    """Return where the layers of some networks place maps, and how well the pictures keep their neighbours.

    Parameters
    ----------
    layers
        By layer, of each network (n_maps, n_units): the first as it is, the others repaired. All have the same maps,
        those of the own domain first.
    domains
        (n_maps,): the domain of each map.
    settings
        How maps are placed.

    Returns
    -------
    Values of `LATENT_QUANTITIES` by name, in its dimensions.

    Raises
    ------
    InputError
        If there are too few maps, or a layer places all at one point; names the layer.

    Notes
    -----
    Principal components are of the maps of all networks together, so all panels of a layer share their axes. t-SNE
    places the maps of one network alone, started from these components, beside the own domain as the first network
    places it where that is elsewhere. Neighbours are those among the maps of one network, in the whole layer and in the
    picture.
    """
    _require_maps(len(domains), settings)
    found = [_of_layer(name, held, domains, settings) for name, held in layers.items()]
    share, chance = "variance_share", "same_domain_chance"
    stacked = {name: np.stack([one[name] for one in found], axis=1) for name in found[0] if name not in (share, chance)}
    return {**stacked, share: np.stack([one[share] for one in found]), chance: found[0][chance]}


def latent_variables(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables of a file, from values by name."""
    variables: dict[str, Any] = {}
    for name, values in found.items():
        variables |= LATENT_QUANTITIES[name].variables(values)
    return variables


def _require_maps(n_maps: int, settings: LatentSettings) -> None:
    """Refuse maps that are too few to have neighbours."""
    fewest = 2 * _EACH
    if n_maps < fewest:
        raise InputError(f"Latent space of {n_maps} maps of all domains: at least {fewest} are needed.")
    for method in settings.methods:
        embedding_of(method)


def _of_layer(
    layer: str, networks: Representations, domains: Sequence[str], settings: LatentSettings
) -> dict[str, Any]:
    """Return the values of one layer, the dimension network first."""
    gram = linear_gram(np.concatenate([np.asarray(one).reshape(len(one), -1) for one in networks]))
    try:
        coordinates, share = principal_coordinates(gram)
    except InputError as error:
        raise InputError(f"Layer '{layer}': {error}") from error
    n_maps = len(domains)
    each = [coordinates[start : start + n_maps] for start in range(0, len(coordinates), n_maps)]
    n_home = sum(domain == domains[0] for domain in domains)
    placed = [_of_network(one, each[0][:n_home], domains, settings) for one in each]
    chance = placed[0].pop("same_domain_chance")
    found = {name: np.stack([one[name] for one in placed]) for name in placed[0]}
    return found | {"variance_share": share[:2], "same_domain_chance": chance}


def _of_network(coordinates: Values, home: Values, domains: Sequence[str], settings: LatentSettings) -> dict[str, Any]:
    """Return where the maps of one network lie, by each method, `home` beside them, and what of them is kept."""
    n_maps = len(coordinates)
    neighbours, ranks = settings.neighbours_of(n_maps), neighbour_ranks(coordinates)
    own = coordinates[: len(home)]
    moved = not np.allclose(own, home, atol=_ROUNDING * np.abs(coordinates).max())
    together = np.concatenate([coordinates, home]) if moved else coordinates
    pictures = [_picture(together, method, settings) for method in settings.methods]
    kept = [preservation(ranks, neighbour_ranks(one[:n_maps]), neighbours=neighbours) for one in pictures]
    same, chance = same_group_share(ranks, domains, neighbours=neighbours)
    return {
        "position": np.stack([one[:n_maps] for one in pictures]),
        "position_home": np.stack([one[n_maps:] if moved else one[: len(home)] for one in pictures]),
        "trustworthiness": np.array([one.trustworthiness for one in kept]),
        "continuity": np.array([one.continuity for one in kept]),
        "neighbours_kept": np.array([one.kept for one in kept]),
        "same_domain_share": np.array(same),
        "same_domain_chance": np.array(chance),
    }


def _picture(coordinates: Values, method: str, settings: LatentSettings) -> Values:
    """Return maps in two dimensions by a method."""
    if method == PCA.name:
        return coordinates[:, :2]
    centred = coordinates - coordinates.mean(axis=0)
    return neighbour_embedding(centred, perplexity=settings.perplexity_of(len(centred)), seed=settings.seed)
