"""Shift scores between halves of one domain: how it is divided, and what they are where there is no shift."""

import numpy as np
import pytest
import xarray as xr

from repshift import InputError, linear_gram
from repshift.evidence.halves import Side, first_halves, scores_of_halves
from repshift.evidence.shift_scores import LAYER_SCORES, SHIFT_SCORES, possible_scores, values_of_case
from repshift.evidence.shift_scores.score import Pair
from repshift.similarity.discrepancy import pooled

N, LAYERS = 16, 4
HOW = {"n_components": 3, "n_folds": 5, "seed": 1}


def side_of(rng, *, outputs=True, layer=None):
    layers = [rng.normal(size=(N, 8)) if layer is None else layer for _ in range(LAYERS)]
    names = [f"s{number}" for number in range(N)]
    dimensions, coords = ("layer", "map", "map_other"), {"layer": list("abcd"), "simulation": ("map", names)}
    said = {name: (("map", "parameter"), rng.uniform(1, 2, size=(N, 2))) for name in ("mean", "std")}
    return Side(
        grams=xr.DataArray(np.stack([linear_gram(one) for one in layers]), dims=dimensions, coords=coords),
        simulations=np.array(names),
        inputs=rng.gamma(2.0, size=(N, 1, 8, 8)).astype(np.float32),
        outputs=xr.Dataset(said) if outputs else xr.Dataset(),
        trials=[xr.Dataset(said) + 0.1] if outputs else [],
        symmetries=xr.Dataset({"scatter": said["std"], "sigma": said["std"]}) if outputs else None,
    )


def test_a_half_has_half_the_simulations_and_all_their_maps():
    simulations = np.repeat(np.arange(9), 3)
    drawn = first_halves(simulations, n_halves=20, seed=1)
    assert drawn.shape == (20, 27)
    assert (drawn.sum(axis=1) == 4 * 3).all()
    assert all(len(set(simulations[one]) & set(simulations[~one])) == 0 for one in drawn)


def test_divisions_differ_and_follow_the_seed():
    drawn = first_halves(np.arange(12), n_halves=20, seed=1)
    assert len({one.tobytes() for one in drawn}) > 15
    assert (first_halves(np.arange(12), n_halves=20, seed=1) == drawn).all()
    assert (first_halves(np.arange(12), n_halves=5, seed=1) == drawn[:5]).all()
    assert (first_halves(np.arange(12), n_halves=20, seed=2) != drawn).any()


def test_seven_simulations_do_not_make_two_halves():
    assert first_halves(np.arange(8), n_halves=1, seed=1).sum() == 4
    with pytest.raises(InputError, match="7 simulations do not make two halves: a half needs 4 or more, so 8"):
        first_halves(np.arange(7), n_halves=1, seed=1)


def test_halves_have_every_score_that_they_can_have(rng):
    found = scores_of_halves(side_of(rng), n_halves=3, **HOW)
    of_parameters = {name for name, score in SHIFT_SCORES.items() if score.is_of_parameters}
    assert set(found.value) == set(SHIFT_SCORES) - of_parameters
    assert set(found.parameter_value) == {
        *("sigma_ratio", "disagreement", "disagreement_in_sigma", "symmetry_scatter", "symmetry_scatter_in_sigma")
    }
    assert set(found.layer_value) == set(LAYER_SCORES)
    assert found.n_halves == 3
    assert {values.shape for values in found.value.values()} == {(3,)}
    assert {values.shape for values in found.parameter_value.values()} == {(3, 2)}
    assert {values.shape for values in found.layer_value.values()} == {(3, LAYERS)}


def test_a_half_is_scored_as_a_domain(rng):
    """One half stands for the maps out of distribution, the other for the model's own domain."""
    side = side_of(rng)
    found = scores_of_halves(side, n_halves=2, **HOW)
    first = first_halves(side.simulations, n_halves=2, seed=1)[1]
    shown, own = np.flatnonzero(first), np.flatnonzero(~first)
    order = np.concatenate([shown, own])
    outside = np.arange(N) < len(shown)
    halves = [side.outputs.isel(map=one) for one in (shown, own)]
    pair = Pair(
        grams=side.grams.isel(map=order, map_other=order),
        maps=pooled(outside, side.simulations[order]),
        inputs=(side.inputs[shown], side.inputs[own]),
        outputs=tuple(halves),
        trials=([], []),
        symmetries=None,
        **HOW | {"n_folds": 4},
    )
    for name, value in values_of_case(pair).items():
        drawn = "auc" in name or "mahalanobis" in name  # their folds go by the order of the maps
        assert drawn or found.value[name][1] == pytest.approx(value, abs=1e-8), name


def test_halves_of_one_domain_are_around_nothing(rng):
    found = scores_of_halves(side_of(rng), n_halves=10, **HOW)
    for name in ("mmd_linear_mean", "cka_biased_mean_rise", "nearest_mean"):
        low, high = np.quantile(found.value[name], [0.025, 0.975])
        assert low < 0 < high, name
    assert abs(np.median(found.value["auc_mean"]) - 0.5) < 0.2


def test_a_network_without_outputs_has_the_scores_of_layers(rng):
    found = scores_of_halves(side_of(rng, outputs=False), n_halves=2, **HOW)
    assert found.parameter_value == {}
    assert np.isfinite(found.value["mmd_rbf_last"]).all()


def test_a_half_that_is_constant_has_no_score_and_is_no_error(rng):
    """All but two maps are alike in the layers: where these two fall together, the other half has no CKA."""
    layer = np.zeros((N, 8))
    layer[:2] = rng.normal(size=(2, 8))
    found = scores_of_halves(side_of(rng, layer=layer), n_halves=8, **HOW)
    missing = np.isnan(found.value["cka_biased_mean_rise"])
    assert 0 < missing.sum() < 8
    assert np.isfinite(found.value["pixel_std"]).all()
    assert "pixel_std" in [score.name for score in possible_scores(_pair(side_of(rng)))]


def _pair(side):
    empty = (xr.Dataset(), xr.Dataset())
    maps = pooled(np.arange(N) < N // 2, side.simulations)
    return Pair(side.grams, maps, (side.inputs, side.inputs), empty, ([], []), None, 3, 2, 1)
