"""What recording leaves of a user's session, and which maps, devices and networks it takes."""

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

import repshift
from recorded import Lambda
from repshift import InputError
from repshift.recording.devices import choose_device
from repshift.recording.passes import run_network


@pytest.fixture
def maps(rng):
    return rng.normal(size=(8, 1, 6, 6)).astype(np.float32)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 2))


class Caching(nn.Module):
    """Keeps what it computes in its first forward pass."""

    def __init__(self):
        super().__init__()
        self.linear, self.table = nn.Linear(36, 5), None

    def forward(self, maps):
        if self.table is None:
            self.table = torch.ones(5) * 2
        return torch.relu(self.linear(maps.flatten(1)) * self.table)


class Differentiating(nn.Module):
    """Answers the gradient of an energy, as force fields and score networks do."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(36, 5)

    def forward(self, maps):
        with torch.enable_grad():
            maps = maps.detach().requires_grad_()
            energy = torch.tanh(self.linear(maps.flatten(1))).sum()
            return torch.autograd.grad(energy, maps)[0]


RECORDERS = [
    lambda network, maps: repshift.record_grams(network, maps),
    lambda network, maps: repshift.record_minibatch_grams(network, maps, batch_size=4),
    lambda network, maps: repshift.accelerate(network, maps[:2]),
]


@pytest.mark.parametrize("record", RECORDERS)
@pytest.mark.parametrize("lazy", [False, True])
def test_a_recorded_network_can_be_trained(record, lazy, maps):
    made = nn.Sequential(nn.Flatten(), nn.LazyLinear(5), nn.ReLU()) if lazy else Caching()
    record(made, maps)
    made.train()(torch.from_numpy(maps)).sum().backward()
    assert all(parameter.grad is not None for parameter in made.parameters())


@pytest.mark.parametrize("record", RECORDERS)
def test_a_network_that_differentiates_is_recorded(record, maps):
    record(Differentiating(), maps)


def test_answers_may_be_trained_on(network, maps):
    answers = run_network(network, maps, batch_size=4)
    (answers * torch.ones(2, requires_grad=True)).sum().backward()


@pytest.mark.parametrize(
    "form",
    [
        lambda maps: torch.from_numpy(maps),
        lambda maps: list(torch.from_numpy(maps)),
        lambda maps: list(maps),
        lambda maps: maps.astype(">f4"),
        lambda maps: maps[::-1, :, ::-1][::-1, :, ::-1],
        lambda maps: np.asfortranarray(maps),
        lambda maps: maps.astype(np.float64),
        lambda maps: xr.DataArray(maps, dims=("map", "channel", "y", "x")),
        lambda maps: np.ma.array(maps),
        lambda maps: DataLoader(torch.from_numpy(maps), batch_size=3),
        lambda maps: DataLoader(TensorDataset(torch.from_numpy(maps), torch.arange(8)), batch_size=5),
        lambda maps: TensorDataset(torch.from_numpy(maps), torch.arange(8)),
    ],
)
def test_maps_as_people_have_them_are_taken(form, network, maps):
    expected = repshift.record_grams(network, maps)
    found = repshift.record_grams(network, form(maps))
    assert found.values == pytest.approx(expected.values, rel=1e-6, abs=1e-6)
    assert repshift.record_minibatch_grams(network, form(maps), batch_size=4).shape == (2, 1, 4, 4)


def test_a_read_only_memory_map_is_taken(network, maps, tmp_path):
    np.save(tmp_path / "maps.npy", maps)
    mapped = np.load(tmp_path / "maps.npy", mmap_mode="r")
    assert repshift.record_grams(network, mapped).equals(repshift.record_grams(network, maps))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.ma.masked_less(np.ones((8, 1, 6, 6)) * np.arange(6), 1), "The stack of maps has 48 masked values|masked"),
        (np.ones((8, 1, 6, 6)) * 1j, "complex numbers"),
        (np.full((8, 1), "a"), "type '<U1'"),
        (DataLoader([{"image": torch.ones(1, 6, 6)}] * 8), "gives a dict"),
        (7, "found a int"),
    ],
)
def test_what_is_no_map_is_refused(given, message, network):
    with pytest.raises(InputError, match=message):
        repshift.record_grams(network, given)


@pytest.mark.parametrize("device", ["cpu", torch.device("cpu"), "cpu:0"])
def test_a_device_may_be_torch_s(device, network, maps):
    assert repshift.record_grams(network, maps, device=device).shape == (1, 8, 8)


@pytest.mark.parametrize(
    ("device", "message"),
    [
        ("gpu", "Unknown device 'gpu'"),
        ("meta", "Unknown device 'meta'"),
        (None, "Unknown device 'None'"),
        ("cuda:99", "cuda:99' was asked for, but torch finds"),
        ("mps", "'mps' was asked for, but torch finds no"),
    ],
)
def test_a_device_that_is_not_there_is_refused(device, message, monkeypatch):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(InputError, match=message):
        choose_device(device)


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16])
def test_answers_of_half_precision_are_single(kind, network, maps):
    answers = run_network(network.to(kind), maps, batch_size=4)
    assert answers.dtype == torch.float32
    assert answers.numpy().shape == (8, 2)


@pytest.mark.parametrize(
    ("forward", "message"),
    [
        (lambda self, maps, redshift: maps, r"takes more than maps \(missing a required argument: 'redshift'\)"),
        (lambda self, maps, *, redshift: maps, "takes more than maps .*redshift"),
    ],
)
def test_a_network_of_two_inputs_is_refused(forward, message, maps):
    made = type("Two", (nn.Module,), {"forward": forward})()
    with pytest.raises(InputError, match=message):
        repshift.record_grams(made, maps)


def test_what_torch_export_made_is_refused(network, maps):
    exported = torch.export.export(network, (torch.from_numpy(maps),)).module()
    with pytest.raises(InputError, match="what torch.export made from one. Give the network itself"):
        repshift.record_grams(exported, maps)


def test_a_sparse_layer_is_refused(maps):
    made = Lambda(
        lambda self, maps: self.act(maps.flatten(1)).to_dense(),
        act=Lambda(lambda self, features: torch.relu(features).to_sparse()),
    )
    with pytest.raises(InputError, match="Layer 'act' returns a sparse tensor"):
        repshift.record_grams(made, maps, layers=["act"])


def test_a_compiled_function_inside_runs_as_it_is(maps):
    compiled = torch.compile(lambda features: torch.relu(features) * 2, backend="eager")
    made = Lambda(lambda self, maps: self.act(compiled(maps)), act=nn.Tanh())
    assert repshift.record_grams(made, maps, layers=["act"]).shape == (1, 8, 8)


@pytest.mark.parametrize("kind", ["forward", "backward"])
def test_a_hook_of_the_user_s_is_left(kind, network, maps):
    calls = []
    register = {"forward": network[0].register_forward_hook, "backward": network[0].register_full_backward_hook}
    hook = register[kind](lambda *given: calls.append(1))
    repshift.record_grams(network, maps)
    assert len(network[0]._forward_hooks) + len(network[0]._backward_hooks) == 1
    hook.remove()


@pytest.mark.parametrize(
    ("how", "message"), [({"shuffle": True}, "shuffles its maps"), ({"drop_last": True}, "leaves out the last maps")]
)
def test_a_loader_without_an_order_is_refused(how, message, network, maps):
    with pytest.raises(InputError, match=message):
        repshift.record_grams(network, DataLoader(torch.from_numpy(maps), batch_size=3, **how))


def test_a_stream_of_maps_is_taken(network, maps):
    class Stream(IterableDataset):
        def __iter__(self):
            return iter(torch.from_numpy(maps))

    found = repshift.record_grams(network, DataLoader(Stream(), batch_size=3))
    assert found.values == pytest.approx(repshift.record_grams(network, maps).values, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.array(5.0), r"found \(\)"),
        (np.ones(6), r"found \(6,\)"),
        ({"maps": np.ones((3, 1, 6, 6))}, "found a dictionary"),
        ([torch.ones(1, 6, 6), torch.ones(1, 5, 5)], "does not fit together"),
        (torch.ones(4, 1, 6, 6, device="meta"), "without numbers"),
        (torch.ones(4, 36).to_sparse(), "is sparse"),
    ],
)
def test_what_is_no_stack_of_maps_is_refused(given, message, network):
    with pytest.raises(InputError, match=message):
        repshift.record_grams(network, given)


@pytest.mark.parametrize(
    "how",
    [
        {"sampler": torch.utils.data.SubsetRandomSampler(range(6)), "batch_size": 3},
        {"batch_sampler": torch.utils.data.BatchSampler(torch.utils.data.RandomSampler(range(6)), 2, True)},
    ],
)
def test_a_sampler_without_an_order_is_refused(how, network, maps):
    with pytest.raises(InputError, match="shuffles its maps"):
        repshift.record_grams(network, DataLoader(torch.from_numpy(maps), **how))


def test_what_is_no_network_is_refused(maps):
    with pytest.raises(InputError, match=r"A network is a torch.nn.Module; found a function"):
        repshift.record_grams(lambda maps: maps, maps)


def test_a_probe_leaves_the_buffers_of_a_network(maps):
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("calls", torch.zeros(()))

        def forward(self, maps):
            self.calls += 1
            return torch.relu(maps)

    network = Counting()
    repshift.record_grams(network, maps)
    assert network.calls.item() == 1


def test_a_probe_that_fails_leaves_the_buffers_too(maps):
    class Failing(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("calls", torch.zeros(()))

        def forward(self, maps):
            self.calls += 1
            raise RuntimeError("shapes")

    network = Failing()
    with pytest.raises(RuntimeError, match="shapes"):
        repshift.record_grams(network, maps)
    assert network.calls.item() == 0
