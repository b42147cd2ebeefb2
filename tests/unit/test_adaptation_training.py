"""Repairs that train: what they see, what they change, and what their control shares with them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from adapted import FEW, SIX, Classifier, changed, made, sample, state
from attribution_networks import cmd_network
from repshift import InputError
from repshift.adaptation import REPAIRS, Material, Options, Task
from repshift.adaptation.batches import batches, drawn
from repshift.adaptation.freezing import frozen, frozen_below
from repshift.adaptation.last_layer import last_layer
from repshift.adaptation.task import task_loss

ALIGNING = [name for name, repair in REPAIRS.items() if repair.weight_name]
TRAINING = [name for name, repair in REPAIRS.items() if repair.trains]


@pytest.fixture(autouse=True)
def _weights():
    torch.manual_seed(0)


@pytest.fixture
def material(rng):
    source = sample(rng)
    noisy = replace(source, maps=source.maps + 0.1, labels=None)
    return Material(source, sample(rng, shift=1.0), third=(sample(rng, shift=-1.0),), perturbed=noisy, task=SIX)


@pytest.fixture
def network(material):
    return cmd_network(material.source.maps)


def test_loss_of_numbers_is_their_mean_squared_error(rng):
    outputs, labels = torch.from_numpy(rng.normal(size=(2, 5, 3)))
    found = task_loss(outputs, labels, Task("regression", 3))
    assert float(found) == pytest.approx(np.mean((outputs.numpy() - labels.numpy()) ** 2))


def test_loss_of_classes_is_the_log_of_their_probability(rng):
    probabilities = rng.dirichlet(np.ones(3), size=6)
    labels = rng.integers(3, size=6)
    expected = -np.mean(np.log(probabilities[np.arange(6), labels]))
    for scale, outputs in {"logits": np.log(probabilities) + 5, "probabilities": probabilities}.items():
        task = Task("classification", 3, output_scale=scale)
        assert float(task_loss(torch.from_numpy(outputs), torch.from_numpy(labels), task)) == pytest.approx(expected)


def test_one_column_is_the_second_of_two_classes(rng):
    share, labels = rng.uniform(0.1, 0.9, size=8), rng.integers(2, size=8)
    expected = -np.mean(np.log(np.where(labels == 1, share, 1 - share)))
    for scale, outputs in {"logits": np.log(share / (1 - share)), "probabilities": share}.items():
        task = Task("classification", 2, output_scale=scale)
        found = task_loss(torch.from_numpy(outputs)[:, None], torch.from_numpy(labels), task)
        assert float(found) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("classification", 1), "1 classes. Expected 2 or more"),
        (("regression", 0), "0 labels. Expected 1 or more"),
        (("classification", 3, True), "no standard deviations"),
    ],
)
def test_what_is_no_task_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        Task(*arguments)


def test_outputs_and_labels_of_another_task_are_refused():
    with pytest.raises(InputError, match="has 6 outputs. Expected 12, for regression"):
        task_loss(torch.ones(4, 6), torch.ones(4, 6), SIX)
    with pytest.raises(InputError, match=r"shape \(4, 5\) do not fit 4 maps. Expected \(4, 6\)"):
        task_loss(torch.ones(4, 12), torch.ones(4, 5), SIX)


def test_a_batch_has_a_map_of_as_many_simulations(rng):
    simulations = np.repeat([7, 3, 5, 9, 1], 4)
    for _ in range(20):
        assert len(set(simulations[drawn(simulations, batch=4, rng=rng)])) == 4


def test_a_batch_of_few_simulations_shares_maps_evenly(rng):
    places = drawn(np.repeat([7, 3], 5), batch=8, rng=rng)
    assert len(set(places)) == 8
    assert sorted(places // 5) == [0] * 4 + [1] * 4
    assert sorted(drawn(np.repeat([7, 3], 5), batch=99, rng=rng)) == list(range(10))


def test_every_map_is_drawn_alike(rng):
    simulations = np.array([0, 0, 0, 1, 2, 2])
    found = np.bincount(np.concatenate([drawn(simulations, batch=2, rng=rng) for _ in range(6000)])) / 6000
    assert found == pytest.approx(2 / 3 / np.array([3, 3, 3, 1, 2, 2]), abs=0.03)


def test_maps_are_turned_only_where_asked(material):
    plain, turned = (next(batches(material.source, batch=8, seed=(0, 0), symmetries=how)) for how in (False, True))
    assert np.array_equal(plain.simulations, turned.simulations)
    assert all(one in list(map(state_of, material.source.maps)) for one in map(state_of, plain.maps))
    assert not torch.equal(plain.maps, turned.maps)
    torch.testing.assert_close(plain.maps.sum((1, 2, 3)), turned.maps.sum((1, 2, 3)))


def state_of(maps):
    return maps.numpy().tobytes()


def test_one_map_and_maps_that_cannot_turn_are_refused(material):
    with pytest.raises(InputError, match="1 maps to train with. Expected 2"):
        next(batches(material.source.of(np.array([0])), batch=4, seed=(0, 0), symmetries=False))
    wide = replace(material.source, maps=material.source.maps[..., :8])
    with pytest.raises(InputError, match="not square"):
        next(batches(wide, batch=4, seed=(0, 0), symmetries=True))


@pytest.mark.parametrize("name", TRAINING)
def test_a_repair_is_the_same_a_second_time(name, network, material):
    first, again, other = (made(name, network, material, replace(FEW, seed=seed)) for seed in (0, 0, 1))
    assert not changed(first, again)
    assert changed(first, other)
    assert changed(first, network)


@pytest.mark.parametrize("name", ALIGNING)
def test_the_control_is_weight_zero_bit_for_bit(name, network, material):
    assert REPAIRS[name].control == "source_training"
    turned = replace(FEW, symmetries=True)
    control = made("source_training", network, material, turned)
    assert not changed(control, made(name, network, material, replace(turned, weight=0.0)))
    assert changed(control, made(name, network, material, turned))


@pytest.mark.parametrize("name", [name for name in TRAINING if not REPAIRS[name].uses_target_labels])
def test_no_target_label_reaches_a_repair_without_them(name, network, material, rng):
    noise = replace(material, target=sample(rng, shift=1.0))
    noise = replace(noise, target=replace(material.target, labels=noise.target.labels))
    before = torch.random.get_rng_state()
    assert not changed(made(name, network, material), made(name, network, noise))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_fine_tuning_follows_labels_of_the_target(network, material):
    other = replace(material, source=replace(material.source, maps=material.source.maps + 9))
    tuned = made("fine_tuning", network, material)
    assert not changed(tuned, made("fine_tuning", network, other))
    flipped = replace(material, target=replace(material.target, labels=1 - material.target.labels))
    assert changed(tuned, made("fine_tuning", network, flipped))


@pytest.mark.parametrize("name", ["several_suites", "augmentation"])
def test_bounds_begin_with_the_batches_of_the_control(name, network, material):
    """One step on twice the same domain is one step on it: gradients are averaged."""
    twice = replace(material, third=(material.source,), perturbed=material.source)
    options = Options(steps=1, batch=99)
    control, bound = made("source_training", network, twice, options), made(name, network, twice, options)
    for one, other in zip(control.parameters(), bound.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=2e-5)


def test_perturbed_maps_of_others_are_refused(network, material):
    shorter = replace(material, perturbed=material.perturbed.of(np.arange(5)))
    with pytest.raises(InputError, match="5 perturbed maps. Expected one for each of the 24"):
        made("augmentation", network, shorter)


@pytest.mark.parametrize("name", ["fine_tuning", "mmd", "source_training"])
def test_frozen_layers_stay_bit_for_bit(name, network, material):
    tuned = made(name, network, material, replace(FEW, freeze="C12", layer="FC1"))
    trains = {f"{kind}{block}" for block in ("12", "13", "21") for kind in "CB"} | {"FC1", "FC2"}
    assert {key.partition(".")[0] for key in changed(network, tuned)} == trains
    assert all(parameter.requires_grad for parameter in tuned.parameters())


def test_nothing_is_frozen_below_the_first_layer(network, material):
    assert frozen_below(network, "C01", material.source.maps[:2]) == frozenset()


def test_what_feeds_a_layer_aside_is_frozen_with_it():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale, self.first, self.last = nn.Parameter(torch.ones(1)), nn.Conv2d(1, 2, 3), nn.Conv2d(2, 2, 3)

        def forward(self, maps):
            return torch.relu(self.last(torch.relu(self.first(maps * self.scale))))

    assert frozen_below(Scaled(), ":relu:1", torch.ones(2, 1, 8, 8)) == {"scale", "first.weight", "first.bias"}


def test_an_unknown_layer_to_freeze_below_is_refused(network, material):
    with pytest.raises(InputError, match="no layer 'C99' to freeze below. There are C01, C02"):
        made("fine_tuning", network, material, replace(FEW, freeze="C99"))


def test_a_network_without_trainable_weights_is_refused():
    network = nn.Linear(2, 2).requires_grad_(False)
    with pytest.raises(InputError, match="All parameters of the network are frozen"), frozen(network, frozenset()):
        pass


def test_statistics_of_batch_norms_do_not_move(network, material):
    moved = changed(network, made("mmd", network, material))
    assert not [name for name in moved if "running" in name]
    assert [name for name in moved if name.startswith("B")]


def test_dropout_is_off_while_a_classifier_trains(rng):
    labels = torch.from_numpy(np.repeat([0, 1], 12))
    shown = Material(replace(sample(rng), labels=labels), sample(rng, shift=1.0), task=Task("classification", 2))
    network = Classifier()
    first, again = made("mmd", network, shown), made("mmd", network, shown)
    assert not changed(first, again)
    assert changed(network, first) == set(state(network))
    assert last_layer(network.eval(), shown.source.maps) == "relu:0"


def test_training_lowers_the_loss_of_its_labels(network, material):
    def loss(network):
        with torch.no_grad():
            return float(task_loss(network(material.source.maps), material.source.labels, SIX))

    trained = made("source_training", network, material, Options(steps=60, batch=8, learning_rate=1e-3))
    assert loss(trained) < loss(network.eval()) - 1


@pytest.mark.parametrize("name", ["source_training", "mmd"])
def test_maps_pass_by_the_forward_pass_that_is_given(name, network, material):
    doubled = replace(FEW, forward=lambda network, maps: network(2 * maps), freeze="C03")
    twice = {
        where: replace(getattr(material, where), maps=2 * getattr(material, where).maps)
        for where in ("source", "target")
    }
    found = made(name, network, material, doubled)
    assert not changed(found, made(name, network, replace(material, **twice), replace(FEW, freeze="C03")))


def test_a_network_in_double_precision_trains_in_it(network, material):
    found, single = (made("mmd", one, material, replace(FEW, steps=1)) for one in (network.double(), network.float()))
    torch.testing.assert_close(found.FC2.weight.float(), single.FC2.weight, rtol=0, atol=1e-5)


def test_a_loss_that_is_not_finite_is_refused(network, material):
    with torch.no_grad():
        network.FC2.bias.fill_(float("nan"))
    with pytest.raises(InputError, match="The loss of step 1 is nan. Expected a finite number"):
        made("source_training", network, material)


def test_only_the_similarity_of_layers_may_be_raised(network, material):
    below = replace(FEW, weight=-3.0)
    assert changed(made("source_training", network, material), made("cka_off_diagonal", network, material, below))
    for name in set(ALIGNING) - {"cka_off_diagonal"}:
        with pytest.raises(InputError, match="-3, which would drive the domains apart. Expected 0 or more"):
            made(name, network, material, below)
    with pytest.raises(InputError, match="'weight' is inf. Expected a finite number"):
        Options(weight=float("inf"))


def test_a_layer_that_does_not_exist_is_refused(network, material):
    with pytest.raises(InputError, match="C99"):
        made("mmd", network, material, replace(FEW, layer="C99"))


def test_the_last_layer_is_not_the_output(rng):
    maps = sample(rng).maps
    with_output = nn.Sequential(nn.Flatten(), nn.Linear(256, 4), nn.ReLU(), nn.Linear(4, 2), nn.Softplus())
    assert last_layer(with_output, maps) == "2:0"
    with pytest.raises(InputError, match="no layer before its outputs"):
        last_layer(nn.Sequential(nn.Flatten(), nn.Linear(256, 2), nn.ReLU()), maps)
