"""Affine maps put into a network take effect wherever it runs: in copies, files, fast paths and attributions."""

import copy
import io
from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

import repshift
from recorded import recorded, settled
from repshift import InputError
from repshift.attribution import METHODS, Options
from repshift.attribution.network_outputs import explaining
from repshift.attribution.null_networks import randomised, untrained
from repshift.attribution.output_choice import chosen_outputs
from repshift.networks.cmd import CMDNetwork
from repshift.networks.insertion_places import insert, insertions_of, rebuild
from repshift.networks.insertions import INPUT, OUTPUTS
from repshift.recording.fast import accelerate
from repshift.recording.fusion import FusedNetwork
from repshift.recording.known import for_one_call

CHANNELS = {INPUT: 2, "first:0": 4, "activation:0": 4, "activation:1": 5, OUTPUTS: 3}
"""Places of the small network, and their channels."""


class Affine(nn.Module):
    """The same map as a module of the network's own."""

    def __init__(self, scale, shift):
        super().__init__()
        self.register_buffer("scale", scale)
        self.register_buffer("shift", shift)

    def forward(self, values):
        shape = (1, -1, *[1] * (values.ndim - 2))
        return values * self.scale.view(shape) + self.shift.view(shape)


def small(inner=()):
    """Return a network that uses one activation twice; `inner` are modules beside its own, by the place they follow."""
    at, again = dict(inner), nn.LeakyReLU(0.2)
    modules = [("before", at.get(INPUT)), ("first", nn.Conv2d(2, 4, 3, padding=1)), ("norm", nn.BatchNorm2d(4))]
    modules.insert(2, ("after_first", at.get("first:0")))
    modules += [("activation", again), ("after_activation", at.get("activation:0"))]
    modules += [("second", nn.Conv2d(4, 5, 3, padding=1)), ("activation_again", again)]
    modules += [("after_again", at.get("activation:1")), ("flat", nn.Flatten()), ("head", nn.Linear(5 * 64, 3))]
    modules += [("after_all", at.get(OUTPUTS))]
    return nn.Sequential(OrderedDict((name, module) for name, module in modules if module is not None))


@pytest.fixture
def maps(rng):
    return torch.from_numpy(rng.normal(size=(6, 2, 8, 8))).float()


@pytest.fixture
def affine(rng):
    return {
        place: (torch.from_numpy(rng.uniform(0.5, 2, n)).float(), torch.from_numpy(rng.normal(size=n)).float())
        for place, n in CHANNELS.items()
    }


def pair(places, affine, maps):
    """Return a network with affine maps put into it, and one with the same weights that has them as modules."""
    torch.manual_seed(0)
    network = settled(small(), maps)
    written = small({place: Affine(*affine[place]) for place in places}).eval()
    written.load_state_dict(network.state_dict(), strict=False)
    for place in places:
        insert(network, place, *affine[place])
    return network, written


@pytest.mark.parametrize("places", [*([place] for place in CHANNELS), list(CHANNELS)])
def test_an_insertion_is_a_module_written_there(places, affine, maps):
    network, written = pair(places, affine, maps)
    assert torch.allclose(network(maps), written(maps), atol=1e-5)


def test_an_insertion_at_the_first_call_leaves_the_second(affine, maps):
    network, _ = pair(["activation:0"], affine, maps)
    plain, _ = pair([], affine, maps)
    again = recorded(network, maps, layers=["norm", "activation:0", "activation:1"])
    before = recorded(plain, maps, layers=["norm", "activation:0"])
    scale, shift = (one.view(1, -1, 1, 1).numpy() for one in affine["activation:0"])
    assert np.array_equal(again["norm"], before["norm"])
    expected = before["activation:0"].reshape(6, 4, 8, 8) * scale + shift
    assert again["activation:0"].reshape(6, 4, 8, 8) == pytest.approx(expected, abs=1e-6)


def test_a_copy_has_insertions_of_its_own(affine, maps):
    network, _ = pair(CHANNELS, affine, maps)
    copied, before = copy.deepcopy(network), network(maps)
    insertions_of(copied).held[0].scale.fill_(3)
    assert torch.equal(network(maps), before)
    assert not torch.allclose(copied(maps), before)


def test_a_state_dict_brings_insertions_back(affine, maps):
    network, _ = pair(CHANNELS, affine, maps)
    other = small().eval()
    rebuild(other, [one.record for one in insertions_of(network).held])
    other.load_state_dict(network.state_dict())
    assert torch.equal(other(maps), network(maps))


def test_a_saved_network_has_its_insertions(affine, maps):
    network, _ = pair(CHANNELS, affine, maps)
    file = io.BytesIO()
    torch.save(network, file)
    file.seek(0)
    assert torch.equal(torch.load(file, weights_only=False)(maps), network(maps))


def test_double_precision_has_its_insertions(affine, maps):
    network, written = pair(CHANNELS, affine, maps)
    assert torch.allclose(network.double()(maps.double()), written.double()(maps.double()), atol=1e-12)


def test_bfloat16_has_its_insertions(affine, maps):
    network, written = pair(CHANNELS, affine, maps)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.allclose(network(maps), written(maps), atol=0.05)


def test_an_insertion_is_the_same_after_a_failed_pass(affine, maps):
    network, written = pair(["activation:1"], affine, maps)
    with pytest.raises(RuntimeError):
        network(maps[..., :4])
    assert torch.allclose(network(maps), written(maps), atol=1e-5)


def test_two_insertions_at_the_input_are_undone_in_turn(maps):
    network, before = small().eval(), maps.clone()
    expected = network(2 * (maps + 1))
    insert(network, INPUT, torch.full((2,), 2.0), torch.zeros(2))
    insert(network, INPUT, torch.ones(2), torch.ones(2))  # the later repair adjusts maps to what the first one read
    assert torch.allclose(network(maps), expected, atol=1e-5)
    assert torch.equal(maps, before)


@pytest.mark.parametrize("places", [*([place] for place in CHANNELS), list(CHANNELS)])
def test_the_fast_path_has_the_insertions(places, affine, maps):
    network, written = pair(places, affine, maps)
    fast = accelerate(network, maps)
    assert isinstance(fast.network, FusedNetwork)
    assert torch.allclose(fast.network(maps), written(maps), atol=1e-4)


def test_the_fast_path_records_layers_after_insertions(affine, maps):
    network, _ = pair(CHANNELS, affine, maps)
    fast = accelerate(network, maps)
    plain, found = recorded(network, maps), recorded(fast.network, maps)
    assert list(found) == list(plain) == ["activation:0", "activation:1"]
    assert all(found[name] == pytest.approx(plain[name], abs=1e-4) for name in plain)


def test_a_module_around_a_layer_is_recorded_after_it(maps):
    network = nn.Sequential(nn.Conv2d(2, 4, 3), nn.Sequential(nn.ReLU())).eval()
    insert(network, "1.0:0", torch.full((4,), 2.0), torch.ones(4))
    layers = ["1.0:0", "1:0"]
    found = recorded(accelerate(network, maps, layers=layers).network, maps)
    assert np.allclose(found["1:0"], found["1.0:0"])
    assert np.allclose(found["1:0"], recorded(network, maps, layers=layers)["1:0"], atol=1e-5)


def test_a_layer_within_is_recorded_before_what_follows(maps):
    network = nn.Sequential(nn.Conv2d(2, 4, 3), nn.Sequential(nn.ReLU())).eval()
    insert(network, "1:0", torch.full((4,), 2.0), torch.ones(4))
    layers = ["1.0:0", "1:0"]
    found = recorded(accelerate(network, maps, layers=layers).network, maps)
    assert np.allclose(found["1:0"], 2 * found["1.0:0"] + 1)


def test_what_is_remembered_of_a_network_knows_its_insertions(rng):
    maps = torch.from_numpy(rng.normal(size=(16, 1, 256, 256))).float()
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 2, 3, stride=4), nn.ReLU()).eval()
    for_one_call(network, maps, layers=None, device="cpu")
    insert(network, OUTPUTS, torch.full((2,), 3.0), torch.zeros(2))
    found = for_one_call(network, maps, layers=None, device="cpu")
    assert isinstance(found.network, FusedNetwork)
    assert torch.allclose(found.network(maps), network(maps), atol=1e-5)


@pytest.mark.parametrize("name", METHODS)
def test_attributions_are_those_of_the_written_network(name, affine, maps):
    def attribution(network):
        options = Options(torch.zeros_like(maps), torch.zeros_like(maps), window=2, stride=2, layer=layer)
        with explaining(network, maps, chosen_outputs(3, None), batch_size=6) as explained:
            return METHODS[name](explained, maps, options).values

    network, written = pair(CHANNELS, affine, maps)
    layer = "norm" if METHODS[name].needs_layer else None
    assert torch.allclose(attribution(network), attribution(written), atol=1e-4)


def test_networks_that_know_less_keep_their_insertions(affine, maps):
    network, _ = pair(CHANNELS, affine, maps)
    shuffled = dict(randomised(network, maps, depths=1, seed=1))
    for other in (*shuffled.values(), untrained(network, maps, seed=1, batch_size=6)):
        found = insertions_of(other).held
        assert [one.place for one in found] == list(CHANNELS)
        assert all(torch.equal(one.scale, affine[one.place][0]) for one in found)


def test_a_stress_runs_the_insertions(affine, rng):
    maps = torch.from_numpy(rng.normal(size=(24, 2, 8, 8))).float()
    network, written = pair(CHANNELS, affine, maps)
    labels, how = rng.normal(size=(24, 3)), {"axes": {"noise": [0, 1]}, "n_resamples": 100, "n_halves": 3}
    one = repshift.stress(network, maps, labels, layers=["activation:0"], **how)
    other = repshift.stress(written, maps, labels, layers=["after_activation"], **how)
    for name in ("r2", "drift_cka"):
        assert one[name].to_numpy() == pytest.approx(other[name].to_numpy(), rel=1e-4)


def test_probabilities_stay_probabilities(rng):
    logits = torch.from_numpy(rng.normal(size=(5, 3))).double()
    network = nn.Softmax(dim=1)
    scale, shift = torch.full((3,), 0.5), torch.tensor([0.3, -0.2, 0.0])
    insert(network, OUTPUTS, scale, shift, kind="log_probabilities")
    network.double()
    assert torch.allclose(network(logits), torch.softmax(0.5 * logits + shift.double(), dim=1))


def test_the_probability_of_one_class_stays_one(rng):
    logits = torch.from_numpy(rng.normal(size=(5,))).double()
    network = nn.Sigmoid()
    insert(network, OUTPUTS, torch.tensor([0.5]), torch.tensor([0.3]), kind="log_probabilities")
    network.double()
    assert torch.allclose(network(logits), torch.sigmoid(0.5 * logits + 0.3))


class Sometimes(nn.Module):
    """Calls its activation where maps are bright."""

    def __init__(self):
        super().__init__()
        self.activation = nn.ReLU()

    def forward(self, maps):
        return self.activation(maps) if maps.mean() > 0 else functional.relu(maps)


def test_a_pass_without_the_call_is_refused(maps):
    network = Sometimes()
    insert(network, "activation:0", torch.ones(2), torch.ones(2))
    network(maps.abs())
    with pytest.raises(InputError, match="never made the call 'activation:0', where an insertion is"):
        network(-maps.abs())


def test_maps_given_by_name_are_refused(maps):
    network = small()
    insert(network, INPUT, torch.ones(2), torch.ones(2))
    with pytest.raises(InputError, match="There is a NoneType at 'input'"):
        network(input=maps)


def test_other_channels_are_refused(maps):
    network = small()
    insert(network, INPUT, torch.ones(1), torch.ones(1))
    with pytest.raises(InputError, match=r"at 'input' is of 1 channels, but finds 2 in the shape \(6, 2, 8, 8\)"):
        network(maps)


@pytest.mark.parametrize("place", ["nowhere:0", ":0", "activation", ":relu:0"])
def test_a_place_that_is_no_call_of_a_module_is_refused(place):
    with pytest.raises(InputError, match=f"An affine map cannot be put at '{place}'"):
        insert(small(), place, torch.ones(1), torch.ones(1))


def test_numbers_that_are_not_finite_are_not_inserted():
    with pytest.raises(InputError, match="at 'input' has a number that is not finite"):
        insert(small(), INPUT, torch.ones(2), torch.tensor([0.0, torch.nan]))
    with pytest.raises(InputError, match="not finite, in torch.float32"):
        insert(small(), INPUT, torch.full((2,), 1e50, dtype=torch.float64), torch.ones(2))


def test_a_network_with_that_name_of_its_own_is_refused():
    network = nn.Module()
    network.insertions = nn.Identity()
    with pytest.raises(InputError, match="has an attribute 'insertions' of its own"):
        insert(network, INPUT, torch.ones(2), torch.ones(2))


@pytest.mark.parametrize(
    "record",
    [{}, 3, {"place": "input", "channels": 0, "kind": "affine"}, {"place": "input", "channels": 2, "kind": "cubic"}],
)
def test_a_record_that_is_none_is_refused(record):
    with pytest.raises(InputError, match="An insertion is .* Expected a place, channels"):
        rebuild(small(), [record])


def test_too_many_insertions_are_refused():
    record = {"place": "input", "channels": 2, "kind": "affine"}
    with pytest.raises(InputError, match="has 101 insertions. Expected 100 at most"):
        rebuild(small(), [record] * 101)


def test_an_answer_of_several_tensors_takes_the_plain_path(maps):
    class Two(CMDNetwork):
        def forward(self, maps):
            found = super().forward(maps)
            return found, found

    network = Two(1, channels=2, size=16).eval()
    insert(network, OUTPUTS, torch.ones(12), torch.ones(12))
    with pytest.raises(InputError, match="There is a tuple at 'outputs'"):
        network(functional.pad(maps, (4, 4, 4, 4)))
