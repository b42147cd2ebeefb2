"""Level scores: all divisions at once, against the shift scores of each."""

import numpy as np
import pytest
import xarray as xr

from repshift import InputError
from repshift.evidence.level_scores import DEFAULT_SCORES, LEVEL_SCORES, divisions, level_score, values_of_level
from repshift.evidence.level_scores.score import Halves, LevelPair, LevelSide
from repshift.evidence.shift_scores import shift_score
from repshift.evidence.shift_scores.score import Pair
from repshift.similarity.discrepancy import pooled
from repshift.similarity.gram import linear_gram
from repshift.statistics.pixel_sums import pixel_sums

N, LAYERS = 16, 3


@pytest.fixture
def sides(rng):
    """Maps, layers and outputs of two sides; the last of the layers of both is pooled."""
    layers = rng.normal(size=(2, LAYERS, N, 20))
    layers[1] *= 1.3
    maps = rng.normal(size=(2, N, 2, 8, 8)).astype(np.float32)
    maps[0] += 0.3
    return layers, maps, np.exp(rng.normal(size=(2, N, 2)))


def level_of(sides):
    layers, maps, std = sides
    grams = [np.stack([linear_gram(layer) for layer in side]) for side in layers]
    both = [LevelSide(gram, {"std": one}, pixel_sums(of)) for gram, of, one in zip(grams, maps, std, strict=True)]
    return LevelPair(*both, linear_gram(np.concatenate([layers[0, -1], layers[1, -1]])))


def halves_of(n_halves=4):
    return Halves(*divisions(N, N, n_halves=n_halves, seed=3), n_components=4, n_folds=2, seed=1)


def pair_of(sides, shown, own):
    """Return what a division is to the shift scores."""
    layers, maps, std = sides
    both = np.concatenate([layers[0][:, shown], layers[1][:, own]], axis=1)
    grams = xr.DataArray(np.stack([linear_gram(layer) for layer in both]), dims=("layer", "map", "map_other"))
    labels = np.arange(len(shown) + len(own))
    outside = labels < len(shown)
    coords = {"simulation": ("map", labels), "suite": ("map", np.where(outside, "a", "b"))}
    outputs = tuple(xr.Dataset({"std": (("map", "parameter"), one)}) for one in (std[0][shown], std[1][own]))
    return Pair(
        grams=grams.assign_coords(coords),
        maps=pooled(outside, labels),
        inputs=(maps[0][shown], maps[1][own]),
        outputs=outputs,
        trials=([], []),
        symmetries=None,
        n_components=4,
        n_folds=2,
        seed=1,
    )


@pytest.mark.parametrize("name", [name for name, one in LEVEL_SCORES.items() if "probability" not in one.needs])
def test_a_level_score_is_the_shift_score_of_each_half(sides, name):
    halves = halves_of()
    found = values_of_level(level_of(sides), halves, [name])[name]
    for division, (shown, own) in enumerate(zip(halves.shown, halves.own, strict=True)):
        expected = shift_score(name).function(pair_of(sides, shown, own))
        assert found[division] == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_probabilities_give_the_shift_scores_too(rng):
    probability = rng.dirichlet(np.ones(3), size=(2, N))
    nothing = np.zeros((0, N, N))
    sides = [LevelSide(nothing, {"probability": one}, {}) for one in probability]
    halves = halves_of()
    found = values_of_level(LevelPair(*sides, np.eye(2 * N)), halves, ["confidence_fall", "entropy_rise"])
    shown, own = probability[0][halves.shown[0]], probability[1][halves.own[0]]
    assert found["confidence_fall"][0] == pytest.approx(own.max(1).mean() - shown.max(1).mean())
    assert set(found) == {"confidence_fall", "entropy_rise"}


def test_halves_of_the_same_simulations_are_disjoint():
    for shown, own in zip(*divisions(N, N, n_halves=20, seed=1), strict=True):
        assert not set(shown) & set(own)


def test_both_halves_have_as_many_maps():
    shown, own = divisions(20, 13, n_halves=2, seed=1)
    assert shown.shape == own.shape == (2, 6)


def test_few_simulations_make_no_halves():
    with pytest.raises(InputError, match="7 simulations do not make two halves"):
        divisions(7, 20, n_halves=2, seed=1)


def test_a_constant_layer_has_no_score(sides):
    level = level_of(sides)
    flat = LevelPair(level.shown, level.own, np.zeros_like(level.pooled))
    assert np.isnan(values_of_level(flat, halves_of(), ["mmd_linear_last"])["mmd_linear_last"]).all()


def test_scores_that_need_what_is_not_there_are_left_out(sides):
    found = values_of_level(level_of(sides), halves_of(), DEFAULT_SCORES)
    assert set(found) == set(DEFAULT_SCORES) - {"entropy_rise", "confidence_fall"}


def test_an_unknown_level_score_is_refused():
    with pytest.raises(InputError, match="Unknown level score 'mmd'"):
        level_score("mmd")
