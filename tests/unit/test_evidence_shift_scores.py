"""Every shift score: its column, its words, what it needs, and that it sees a shift and not the lack of one."""

import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from repshift import InputError, linear_gram
from repshift.evidence.shift_scores import (
    CONTROLS,
    LAYER_SCORES,
    SHIFT_SCORES,
    shift_score,
    values_of_case,
    values_of_layers,
    values_of_parameters,
)
from repshift.evidence.shift_scores.score import FAMILIES, Pair
from repshift.similarity.discrepancy import pooled
from running import ROOT

N, LAYERS, PARAMETERS = 24, 3, 2
COLUMNS = [
    *(
        f"cka_{estimator}_{name}"
        for estimator in ("biased", "debiased")
        for name in ("mean_rise", "share_rise", "entropy_fall", "participation_fall", "skewness_rise", "distance")
    ),
    *(f"{name}_{of}" for name in ("mmd_linear", "mmd_rbf", "mahalanobis", "nearest", "auc") for of in ("mean", "last")),
    *("pixel_mean", "pixel_std", "pixel_skewness", "pixel_kurtosis", "pixel_spectrum"),
    *(f"pixel_{name}" for name in ("mmd_linear", "mmd_rbf", "mahalanobis", "nearest", "auc")),
    *("sigma_ratio", "disagreement", "disagreement_in_sigma", "symmetry_scatter", "symmetry_scatter_in_sigma"),
]


def outputs(rng, scale, *names):
    return xr.Dataset({name: (("map", "parameter"), scale * rng.uniform(1, 2, size=(N, PARAMETERS))) for name in names})


def pair_of(rng, shift, *, given=("std", "trials", "symmetries", "sigma")):
    """Return a pair whose sides differ by `shift` in every way: 1 is none."""
    outside = np.arange(2 * N) < N
    factors = np.where(outside, shift, 1.0)[:, None]
    # the larger the shift, the more a common direction rules
    common = 2 * rng.normal(size=(2 * N, 1)) * (factors - 1)
    layers = [factors * rng.normal(size=(2 * N, 12)) + common + 2 * (factors - 1) for _ in range(LAYERS)]
    inputs = [(scale + scale * rng.gamma(2.0 / scale, size=(N, 1, 8, 8))).astype(np.float32) for scale in (shift, 1.0)]
    std = [*(["std"] if "std" in given else [])]
    sides = [outputs(rng, scale, "mean", *std) for scale in (1.0, 1.0)]
    others = [[side.assign(mean=side["mean"] + scale)] for side, scale in zip(sides, (shift, 1.0), strict=True)]
    scatter = ("scatter", *(["sigma"] if "sigma" in given else []))
    return Pair(
        grams=xr.DataArray(
            np.stack([linear_gram(layer) for layer in layers]),
            dims=("layer", "map", "map_other"),
            coords={"layer": list("abc"), "simulation": ("map", [f"s{number}" for number in range(2 * N)])},
        ),
        maps=pooled(outside, np.arange(2 * N)),
        inputs=tuple(inputs),
        outputs=tuple(sides),
        trials=tuple(others) if "trials" in given else ([], []),
        symmetries=(outputs(rng, shift, *scatter), outputs(rng, 1.0, *scatter)) if "symmetries" in given else None,
        n_components=4,
        n_folds=3,
        seed=1,
    )


def test_columns_keep_their_names_and_their_order():
    assert list(SHIFT_SCORES) == COLUMNS
    assert list(LAYER_SCORES) == ["mmd_linear", "mmd_rbf", "mahalanobis", "nearest", "auc"]
    assert CONTROLS == ("pixel_mean", "pixel_std", "pixel_skewness", "pixel_kurtosis", "pixel_spectrum")


@pytest.mark.parametrize("score", SHIFT_SCORES.values(), ids=SHIFT_SCORES)
def test_every_score_says_what_it_is(score):
    assert shift_score(score.name) is score
    assert score.family in FAMILIES
    assert score.label
    assert score.units == "1"


def test_no_two_scores_have_one_label():
    assert len({score.label for score in SHIFT_SCORES.values()}) == len(SHIFT_SCORES)


def test_an_unknown_score_is_an_error_and_of_no_family():
    with pytest.raises(InputError, match=r"Unknown shift score 'mmd_cubic_mean'\. There are cka_biased_mean_rise, "):
        shift_score("mmd_cubic_mean")


@pytest.fixture(scope="module")
def shifted():
    rng = np.random.default_rng(1)
    pair = pair_of(rng, 3.0)
    return values_of_case(pair) | values_of_parameters(pair)


@pytest.mark.parametrize("name", SHIFT_SCORES)
def test_every_score_sees_a_shift(shifted, name):
    # sigma is the outputs' own, and no shift was put into it
    if name not in ("sigma_ratio", "symmetry_scatter_in_sigma"):
        assert np.abs(shifted[name]).min() > 0.05
    assert np.isfinite(shifted[name]).all()


def test_what_layers_have_is_summed_up_and_compared_with_pixels(shifted):
    layers = values_of_layers(pair_of(np.random.default_rng(1), 3.0))
    for name, values in layers.items():
        assert values.shape == (LAYERS,)
        assert (shifted[f"{name}_mean"], shifted[f"{name}_last"]) == (values.mean(), values[-1])


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ((), []),
        (("std",), ["sigma_ratio"]),
        (("trials",), ["disagreement"]),
        (("std", "trials"), ["sigma_ratio", "disagreement", "disagreement_in_sigma"]),
        (("symmetries",), ["symmetry_scatter"]),
        (("symmetries", "sigma"), ["symmetry_scatter", "symmetry_scatter_in_sigma"]),
    ],
)
def test_what_needs_something_that_is_not_there_is_left_out(rng, given, left):
    assert list(values_of_parameters(pair_of(rng, 2.0, given=given))) == left


def test_what_several_scores_share_is_made_once(rng):
    pair, calls = pair_of(rng, 2.0), []
    assert [pair.once(calls.append), pair.once(calls.append)] == [None, None]
    assert calls == [pair]


@pytest.mark.parametrize("module", ["similarity.measures", "perturbation", "evidence.shift_scores"])
def test_names_load_no_scipy_and_no_torch(module):
    heavy = {"torch", "sklearn", "matplotlib", *(["xarray"] if module != "evidence.shift_scores" else [])}
    code = f"import sys, repshift.{module}; sys.exit(', '.join({heavy | {'scipy.stats'}} & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT / "src")}, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
