"""A network shown two domains, compared layer by layer in one call."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr
from torch import Tensor, nn

from repshift.evidence.shift_scores import LAYER_SCORES
from repshift.notebook.changes import Comparison
from repshift.notebook.domains import DOMAINS, TwoDomains, require_equal_numbers, require_simulations, two_domains
from repshift.notebook.trial import require_fitting
from repshift.notebook.truth import read_labels, with_scores
from repshift.recording.batches import Forward
from repshift.recording.grams import RecordingSettings, record_grams_and_answers
from repshift.recording.layers import Rule
from repshift.recording.maps import Maps
from repshift.recording.pooling import Pool, require_pool
from repshift.similarity.hsic import fewest_maps
from repshift.statistics.resampling import LEVEL
from repshift.vocabulary import Estimator, InputError

_BATCH: Final = 32
"""Maps of one forward pass: halved where memory is short."""

SEED: Final = (0, 2**63 - 1, False)

_RANGES: Final = {"n_permutations": (39, 1_000_000, True), "n_resamples": (100, 1_000_000, True), "seed": SEED}
"""Those of the configuration, and whether 0 is for none: fewer draws have no p-value of 0.05, and no end of a 95 %
interval."""


def compare(
    network: nn.Module,
    maps_in: Maps,
    maps_out: Maps,
    *,
    labels_in: Any = None,  # noqa: ANN401 - an array, a tensor or a table
    labels_out: Any = None,  # noqa: ANN401
    layers: Sequence[Rule] | None = None,
    simulations_in: npt.ArrayLike | None = None,
    simulations_out: npt.ArrayLike | None = None,
    estimator: Estimator = "debiased",
    n_permutations: int = 1999,
    n_resamples: int = 2000,
    seed: int = 0,
    forward: Forward | None = None,
    pool: Pool | None = None,
    paired: bool = False,
) -> xr.Dataset:
    """Compare what a network makes of maps in distribution and out of it, layer by layer.

    The numbers are those of the workflow's stages cka, intervals, permutation_tests, shift_scores and scores, by the
    same functions.

    Parameters
    ----------
    network
        Not changed: it keeps its device, its mode and its weights; it runs where its parameters are.
    maps_in, maps_out
        Maps in and out of distribution, as the network reads them, so already prepared: (n, channels, y, x), or
        (n, y, x) of one channel; y and x may differ. An array, a tensor, a ``DataLoader``, or a list of arrays or
        tensors. The representations of all maps are held at once: give `pool`, or fewer layers, where they are large.
    labels_in, labels_out
        True values of the network's outputs: real numbers (n,) or (n, outputs), or a ``DataFrame`` whose columns
        name the outputs. In the unit of the outputs. Of a classifier the places of the classes among its outputs,
        whole numbers (n,), or a pandas ``Categorical`` in the order of the outputs. Outputs that are all from 0 to 1
        and, of more than one output, sum to 1 are probabilities, others logits; one output is of the second class.
    layers, forward, pool
        As in `repshift.record_grams`.
    simulations_in, simulations_out
        (n,) labels: maps of one simulation, or of one object, share a label and are drawn together. Without them each
        map is its own.
    estimator
        Of CKA: ``"debiased"``, of pairs of maps of different simulations, or ``"biased"``, which needs as many maps and
        as many simulations in both domains: it grows where there are fewer.
    n_permutations
        Of the permutation test; 0 leaves it out. One less than a multiple of 40 lets it reject in exactly 0.05.
    n_resamples
        Of the bootstrap; 0 leaves the intervals out.
    seed
        Draws permutations, resamples and the folds of the domain classifier; from 0 to 2^63 - 1.
    paired
        Whether both domains show the same simulations, or partners, in the same order, as maps with and without noise.

    Returns
    -------
    Dimensions ``domain`` ("in", "out"), ``layer``, ``layer_other``, ``map``, ``map_other``, ``measure``; all
    dimensionless but scores.

    - ``cka`` (domain, layer, layer_other)
    - ``off_diagonal_mean`` (domain): mean of distinct layers; ``_low`` and ``_high``: the ends of its 95 % interval
    - ``off_diagonal_mean_change``: out less in; ``_low``, ``_high``, and ``_p_value``, two-sided. A single layer has
      none of these. Of biased CKA, interval and p-value are NaN where leaving simulations out changes a number by
      rounding alone, as the change between equal maps
    - ``gram`` (layer, map, map_other): offset-free, of the maps of both domains; ``map_domain`` (map) says which
    - ``distance`` (measure, layer): between the domains, `repshift.evidence.shift_scores.layer_distances`
    - ``score`` (score, domain, output), with labels: by ``score_name`` ``r2``, ``rmse``, ``bias`` and, where the
      network returns means and then standard deviations, ``chi2``; of classes those of
      `repshift.statistics.class_scores.ClassScores`; ``score_low`` and ``score_high``. NaN in a domain without labels,
      and R^2 where they are all equal

    Attributes say the settings, and ``forward_pass`` and ``layers_in_double`` as in `repshift.record_grams`.

    Raises
    ------
    InputError
        If maps of the domains have different shapes, are not finite or do not fit the network; the network draws random
        numbers, or remembers maps; there are fewer than ten simulations of a domain, or four without test and
        intervals, or for biased CKA other numbers in the two; labels, simulations, estimator, pool, numbers of draws or
        the seed do not fit; with labels, the outputs are no real numbers (n, outputs); or as
        `repshift.record_grams`.

    Examples
    --------
    >>> rng, network = np.random.default_rng(0), nn.Sequential(nn.Linear(5, 9), nn.ReLU(), nn.Linear(9, 4), nn.ReLU())
    >>> maps_in, maps_out = (rng.normal(size=(12, 5)) * scale for scale in (1, 3))
    >>> dict(compare(network, maps_in, maps_out, n_permutations=0, n_resamples=0)["cka"].sizes)
    {'domain': 2, 'layer': 2, 'layer_other': 2}
    """
    _require_settings(estimator, pool, paired, n_permutations=n_permutations, n_resamples=n_resamples, seed=seed)
    domains = two_domains((maps_in, maps_out), (simulations_in, simulations_out), forward=forward)
    require_simulations(domains, with_statistics=bool(n_permutations or n_resamples))
    require_equal_numbers(domains, estimator)
    _require_partners(domains, paired=paired)
    labels = read_labels((labels_in, labels_out), domains)
    how: dict[str, Any] = {"forward": forward, "pool": pool, "with_answers": labels is not None}
    recording = RecordingSettings(layers, _BATCH, device_of(network), **how)
    require_fitting(network, domains, recording)
    gram, answers = record_grams_and_answers(network, domains.maps, recording)
    settings: dict[str, Any] = {
        "estimator": estimator,
        "permutations": n_permutations,
        "resamples": n_resamples,
        "seed": seed,
    }
    found = Comparison(_as_case(gram, domains), **settings, paired=paired).variables()
    dataset = xr.Dataset({**found, "gram": _as_stack(gram, domains)}, {"domain": list(DOMAINS), **_names(gram)})
    dataset.attrs = _attributes(gram, settings, paired=paired)
    if labels is None or answers is None:
        return dataset
    values = _values(answers, len(domains.domains))
    return with_scores(dataset, labels, values, domains, n_resamples=n_resamples, seed=seed)


def _require_settings(estimator: str, pool: str | None, paired: object, **numbers: object) -> None:
    """Refuse settings that mean nothing, before anything runs."""
    fewest_maps(estimator)
    require_pool(pool)
    if not isinstance(paired, bool | np.bool_):
        raise InputError(f"paired is {paired!r:.100}. Expected True or False.")
    require_whole(_RANGES, **numbers)


def require_whole(ranges: Mapping[str, tuple[int, int, bool]], **numbers: object) -> None:
    """Refuse what is no whole number from the least to the largest of its range, nor 0 where that is for none."""
    for name, number in numbers.items():
        if not isinstance(number, int | np.integer) or isinstance(number, bool):
            raise InputError(f"{name} is {number!r:.100}, of type '{type(number).__name__}'. Expected a whole number.")
        fewest, most, or_none = ranges[name]
        if not (fewest <= number <= most or (or_none and number == 0)):
            raise InputError(f"{name} is {number}. Expected {fewest} to {most}{', or 0 for none' if or_none else ''}.")


def _values(answers: Sequence[Tensor], n_maps: int) -> npt.NDArray[np.float64]:
    """Return the outputs of all maps, (n_maps, outputs)."""
    if any(one.is_complex() for one in answers):
        raise InputError("The outputs of the network are complex numbers, which have no score. Expected real numbers.")
    shapes = sorted({tuple(one.shape[1:]) for one in answers})
    found = sum(len(one) if one.ndim else 0 for one in answers)
    if found != n_maps or len(shapes) > 1:
        of_batches = " and ".join(str(shape) for shape in sorted({tuple(one.shape) for one in answers}))
        raise InputError(
            f"The outputs of the batches have the shapes {of_batches}, for {n_maps} maps in all. Expected "
            "(maps, outputs) of each batch, as many outputs of all."
        )
    return np.asarray(torch.cat(list(answers)).reshape(n_maps, -1).double().numpy())


def _require_partners(domains: TwoDomains, *, paired: bool) -> None:
    """Refuse domains that are not of the same simulations in the same order where they are paired."""
    own, shown = (domains.simulations[domains.domains == name].tolist() for name in DOMAINS)
    if paired and own != shown:
        differ = next((place for place, one in enumerate(zip(own, shown, strict=False)) if one[0] != one[1]), None)
        where = f"{len(own)} and {len(shown)} maps" if differ is None else f"'{own[differ]}' and '{shown[differ]}'"
        raise InputError(f"paired=True needs the same simulations in the same order in both domains; found {where}.")


def device_of(network: nn.Module) -> torch.device:
    """Return where a network is: where its first parameter or buffer lies."""
    tensors = chain(network.parameters(), network.buffers()) if isinstance(network, nn.Module) else iter(())
    return next((one.device for one in tensors), torch.device("cpu"))


def _as_case(gram: xr.DataArray, domains: TwoDomains) -> xr.DataArray:
    """Return Gram matrices as the stage grams has them: the maps out of distribution first, each named."""
    order = np.argsort(domains.domains == DOMAINS[0], kind="stable")
    of_maps = {"domain": domains.domains, "suite": domains.domains, "simulation": domains.simulations}
    named = gram.assign_coords({name: ("map", values) for name, values in of_maps.items()})
    return named.isel(map=order, map_other=order)


def _as_stack(gram: xr.DataArray, domains: TwoDomains) -> xr.DataArray:
    """Return Gram matrices with the domain and the simulation of each map."""
    of_maps = {"map_domain": domains.domains, "simulation": domains.simulations}
    kept = gram.assign_coords({name: ("map", values.astype(object)) for name, values in of_maps.items()})
    return kept.assign_attrs({name: gram.attrs[name] for name in ("units", "long_name")})


def _names(gram: xr.DataArray) -> dict[str, list[str]]:
    layers = [str(name) for name in gram["layer"].to_numpy()]
    return {"layer": layers, "layer_other": layers, "measure": list(LAYER_SCORES)}


def _attributes(gram: xr.DataArray, settings: dict[str, Any], *, paired: bool) -> dict[str, Any]:
    """Return what shaped the numbers."""
    recorded = {name: gram.attrs[name] for name in ("forward_pass", "layers_in_double") if name in gram.attrs}
    return {**settings, "paired": str(paired).lower(), "level": LEVEL, **recorded}
