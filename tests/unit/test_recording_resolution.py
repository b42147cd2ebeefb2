"""Layers whose maps differ by less than single precision: found, recorded again in double, or refused."""

import copy

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn

import repshift
from recorded import Lambda
from repshift import InputError
from repshift.recording.resolution import RESOLVED, record_resolved
from repshift.similarity.gram import linear_product

DEEP = {"layers": [nn.GELU]}


@pytest.fixture(scope="module")
def deep():
    """Twenty convolutions at torch's own initial weights, each with a GELU: maps become alike on the way."""
    torch.manual_seed(0)
    parts = [[nn.Conv2d(1 if number == 0 else 32, 32, 3, padding=1), nn.GELU()] for number in range(20)]
    return nn.Sequential(*(module for pair in parts for module in pair)).eval()


@pytest.fixture(scope="module")
def maps():
    return np.random.default_rng(0).normal(size=(32, 1, 16, 16)).astype(np.float32)


@pytest.fixture(scope="module")
def truth(deep, maps):
    """CKA of the network in double precision, by hand."""
    kept, features = [], torch.from_numpy(maps).double()
    with torch.no_grad():
        for module in copy.deepcopy(deep).double():
            features = module(features)
            if isinstance(module, nn.GELU):
                kept.append(features.flatten(1).numpy())
    centred = [one - one.mean(0) for one in kept]
    return repshift.cka_matrix(np.stack([one @ one.T for one in centred]), estimator="debiased")


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_deep_untrained_network_has_the_cka_of_doubles(precision, deep, maps, truth):
    grams = repshift.record_grams(deep, maps, precision=precision)
    found = repshift.cka_matrix(grams, estimator="debiased")
    assert np.abs(found - truth).max() < 2e-5
    assert truth[-1, -2] == pytest.approx(0.983, abs=5e-4)


def test_single_precision_alone_would_be_noise(deep, maps, truth, monkeypatch):
    monkeypatch.setitem(RESOLVED, torch.float32, 0.0)
    found = repshift.cka_matrix(repshift.record_grams(deep, maps), estimator="debiased")
    assert np.abs(found - truth).max() > 0.5


def test_the_result_says_which_layers_are_in_double(deep, maps):
    grams = repshift.record_grams(deep, maps)
    spreads = grams["relative_spread"]
    assert grams.attrs["layers_in_double"] == spreads["layer"].values[spreads.values < 1e-4].tolist()
    assert "37:0" in grams.attrs["layers_in_double"]
    assert "1:0" not in grams.attrs["layers_in_double"]


def test_batches_are_resolved_as_well(deep, maps):
    grams = repshift.record_minibatch_grams(deep, maps, batch_size=16)
    found = repshift.minibatch_cka_matrix(grams)
    expected = repshift.minibatch_cka_matrix(
        repshift.record_minibatch_grams(deep, maps, batch_size=16, precision="float64")
    )
    assert np.abs(found - expected).max() < 2e-5
    assert grams["relative_spread"].dims == ("batch", "layer")
    assert "39:0" in grams.attrs["layers_in_double"]


@pytest.mark.parametrize("small", [1e-3, 1e-4, 1e-5, 1e-6, 1e-7])
def test_maps_that_differ_little_have_the_cka_of_doubles(small, rng):
    torch.manual_seed(1)
    network = nn.Sequential(nn.Linear(64, 5000), nn.GELU(), nn.Linear(5000, 5000), nn.GELU()).eval()
    maps = 1 + small * rng.normal(size=(16, 64))
    doubles = repshift.record_grams(copy.deepcopy(network).double(), maps)
    expected = repshift.cka_matrix(doubles, estimator="debiased")
    rounded = copy.deepcopy(network).double()
    found = repshift.cka_matrix(repshift.record_grams(network, maps.astype(np.float32)), estimator="debiased")
    same = repshift.record_grams(rounded, maps.astype(np.float32).astype(np.float64))
    assert np.abs(found - repshift.cka_matrix(same, estimator="debiased")).max() < 2e-5
    assert small < 1e-6 or np.abs(found - expected).max() < 0.05


def test_a_trained_width_of_spread_needs_no_second_pass(maps):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU()).train()
    network(torch.from_numpy(maps))
    grams = repshift.record_grams(network, maps)
    assert "layers_in_double" not in grams.attrs
    assert grams["relative_spread"].item() > 0.1


def test_a_dead_layer_is_constant_and_costs_no_second_pass(maps):
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())
    nn.init.constant_(network[0].bias, -1e6)
    grams = repshift.record_grams(network, maps)
    assert "layers_in_double" not in grams.attrs
    with pytest.raises(InputError, match=r"Layer \['1:0'\] is constant over the maps"):
        repshift.cka_matrix(grams, estimator="debiased")


def test_a_layer_that_doubles_do_not_resolve_is_constant(maps):
    network = Lambda(lambda self, maps: torch.relu(1 + 1e-30 * maps), scale=nn.Linear(1, 1))
    grams = repshift.record_grams(network, maps)
    assert not grams.values.any()
    with pytest.raises(InputError, match=r":relu:0.*is constant"):
        repshift.cka_matrix(grams, estimator="biased")


@pytest.mark.parametrize(
    ("forward", "reason"),
    [
        (lambda self, maps: torch.relu(1 + 1e-7 * maps.float()), "rounds to torch.float32"),
        (lambda self, maps: torch.relu(1 + 1e-7 * maps @ torch.ones(16, 16)), "dtype|same"),
    ],
)
def test_a_network_that_knows_no_doubles_is_refused(forward, reason, maps):
    network = Lambda(forward, scale=nn.Linear(1, 1))
    with pytest.raises(InputError, match=f"(?s)Layers .*:relu:0.* differ between the maps by .*{reason}.*Leave these"):
        repshift.record_grams(network, maps)


def test_the_network_stays_in_its_precision(deep, maps):
    repshift.record_grams(deep, maps)
    assert {one.dtype for one in deep.parameters()} == {torch.float32}


def test_half_precision_is_resolved_where_eight_units_are(rng):
    torch.manual_seed(1)
    network = nn.Sequential(nn.Linear(8, 16), nn.ReLU())
    maps = (1 + 0.01 * rng.normal(size=(12, 8))).astype(np.float32)
    grams = repshift.record_grams(network, maps, precision="bfloat16")
    assert grams.attrs["layers_in_double"] == ["1:0"]


@pytest.mark.parametrize("offset", [0.0, 1.0, 1e3])
@pytest.mark.parametrize("n_units", [10, 100_000])
def test_the_spread_of_a_product_is_that_of_the_representation(offset, n_units, rng):
    representation = (rng.normal(size=(9, n_units)) + offset).astype(np.float32)
    wide = representation.astype(np.float64)
    expected = np.linalg.norm(wide - wide.mean(0)) / np.linalg.norm(wide)
    assert linear_product(representation).spread.relative == pytest.approx(expected, rel=1e-4)


def test_a_written_representation_is_in_double_where_it_must_be(deep, maps):
    how = {"layers": None, "precision": "float32", "batch_size": 32, "device": "cpu"}
    found = record_resolved(deep, maps, plain=deep, **how)
    assert found.representations["39:0"].dtype == np.float64
    assert found.representations["1:0"].dtype == np.float32
    assert "39:0" in found.in_double


def test_the_coordinate_survives_a_file(deep, maps, tmp_path):
    grams = repshift.record_grams(deep, maps[:8])
    grams.to_netcdf(tmp_path / "grams.nc")
    with xr.open_dataarray(tmp_path / "grams.nc") as found:
        assert found["relative_spread"].equals(grams["relative_spread"])


def test_an_error_without_words_is_named(maps):
    def forward(self, maps):
        if maps.dtype == torch.float64:
            raise AssertionError
        return torch.relu(1 + 1e-7 * maps)

    with pytest.raises(InputError, match="does not run in double precision: AssertionError"):
        repshift.record_grams(Lambda(forward, scale=nn.Linear(1, 1)), maps)


def test_short_memory_is_not_taken_for_missing_doubles(maps):
    def forward(self, maps):
        if maps.dtype == torch.float64:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return torch.relu(1 + 1e-7 * maps)

    with (
        pytest.warns(UserWarning, match="Out of memory"),
        pytest.raises(InputError, match="One map at a time is too much"),
    ):
        repshift.record_grams(Lambda(forward, scale=nn.Linear(1, 1)), maps[:4])


class Normalised(nn.Module):
    """Sigmoids that make all maps alike, and a batch norm that makes them differ again."""

    def __init__(self, depth):
        super().__init__()
        self.body = nn.Sequential(*(part for _ in range(depth) for part in (nn.Linear(64, 64), nn.Sigmoid())))
        self.norm = nn.BatchNorm1d(64, momentum=1.0)

    def forward(self, maps):
        return torch.relu(self.norm(self.body(maps.flatten(1))))


def in_doubles(network, maps):
    found = repshift.record_grams(copy.deepcopy(network).double(), maps.astype(np.float64))
    return repshift.cka_matrix(found, estimator="debiased")


@pytest.mark.parametrize("depth", [6, 8, 10])
def test_a_layer_normalised_after_rounding_is_in_double(depth, rng):
    torch.manual_seed(1)
    network, maps = Normalised(depth), rng.random(size=(30, 1, 8, 8)).astype(np.float32)
    network.train()(torch.from_numpy(maps))
    found = repshift.record_grams(network, maps)
    assert ":relu:0" in found.attrs["layers_in_double"]
    assert repshift.cka_matrix(found, estimator="debiased") == pytest.approx(in_doubles(network, maps), abs=2e-5)


@pytest.mark.parametrize("offset", [1e5, 1e6])
def test_maps_that_are_nearly_an_offset_are_recorded_in_double(offset, rng):
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.BatchNorm2d(1), nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 8), nn.Tanh()
    )
    network[0].running_mean.fill_(offset + 0.5)
    network[0].running_var.fill_(1 / 12)
    maps = (rng.random(size=(10, 1, 8, 8)) + offset).astype(np.float32)
    found = repshift.record_grams(network.eval(), maps)
    assert repshift.cka_matrix(found, estimator="debiased") == pytest.approx(in_doubles(network, maps), abs=2e-5)


@pytest.mark.parametrize("small", [1e-8, 1e-7, 1e-6])
def test_an_outlier_does_not_hide_maps_that_are_alike(small, rng):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.ReLU()).eval()
    maps = rng.random(size=(1, 1, 8, 8)) + small * rng.normal(size=(10, 1, 8, 8))
    maps[0] *= 1e3
    found = repshift.record_grams(network, maps)
    assert found.attrs["layers_in_double"] == ["1:0", "3:0"]
    assert repshift.cka_matrix(found, estimator="debiased") == pytest.approx(in_doubles(network, maps), abs=2e-5)
