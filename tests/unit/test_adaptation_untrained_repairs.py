"""Repairs without training: exact statistics, affine maps that are known, and a barrier that lets nothing by."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from adapted import SIX, Classifier, changed, made, sample, state
from attribution_networks import cmd_network
from recorded import Lambda, recorded
from repshift import InputError
from repshift.adaptation import REPAIRS, Material, Options, Sample, Task, repair_of
from repshift.adaptation import batch_norm as batch_norm_module
from repshift.adaptation.barrier import admitted
from repshift.adaptation.moments import joined_moments, moments_of_maps
from repshift.adaptation.recalibration import FEWEST_FOR_A_SLOPE
from repshift.networks.insertion_places import insertions_of
from repshift.recording.known import forget

UNTRAINED = [name for name, repair in REPAIRS.items() if not repair.trains]
ALL = Options(batch_size=7)


@pytest.fixture(autouse=True)
def _weights():
    torch.manual_seed(0)
    forget()


@pytest.fixture
def material(rng):
    return Material(sample(rng), sample(rng, shift=1.0), task=SIX)


@pytest.fixture
def network(material):
    return cmd_network(material.source.maps)


def channels(features):
    """Return mean and standard deviation over maps and pixels, channel by channel."""
    rows = features.double().movedim(1, 0).flatten(1)
    return rows.mean(1), rows.std(1, unbiased=False)


def outputs(network, maps):
    with torch.no_grad():
        return network(maps)


class Barrier:
    """What a repair sees, whatever it does with it."""

    def __init__(self):
        self.seen = None

    def module(self):
        return self

    def spy(self, network, material, options):
        self.seen = material
        return network


def test_an_unknown_repair_is_refused():
    with pytest.raises(InputError, match="Unknown repair 'prayer'. There are pixel_moments, feature_moments"):
        repair_of("prayer")


@pytest.mark.parametrize("needs", [set(), {"target_maps"}, {"source_maps", "target_labels"}, {"third_labels"}])
def test_a_repair_sees_what_it_needs_alone(needs, material, network):
    barrier = Barrier()
    full = replace(material, third=(material.target,), perturbed=material.source)
    spy = replace(REPAIRS["batch_norm"], name="spy", needs=frozenset(needs), module=barrier.module)
    admitted_material = admitted(full, spy)
    spy.function(network, admitted_material, ALL)
    held = {"source": barrier.seen.source, "target": barrier.seen.target, "perturbed": barrier.seen.perturbed}
    held["third"] = barrier.seen.third[0] if barrier.seen.third else None
    seen = {f"{name}_maps" for name, one in held.items() if one is not None}
    seen |= {f"{name}_labels" for name, one in held.items() if one is not None and one.labels is not None}
    assert seen - {name.replace("labels", "maps") for name in needs} == {one for one in needs if "labels" in one}


@pytest.mark.parametrize("name", UNTRAINED)
def test_a_repair_leaves_the_network_as_it_was(name, network, material):
    before = state(network)
    found = made(name, network.train(), material, ALL)
    assert state(network) == before
    assert network.training
    assert not found.training


@pytest.mark.parametrize("name", ["pixel_moments", "feature_moments", "batch_norm", "batch_norm_mixed"])
def test_labels_do_not_reach_a_repair_without_them(name, network, material, rng):
    noise = torch.from_numpy(rng.normal(size=(24, 6))).float()
    other = replace(material, target=replace(material.target, labels=noise))
    assert state(made(name, network, material, ALL)) == state(made(name, network, other, ALL))


@pytest.mark.parametrize("name", UNTRAINED)
def test_a_repair_changes_what_it_says(name, network, material):
    names = changed(network, made(name, network, material, ALL))
    expected = "running_" if name.startswith("batch_norm") else "insertions."
    assert names
    assert all(expected in one or "num_batches" in one for one in names)


def test_pixels_get_the_moments_of_the_source(network, material):
    found = made("pixel_moments", network, material, ALL)
    (inserted,) = insertions_of(found).held
    mean, std = channels(inserted(material.target.maps))
    assert [*mean, *std] == pytest.approx([float(one[0]) for one in channels(material.source.maps)], abs=1e-5)
    assert torch.equal(outputs(found, material.target.maps), outputs(network, inserted(material.target.maps)))


@pytest.mark.parametrize("layer", ["C01", "C12", "FC1", "C02:0"])
def test_features_get_the_moments_of_the_source(layer, network, material):
    found = made("feature_moments", network, material, replace(ALL, layer=layer))
    shapes = {"C01": (24, 4, -1), "C12": (24, 8, -1), "FC1": (24, -1, 1), "C02:0": (24, 4, -1)}
    of_source, of_target = (
        torch.from_numpy(recorded(one, each.maps, layers=[layer])[layer]).reshape(shapes[layer])
        for one, each in ((network, material.source), (found, material.target))
    )
    for one, other in zip(channels(of_source), channels(of_target), strict=True):
        assert torch.allclose(one, other, atol=1e-4)


def test_the_layer_left_out_is_the_last_before_the_outputs(network, material):
    found = made("feature_moments", network, material, ALL)
    assert insertions_of(found).held[0].place == network.layers["FC1"]


def test_a_layer_that_is_the_output_is_not_the_last_before(material):
    network = nn.Sequential(nn.Conv2d(1, 3, 5), nn.ReLU(), nn.Flatten(), nn.Linear(432, 2), nn.Sigmoid())
    assert insertions_of(made("feature_moments", network, material, ALL)).held[0].place == "1:0"


def test_moments_do_not_depend_on_batches(network, material):
    one, other = (made("feature_moments", network, material, Options(batch_size=size)) for size in (5, 100))
    for name, value in one.state_dict().items():
        assert torch.allclose(value, other.state_dict()[name], atol=1e-6)


def test_moments_of_maps_join_to_those_of_all(rng):
    values = torch.from_numpy(rng.normal(1e4, 1, size=(30, 3, 2, 2)))
    for found, expected in zip(joined_moments(*moments_of_maps(values)), channels(values), strict=True):
        assert found.numpy() == pytest.approx(expected.numpy(), rel=1e-9)


def test_a_channel_that_does_not_vary_is_moved_alone(rng):
    flat = Sample(torch.full((4, 1, 8, 8), 3.0), np.arange(4))
    other = Sample(torch.from_numpy(rng.normal(1, 2, size=(4, 1, 8, 8))).float(), np.arange(4))
    network = made("pixel_moments", nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()), Material(other, flat), ALL)
    (inserted,) = insertions_of(network).held
    assert float(inserted.scale) == 1
    assert float(inserted.shift) == pytest.approx(float(other.maps.mean()) - 3)


def test_statistics_of_one_batch_are_exact(network, material):
    found, seen = made("batch_norm", network, material, ALL), {}
    for name, module in network.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            module.train().register_forward_pre_hook(lambda _, given, name=name: seen.update({name: given[0].detach()}))
    outputs(network, material.target.maps)
    for name, features in seen.items():
        norm, (mean, std) = found.get_submodule(name), channels(features)
        n = features.numel() / features.shape[1]
        assert norm.running_mean.numpy() == pytest.approx(mean.numpy(), abs=1e-5)
        assert norm.running_var.numpy() == pytest.approx(std.numpy() ** 2 * n / (n - 1), rel=1e-4)


def test_statistics_do_not_depend_on_the_batch_size(network, material):
    one, other = (made("batch_norm", network, material, Options(batch_size=size)) for size in (3, 100))
    assert state(one) == state(other)


def test_short_memory_takes_the_mean_of_few_batches(network, material, monkeypatch):
    monkeypatch.setattr(batch_norm_module, "_BYTES", 3 * 12 * 4 * 16 * 16 * 4)  # twelve maps
    found = made("batch_norm", network, material, ALL)
    halves = [
        made("batch_norm", network, Material(target=material.target.of(np.arange(24)[part])), ALL)
        for part in (slice(12), slice(12, 24))
    ]
    for name, value in found.state_dict().items():
        if "running" in name:
            mean = (halves[0].state_dict()[name] + halves[1].state_dict()[name]) / 2
            assert torch.allclose(value, mean, atol=1e-5)


def test_mixed_statistics_lie_between(network, material):
    target = made("batch_norm", network, material, ALL).state_dict()
    mixed = made("batch_norm_mixed", network, material, replace(ALL, mixing=0.25)).state_dict()
    for name, own in network.state_dict().items():
        if "running" in name:
            assert torch.allclose(mixed[name], 0.75 * own + 0.25 * target[name], atol=1e-6)


@pytest.mark.parametrize("mixing", [0.0, 1.0])
def test_the_ends_of_mixing_are_the_two_statistics(mixing, network, material):
    found = made("batch_norm_mixed", network, material, replace(ALL, mixing=mixing))
    expected = made("batch_norm", network, material, ALL) if mixing else network
    assert torch.allclose(outputs(found, material.target.maps), outputs(expected, material.target.maps), atol=1e-6)


def test_a_batch_norm_that_is_never_called_stays(network, material):
    with torch.no_grad():
        network.B01.running_mean.fill_(7)
    assert (made("batch_norm", network, material, ALL).B01.running_mean == 7).all()


def test_dropout_is_off_in_the_pass_for_statistics(network, material):
    network.dropout.p = 0.9
    assert state(made("batch_norm", network, material, ALL)) == state(made("batch_norm", network, material, ALL))


def test_recalibration_finds_a_line_that_is_there(network, material):
    means = outputs(network, material.target.maps)[:, :6]
    target = replace(material.target, labels=-2 * means + torch.arange(6.0))
    found = outputs(made("recalibration", network, replace(material, target=target), ALL), target.maps)
    assert torch.allclose(found[:, :6], target.labels, atol=1e-4)
    assert torch.allclose(found[:, 6:], 2 * outputs(network, target.maps)[:, 6:], rtol=1e-4)


def test_recalibration_is_least_squares_of_labels(network, material):
    found = outputs(made("recalibration", network, material, ALL), material.target.maps)[:, :6].double().numpy()
    means = outputs(network, material.target.maps)[:, :6].double().numpy()
    for column, expected in enumerate(material.target.labels.double().numpy().T):
        line = np.polyfit(means[:, column], expected, 1)
        assert found[:, column] == pytest.approx(np.polyval(line, means[:, column]), abs=1e-4)


def test_simulations_weigh_alike_in_a_recalibration(network, material):
    many = material.target.of(np.concatenate([np.arange(24), *[np.arange(3)] * 5]))
    one, other = (
        made("recalibration", network, replace(material, target=each), ALL) for each in (many, material.target)
    )
    maps = material.target.maps
    assert torch.allclose(outputs(one, maps), outputs(other, maps), atol=1e-5)


@pytest.mark.parametrize("n_simulations", [1, FEWEST_FOR_A_SLOPE - 1])
def test_few_simulations_move_the_outputs_alone(n_simulations, network, material):
    target = material.target.of(np.arange(3 * n_simulations))
    found = made("recalibration", network, replace(material, target=target), ALL)
    difference = outputs(found, target.maps) - outputs(network, target.maps)
    mean = (target.labels - outputs(network, target.maps)[:, :6]).mean(0)
    assert torch.allclose(difference[:, :6], mean.expand(len(target), 6), atol=1e-5)
    assert torch.allclose(difference[:, 6:], torch.zeros(()), atol=1e-6)


def test_an_output_without_labels_stays(network, material):
    labels = material.target.labels.clone()
    labels[:, 2] = torch.nan
    found = made("recalibration", network, replace(material, target=replace(material.target, labels=labels)), ALL)
    before, after = outputs(network, material.target.maps), outputs(found, material.target.maps)
    assert torch.equal(after[:, [2, 8]], before[:, [2, 8]])
    assert not torch.allclose(after[:, 1], before[:, 1])


class Chosen(nn.Module):
    """Logits that are pixels of the map, or what else is made of them."""

    def __init__(self, n_classes, made_of=None):
        super().__init__()
        self.first, self.n_classes, self.made_of = nn.Conv2d(1, 1, 1, bias=False), n_classes, made_of or nn.Identity()
        nn.init.ones_(self.first.weight)

    def forward(self, maps):
        return self.made_of(self.first(maps).flatten(1)[:, : self.n_classes])


def classes(rng, n_classes, n_maps=400):
    """Return maps whose logits are too sharp by 4 and off by a bias that is known, with drawn classes."""
    true = rng.normal(size=(n_maps, n_classes))
    odds = np.exp(true) / np.exp(true).sum(1, keepdims=True)
    labels = np.array([rng.choice(n_classes, p=one) for one in odds])
    maps = np.zeros((n_maps, 1, 4, 4))
    maps.reshape(n_maps, -1)[:, :n_classes] = 4 * (true - np.arange(n_classes))
    return Sample(torch.from_numpy(maps).float(), np.arange(n_maps), torch.from_numpy(labels)), odds


def recalibrated(network, of, task):
    return outputs(made("recalibration", network, Material(target=of, task=task), ALL), of.maps)


def test_recalibrated_logits_have_the_true_odds(rng):
    of, odds = classes(rng, 3)
    found = recalibrated(Chosen(3), of, Task("classification", 3)).softmax(1)
    assert float((found - torch.from_numpy(odds)).abs().mean()) < 0.04


def test_recalibrated_probabilities_are_those_of_logits(rng):
    of, _ = classes(rng, 3)
    task = Task("classification", 3, output_scale="probabilities")
    found = recalibrated(Chosen(3, nn.Softmax(dim=1)), of, task)
    expected = recalibrated(Chosen(3), of, Task("classification", 3)).softmax(1)
    assert torch.allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("scale", ["logits", "probabilities"])
def test_one_column_is_recalibrated_as_two(scale, rng):
    of, _ = classes(rng, 2)
    single = replace(of, maps=of.maps.clone())
    single.maps[:, 0, 0, 0] = of.maps[:, 0, 0, 1] - of.maps[:, 0, 0, 0]
    network = Chosen(1, nn.Sigmoid() if scale == "probabilities" else None)
    found = recalibrated(network, single, Task("classification", 2, output_scale=scale))
    share = found if scale == "probabilities" else found.sigmoid()
    expected = recalibrated(Chosen(2), of, Task("classification", 2)).softmax(1)[:, 1:]
    assert torch.allclose(share, expected, atol=1e-4)


def test_classes_of_one_simulation_are_well_posed(rng):
    of, _ = classes(rng, 3, n_maps=1)
    found = recalibrated(Chosen(3), of, Task("classification", 3))
    before = outputs(Chosen(3), of.maps)
    assert found.isfinite().all()
    assert found.softmax(1)[0, of.labels[0]] > before.softmax(1)[0, of.labels[0]]


def test_features_are_repaired_on_the_fast_path(network, material):
    many = [Sample(one.maps.repeat(200, 1, 1, 1), np.arange(4800)) for one in (material.source, material.target)]
    fast = made("feature_moments", network, Material(*many), Options(batch_size=500))
    plain = made("feature_moments", network, material, ALL)
    for name, value in plain.state_dict().items():
        assert torch.allclose(value, fast.state_dict()[name], rtol=1e-4, atol=1e-4)


def test_forward_passes_of_the_users_own_are_used(network, material):
    class Conditional(nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, maps, redshift):
            return self.network(maps + redshift)

    options = replace(ALL, forward=lambda network, maps: network(maps, 0.0), layer="network.LeakyReLU:6")
    for name in UNTRAINED:
        found = made(name, Conditional(), material, options)
        expected = made(name, network, material, replace(ALL, layer="LeakyReLU:6"))
        assert torch.allclose(found(material.target.maps, 0.0), expected(material.target.maps), atol=1e-4)


def test_a_repair_of_a_repaired_network_adds_to_it(network, material):
    once = made("feature_moments", network, material, ALL)
    twice = made("pixel_moments", once, material, ALL)
    assert [one.place for one in insertions_of(twice).held] == ["LeakyReLU:7", "input"]
    (_, inserted) = insertions_of(twice).held
    maps = material.target.maps
    assert torch.allclose(outputs(twice, maps), outputs(once, inserted(maps)), atol=1e-5)


@pytest.mark.parametrize("name", ["pixel_moments", "feature_moments", "batch_norm", "batch_norm_mixed"])
def test_statistics_of_one_map_are_refused(name, network, material):
    with pytest.raises(InputError, match="1 map has no statistics. Expected 2 maps or more of a domain"):
        made(name, network, replace(material, target=material.target.of(np.array([0]))), ALL)


def test_a_network_without_batch_norm_says_what_remains(material):
    remain = "pixel_moments, feature_moments, recalibration, fine_tuning, mmd"
    with pytest.raises(InputError, match=f"'batch_norm' needs batch norms, .* What remains possible: {remain}"):
        made("batch_norm", Classifier(6), material, ALL)


def test_batch_norms_that_are_never_called_are_none(material):
    network = Lambda(lambda self, maps: self.used(maps), used=nn.Conv2d(1, 2, 3), unused=nn.BatchNorm2d(2))
    with pytest.raises(InputError, match="calls no batch norm that keeps statistics"):
        made("batch_norm", network, material, ALL)


@pytest.mark.parametrize(
    ("name", "missing", "words"),
    [
        ("pixel_moments", {"source": None}, "maps of the network's own domain"),
        ("batch_norm", {"target": None}, "maps of the target"),
        ("recalibration", {"target": "unlabelled"}, "labels of the target"),
        ("several_suites", {"third": ()}, "labels of other domains"),
        ("augmentation", {"perturbed": None}, "perturbed maps"),
    ],
)
def test_what_a_repair_lacks_is_said(name, missing, words, network, material):
    full = replace(material, third=(material.source,), perturbed=material.source)
    values = {key: full.target.unlabelled() if value == "unlabelled" else value for key, value in missing.items()}
    with pytest.raises(InputError, match=f"The repair '{name}' needs {words}, and there are none"):
        made(name, network, replace(full, **values), ALL)


def test_labels_without_a_task_are_refused(network, material):
    with pytest.raises(InputError, match="'recalibration' needs to know what the network infers. Give its task"):
        made("recalibration", network, replace(material, task=None), ALL)


def test_an_unknown_layer_is_refused(network, material):
    with pytest.raises(InputError, match=r"The network has no layer \['C99'\]"):
        made("feature_moments", network, material, replace(ALL, layer="C99"))


@pytest.mark.parametrize("layer", ["C*", ":0"])
def test_a_layer_that_is_not_one_call_of_a_module_is_refused(layer, network, material):
    with pytest.raises(InputError, match="Name (one|a module)"):
        made("feature_moments", network, material, replace(ALL, layer=layer))


@pytest.mark.parametrize("layer", [None, ":relu:0"])
def test_layers_that_are_functions_are_refused(layer, material):
    network = Lambda(lambda self, maps: self.head(functional.relu(maps)).mean((2, 3)), head=nn.Conv2d(1, 6, 3))
    with pytest.raises(InputError, match=r"an affine map cannot follow. Name a module.*\['head'\]"):
        made("feature_moments", network, material, replace(ALL, layer=layer))


def test_features_of_tokens_are_refused(material):
    network = Lambda(lambda self, maps: self.relu(maps.flatten(2)), relu=nn.ReLU())
    with pytest.raises(InputError, match=r"Layer 'relu:0' returns the shape \(7, 1, 256\)"):
        made("feature_moments", network, material, replace(ALL, layer="relu"))


def test_other_channels_than_the_source_are_refused(network, material, rng):
    other = Sample(torch.from_numpy(rng.normal(size=(4, 2, 16, 16))).float(), np.arange(4))
    with pytest.raises(InputError, match="The source has 1 channels and the target 2"):
        made("pixel_moments", network, replace(material, target=other), ALL)


def test_outputs_of_another_task_are_refused(network, material):
    with pytest.raises(InputError, match="The network has 12 outputs. Expected 3, for regression"):
        made("recalibration", network, replace(material, task=Task("regression", 3)), ALL)


def test_outputs_that_are_not_finite_are_refused(network, material):
    with torch.no_grad():
        network.FC2.bias[0] = torch.nan
    with pytest.raises(InputError, match="Outputs of the network are not finite on the target"):
        made("recalibration", network, material, ALL)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("mixing", 1.5, r"'mixing' is 1.5. Expected 0 \(the network's own statistics\) to 1"),
        ("batch_size", 0, "'batch_size' is 0. Expected 1 or more"),
        ("steps", 0, "'steps' is 0. Expected 1 or more"),
        ("batch", 1, "'batch' is 1. Expected 2 or more"),
        ("learning_rate", 0.0, "'learning_rate' is 0.0. Expected a finite number above 0"),
    ],
)
def test_options_out_of_range_are_refused(name, value, words):
    with pytest.raises(InputError, match=words):
        Options(**{name: value})


def test_parts_of_a_sample_that_disagree_are_refused():
    with pytest.raises(InputError, match="disagree: 3 maps, 2 simulations. Expected one of each for every map"):
        Sample(torch.zeros(3, 1, 4, 4), np.arange(2))


@pytest.mark.parametrize("wrong", [torch.nan, torch.inf])
def test_labels_that_are_not_finite_are_refused(wrong):
    labels = torch.zeros(3, 2)
    labels[1, 0] = wrong
    with pytest.raises(InputError, match="Labels of a sample are not finite at some maps"):
        Sample(torch.zeros(3, 1, 4, 4), np.arange(3), labels)


def test_every_control_is_a_repair_with_its_options():
    for repair in REPAIRS.values():
        control = REPAIRS.get(repair.control or "source_training")
        assert control is not None
        assert set(control.takes) <= set(repair.takes) or not repair.trains


def test_repairs_are_values_of_json():
    names = [name for repair in REPAIRS.values() for name in repair.takes]
    assert json.dumps({name: getattr(Options(), name) for name in names})
