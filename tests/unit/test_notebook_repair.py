"""A repair, and a loss by CKA, in one call: what comes out, what is left alone, what is refused."""

import copy

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import repshift
from repshift import InputError
from repshift.adaptation import Material, Options, Sample, repair_of
from repshift.adaptation.barrier import repaired

SIDE = 12
METHODS = (
    "pixel_moments",
    "feature_moments",
    "batch_norm",
    "batch_norm_mixed",
    "recalibration",
    "fine_tuning",
    "mmd",
    "coral",
    "dann",
    "sinkhorn",
    "cka",
    "cka_off_diagonal",
    "source_training",
)
TRAINED = METHODS[5:]
QUICK = {"steps": 2, "batch": 6}


@pytest.fixture
def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.LeakyReLU(0.2),
        nn.Conv2d(4, 4, 3, stride=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(100, 4),
    ).train()


@pytest.fixture
def given(rng):
    """Maps and labels of two domains."""
    source, target = (rng.normal(size=(12, SIDE, SIDE)) for _ in range(2))
    labels = {f"labels_{name}": rng.uniform(size=(12, 2)) for name in ("source", "target")}
    return {"maps_source": source, "maps_target": 2 * target + 1, **labels}


def answers(network, maps):
    with torch.no_grad():
        return copy.deepcopy(network).eval()(torch.from_numpy(maps[:, None]).float())


@pytest.mark.parametrize("method", METHODS)
def test_a_repair_is_a_new_network_and_the_old_one_stays(network, given, method):
    before = copy.deepcopy(network.state_dict())
    found = repshift.repair(network, **given, method=method, **(QUICK if method in TRAINED else {}))
    assert not torch.equal(answers(found, given["maps_target"]), answers(network, given["maps_target"]))
    assert all(torch.equal(network.state_dict()[name], one) for name, one in before.items())
    assert network.training
    assert not found.training


@pytest.mark.parametrize("method", METHODS)
def test_labels_that_a_method_does_not_need_change_nothing(network, given, method):
    needs = repair_of(method).needs
    unseen = {f"labels_{name}" for name in ("source", "target") if f"{name}_labels" not in needs}
    quick = QUICK if method in TRAINED else {}
    every, fewer = (
        repshift.repair(network, method=method, **quick, **one)
        for one in (given, {name: value for name, value in given.items() if name not in unseen})
    )
    states = every.state_dict(), fewer.state_dict()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_the_numbers_are_those_of_the_repair(network, given):
    maps = torch.from_numpy(given["maps_target"][:, None]).float()
    expected = repaired(
        network, repair_of("batch_norm"), Material(target=Sample(maps, np.arange(12))), Options()
    ).state_dict()
    found = repshift.repair(network, None, given["maps_target"]).state_dict()
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_a_seed_decides_on_training(network, given):
    first, again, other = (
        repshift.repair(network, **given, method="source_training", **QUICK, seed=seed).state_dict()["6.weight"]
        for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_simulations_make_batches(network, given):
    one, each = (
        repshift.repair(network, **given, method="source_training", **QUICK, simulations_source=simulations)
        for simulations in (np.repeat(["a", "b"], 6), None)
    )
    assert not torch.equal(one.state_dict()["6.weight"], each.state_dict()["6.weight"])


@pytest.mark.parametrize("labels", [np.repeat([0, 1, 2, 3], 3), pd.Categorical(list("abcd") * 3)])
def test_classes_are_labels(network, given, labels):
    how = {"maps_source": given["maps_source"], "maps_target": given["maps_target"]}
    found = repshift.repair(network, **how, labels_target=labels, method="fine_tuning", **QUICK)
    assert answers(found, given["maps_target"]).isfinite().all()


def test_options_reach_the_method(network, given):
    mixed = repshift.repair(network, None, given["maps_target"], method="batch_norm_mixed", mixing=0.0)
    assert torch.equal(mixed[1].running_mean, network[1].running_mean)


def refused(network, given, message, **changes):
    with pytest.raises(InputError, match=message):
        repshift.repair(network, **given | changes)


class TestRefusals:
    def test_an_unknown_method(self, network, given):
        refused(network, given, "repair 'magic'", method="magic")

    def test_an_option_of_another_method(self, network, given):
        refused(network, given, "Method 'batch_norm' takes no steps. It takes no option", steps=3)

    def test_missing_labels(self, network, given):
        refused(network, given, "'mmd' needs labels of the network's own domain", method="mmd", labels_source=None)

    def test_labels_without_maps(self, network, given):
        refused(network, given, "maps_source is None, but there are labels", maps_source=None)

    def test_no_batch_norm(self, given):
        plain = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(400, 4))
        refused(plain, given, "needs batch norms, and the network has none.*What remains possible: pixel_moments")

    def test_labels_of_other_outputs(self, network, given, rng):
        refused(
            network,
            given,
            "has 4 outputs, and there are labels of 3",
            method="mmd",
            labels_source=rng.uniform(size=(12, 3)),
        )

    def test_too_few_labels(self, network, given):
        refused(network, given, "labels_source have the shape", labels_source=given["labels_source"][:5])

    def test_maps_that_are_not_finite(self, network, given):
        refused(network, given, "maps_target", maps_target=np.full((12, SIDE, SIDE), np.nan))

    def test_a_number_out_of_range(self, network, given):
        refused(network, given, "steps is 0. Expected 1 to", method="mmd", steps=0)

    @pytest.mark.parametrize(
        ("option", "words"),
        [
            ({"weight": "5"}, "'weight' is '5', of type 'str'. Expected a number"),
            ({"learning_rate": True}, "'learning_rate' is True, of type 'bool'. Expected a number"),
            ({"symmetries": "yes"}, "symmetries is 'yes'. Expected True or False"),
        ],
    )
    def test_an_option_of_another_type(self, network, given, option, words):
        refused(network, given, words, method="mmd", **option)

    def test_classes_that_the_network_does_not_tell(self, network, given):
        refused(network, given, "labels go up to 4", method="fine_tuning", labels_target=np.arange(12) % 5)
        others = pd.Categorical(list("abc") * 4)
        refused(network, given, "fit no 3 classes", method="recalibration", labels_target=others)

    def test_a_domain_that_the_network_does_not_take(self, network, given):
        refused(network, given, "does not take the maps", method="mmd", maps_source=np.ones((12, 3, SIDE, SIDE)))

    def test_maps_of_another_size(self, given):
        anywhere = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        wide = given["maps_target"][:, :8]
        refused(
            anywhere, given, r"shape \(1, 12, 12\) and one of maps_target \(1, 8, 12\)", method="mmd", maps_target=wide
        )

    def test_a_traced_network(self, network, given):
        traced = torch.jit.trace(network.eval(), torch.zeros(2, 1, SIDE, SIDE))
        refused(traced, given, "scripted or traced by torch.jit", method="pixel_moments")

    def test_half_precision_in_training(self, network, given):
        refused(network.half(), given, "weights of torch.float16", method="fine_tuning")

    def test_a_last_step_that_is_not_finite(self, network, given):
        class Rooted(nn.Module):
            """Of a root of 0, whose gradient is not finite."""

            def forward(self, values):
                return values + (0 * values).abs().sqrt()

        rooted = nn.Sequential(*network, Rooted())
        refused(rooted, given, "After training '0.weight' is not finite", method="fine_tuning", steps=1)

    def test_features_that_are_not_finite(self, network, given):
        refused(network, given, "features .* are not finite", method="mmd", steps=3, learning_rate=1e20)

    def test_inference_mode(self, network, given):
        with torch.inference_mode():
            refused(network, given, "outside of torch.inference_mode")
            with pytest.raises(InputError, match="Call cka_loss outside of it"):
                repshift.cka_loss(network, given["maps_source"], given["maps_target"])

    def test_a_layer_to_freeze_that_does_not_exist(self, network, given):
        refused(network, given, "nowhere", method="fine_tuning", freeze="nowhere")

    def test_a_loader_with_forward(self, network, given):
        loader = DataLoader(TensorDataset(torch.from_numpy(given["maps_target"][:, None]).float()), batch_size=4)
        refused(
            network,
            given,
            "maps_target are a DataLoader",
            maps_target=loader,
            forward=lambda network, batch: network(batch),
        )


class TestLoss:
    @pytest.mark.parametrize("kind", ["match", "off_diagonal"])
    def test_it_is_that_of_the_matrices(self, network, given, kind):
        network.eval()
        maps = [given["maps_source"], given["maps_target"]]
        first, other = (
            repshift.cka_matrix(repshift.record_grams(network, one[:, None]), estimator="debiased") for one in maps
        )
        pairs = np.triu_indices(len(first), 1)
        expected = np.abs(first - other)[pairs] if kind == "match" else np.concatenate([first[pairs], other[pairs]])
        assert repshift.cka_loss(network, *maps, kind=kind).item() == pytest.approx(expected.mean(), abs=1e-5)

    def test_it_may_run_in_training(self, network, given):
        repshift.cka_loss(network, given["maps_source"], given["maps_target"]).backward()
        assert network.training
        assert network[0].weight.grad.abs().sum() > 0

    def test_maps_may_have_a_gradient(self, network, rng):
        maps = torch.from_numpy(rng.normal(size=(6, 1, SIDE, SIDE))).float().requires_grad_()
        repshift.cka_loss(network.eval(), maps, rng.normal(size=(6, SIDE, SIDE))).backward()
        assert maps.grad.abs().sum() > 0

    def test_layers_are_named_as_elsewhere(self, network, given):
        maps = given["maps_source"], given["maps_target"]
        some = repshift.cka_loss(network, *maps, layers=["0", "2", "4"])
        assert some.item() != repshift.cka_loss(network, *maps).item()

    def test_few_maps_are_refused(self, network, given):
        with pytest.raises(InputError, match="needs 4 maps or more of each domain in a batch: found 3"):
            repshift.cka_loss(network, given["maps_source"], given["maps_target"][:3])

    def test_maps_of_no_number_are_refused(self, network, given):
        with pytest.raises(InputError, match="maps_source"):
            repshift.cka_loss(network, given["maps_source"] * np.inf, given["maps_target"])
