"""The plain call takes the fast path by itself, where it pays, and leaves the network what it was."""

import copy
import gc
import sys
import threading
import weakref
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

import repshift
from recorded import Lambda, settled
from repshift.networks.cmd import CMDNetwork
from repshift.recording import known as known_module
from repshift.recording.known import forget


@pytest.fixture
def maps(rng):
    return rng.normal(size=(16, 1, 32, 32)).astype(np.float32)


@pytest.fixture
def network(maps):
    torch.manual_seed(0)
    return settled(CMDNetwork(2, dropout=0.3, size=32), maps)


@pytest.fixture
def often(monkeypatch):
    """The fast path pays also for the small maps of tests."""
    monkeypatch.setattr("repshift.recording.known._FEWEST_PIXELS", 1)
    forget()


def grams_of(network, maps, **options):
    return repshift.record_minibatch_grams(network, maps, batch_size=8, **options)


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("record", [grams_of, repshift.record_grams], ids=["batches", "all"])
def test_the_plain_call_is_the_fast_call(record, network, maps):
    found, plain = record(network, maps), record(network, maps, fast=False)
    assert "The fast path is used: 10 convolutions rewritten; checked on 2 maps" in found.attrs["forward_pass"]
    assert plain.attrs["forward_pass"] == "The plain path is used: it was asked for."
    assert found["layer"].to_numpy().tolist() == plain["layer"].to_numpy().tolist()
    assert np.abs(found.to_numpy() - plain.to_numpy()).max() < 1e-5 * np.abs(plain.to_numpy()).max()
    assert (found.to_numpy() != plain.to_numpy()).any()
    assert found["relative_spread"].to_numpy() == pytest.approx(plain["relative_spread"].to_numpy(), rel=1e-4)


@pytest.mark.usefixtures("often")
def test_a_network_is_checked_once(network, maps, monkeypatch):
    checks = []
    whole = known_module.checked
    monkeypatch.setattr(known_module, "checked", lambda *given: checks.append(1) or whole(*given))
    first, again = grams_of(network, maps), grams_of(network, maps)
    assert len(checks) == 1
    assert first.identical(again)
    grams_of(copy.deepcopy(network), maps)
    assert len(checks) == 2


def train(network):
    with torch.no_grad():
        network.C02.weight.mul_(1.5)


def load(network):
    network.load_state_dict({name: value * 1.25 for name, value in network.state_dict().items()})


def data(network):
    """Old optimizers change weights in a way that torch does not count."""
    network.C02.weight.data.mul_(1.5)


def replace_layer(network):
    network.C02 = nn.Conv2d(4, 4, 3, padding=1, padding_mode="circular")


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("change", [train, load, data, replace_layer])
def test_weights_that_change_between_calls_are_never_stale(network, maps, change):
    grams_of(network, maps)
    change(network)
    found, plain = grams_of(network, maps), grams_of(network, maps, fast=False)
    assert "The fast path is used" in found.attrs["forward_pass"]
    assert np.abs(found.to_numpy() - plain.to_numpy()).max() < 1e-4 * np.abs(plain.to_numpy()).max()


class Switched(nn.Module):
    """A network whose forward pass follows a flag."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.act, self.other = nn.Conv2d(1, 3, 3), nn.Conv2d(3, 3, 3), nn.ReLU(), nn.Tanh()
        self.switched = False

    def forward(self, maps):
        features = self.act(self.first(maps))
        return self.other(self.second(features)) if self.switched else self.act(self.second(features))


@pytest.mark.usefixtures("often")
def test_a_flag_that_changes_the_layers_is_seen(maps):
    network = Switched()
    assert grams_of(network, maps)["layer"].to_numpy().tolist() == ["act:0", "act:1"]
    network.switched = True
    assert grams_of(network, maps)["layer"].to_numpy().tolist() == ["act:0", "other:0"]


@pytest.mark.usefixtures("often")
def test_attributes_that_have_no_truth_value_are_no_hindrance(maps):
    network = Switched()
    network.scales = (torch.ones(2), [torch.zeros(3)])
    first = grams_of(network, maps)
    network.scales = (torch.ones(2), [torch.zeros(3)])
    assert first.equals(grams_of(network, maps))


class Marking(nn.Module):
    """A network on which tracing would leave its marks, with children of the names that rewriting uses."""

    def __init__(self):
        super().__init__()
        self.fused, self.recorded, self.norm, self.act = (
            nn.Conv2d(1, 3, 3),
            nn.Conv2d(3, 3, 3),
            nn.BatchNorm2d(3),
            nn.ReLU(),
        )
        self.seen = []
        self.latent = None

    def forward(self, maps):
        features = self.act(self.norm(self.fused(maps)))
        self.latent = features.shape
        self.seen.append(1)
        return self.act(self.recorded(features) + torch.tensor(0.5))


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("build", ["network", Marking])
def test_the_network_is_what_it_was(build, maps, request):
    network = request.getfixturevalue(build) if isinstance(build, str) else build()
    network.train()
    next(module for module in network.modules() if isinstance(module, nn.BatchNorm2d)).eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    modes = [module.training for module in network.modules()]
    modules = dict(network.named_modules())
    names = {path: set(vars(module)) for path, module in modules.items()}
    assert "The fast path is used" in grams_of(network, maps).attrs["forward_pass"]
    grams_of(network, maps)
    assert [module.training for module in network.modules()] == modes
    assert dict(network.named_modules()) == modules
    assert {path: set(vars(module)) for path, module in modules.items()} == names
    assert list(network.state_dict()) == list(before)
    assert all((value == before[name]).all() for name, value in network.state_dict().items())
    assert all(not module._forward_hooks for module in network.modules())
    assert not hasattr(network, "seen") or all(one == 1 for one in network.seen)


class TwoActivations(nn.Module):
    """Two modules of one type, told apart by which they are."""

    def __init__(self):
        super().__init__()
        self.first, self.r1, self.second, self.r2 = nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Conv2d(3, 3, 3), nn.ReLU()

    def forward(self, maps):
        return self.r2(self.second(self.r1(self.first(maps))))


@pytest.mark.usefixtures("often")
def test_other_layers_of_a_known_network_are_other_layers(maps):
    network = TwoActivations()
    for layers, expected in (([network.r1], ["r1:0"]), ([network.r2], ["r2:0"]), (network.r1, ["r1:0"])):
        found = grams_of(network, maps, layers=layers)
        assert found["layer"].to_numpy().tolist() == expected
        assert found.to_numpy() == pytest.approx(
            grams_of(network, maps, layers=layers, fast=False).to_numpy(), rel=1e-4
        )
    for name in ("a", "b"):
        network.layers = {name: "r2:0"}
        assert grams_of(network, maps)["layer"].to_numpy().tolist() == [name]


@pytest.mark.usefixtures("often")
def test_other_maps_are_checked_anew(network, maps, monkeypatch):
    """What is returned does not follow from what was recorded before."""
    checks, whole = [], known_module.checked
    monkeypatch.setattr(known_module, "checked", lambda *given: checks.append(1) or whole(*given))
    for scale in (1, 2, 1, 2):
        grams_of(network, scale * maps)
    assert len(checks) == 2


@pytest.mark.usefixtures("often")
def test_a_network_whose_layers_are_probed_is_checked_once_too(maps, monkeypatch):
    checks, whole = [], known_module.checked
    monkeypatch.setattr(known_module, "checked", lambda *given: checks.append(1) or whole(*given))
    network = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU())
    for _ in range(3):
        grams_of(network, maps)
    assert len(checks) == 1


class Slices:
    """Maps that are read by slices alone, in one of the forms that recording takes."""

    def __init__(self, maps, form):
        self.maps, self.form = maps, form

    def __len__(self):
        return len(self.maps)

    def __getitem__(self, which):
        return self.form(self.maps[which])


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize(
    "form",
    [
        lambda maps: maps.astype(">f4"),
        lambda maps: torch.from_numpy(maps).requires_grad_(),
        lambda maps: torch.from_numpy(maps).bfloat16(),
    ],
)
def test_maps_that_are_read_by_slices_are_recorded_fast_too(network, maps, form):
    found = grams_of(network, Slices(maps, form))
    assert "The fast path is used" in found.attrs["forward_pass"]
    assert found.to_numpy() == pytest.approx(grams_of(network, Slices(maps, form), fast=False).to_numpy(), rel=1e-3)


@pytest.mark.usefixtures("often")
def test_a_known_network_is_let_go_of(maps):
    network = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU())
    grams_of(network, maps)
    gone = weakref.ref(network)
    del network
    gc.collect()
    assert gone() is None


def test_few_or_small_maps_take_the_plain_path(network, maps):
    assert "it is faster for 16 such maps" in grams_of(network, maps).attrs["forward_pass"]


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: nn.Sequential(nn.Flatten(), nn.Linear(1024, 3), nn.ReLU()), "has no convolution"),
        (lambda: Lambda(lambda m, x: torch.relu(m.conv(x)) if x.sum() > -1e9 else x, conv=nn.Conv2d(1, 3, 3)), "plain"),
    ],
)
def test_what_cannot_be_rewritten_takes_the_plain_path_and_says_why(build, words, maps):
    network = build()
    for _ in range(2):  # the second time by what is known
        found = grams_of(network, maps)
        assert words in found.attrs["forward_pass"]
        assert found.to_numpy() == pytest.approx(grams_of(network, maps, fast=False).to_numpy())


@pytest.mark.usefixtures("often")
def test_a_hook_that_is_set_later_is_heard(network, maps):
    grams_of(network, maps)
    heard = []
    network.C03.register_forward_hook(lambda *_: heard.append(1))
    assert "has a hook" in grams_of(network, maps).attrs["forward_pass"]
    assert heard


@pytest.mark.usefixtures("often")
def test_large_weights_are_folded_for_each_batch_alike(network, maps, monkeypatch):
    kept = grams_of(network, maps)
    monkeypatch.setattr("repshift.recording.convolutions._LARGE", 0)
    assert grams_of(network, maps).identical(kept)


# What was found by trying to break it.


def flagged(kind):
    """A network whose forward pass follows something that is no plain attribute."""

    class Flagged(nn.Module):
        mode = "plain"

        def __init__(self):
            super().__init__()
            self.conv, self.act, self.more = nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Tanh()
            self.cfg, self.config = {"extra": False}, SimpleNamespace(extra=False)

        def extra(self):
            return {"dict": self.cfg["extra"], "object": self.config.extra, "class": self.mode == "extra"}[kind]

        def forward(self, maps):
            features = self.act(self.conv(maps))
            return self.more(features) if self.extra() else features

    return Flagged()


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("kind", ["dict", "object", "class"])
def test_whatever_changes_the_forward_pass_is_seen(maps, kind):
    network = flagged(kind)
    for extra in (False, True, False):
        network.cfg["extra"] = network.config.extra = extra
        type(network).mode = "extra" if extra else "plain"
        names = grams_of(network, maps)["layer"].to_numpy().tolist()
        assert names == grams_of(network, maps, fast=False)["layer"].to_numpy().tolist()
        assert len(names) == 1 + extra


def assert_as_plain(network, maps, **options):
    found, plain = grams_of(network, maps, **options), grams_of(network, maps, fast=False, **options)
    assert found["layer"].to_numpy().tolist() == plain["layer"].to_numpy().tolist()
    assert np.abs(found.to_numpy() - plain.to_numpy()).max() <= 1e-5 * np.abs(plain.to_numpy()).max()
    return found.attrs["forward_pass"]


@pytest.mark.usefixtures("often")
def test_a_forward_pass_that_is_patched_takes_the_plain_path(maps, monkeypatch):
    network, factor = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU()), [1.0]
    assert "The fast path is used" in assert_as_plain(network, maps)
    whole = network[0].forward
    network[0].forward = lambda given: factor[0] * whole(given)
    for factor[0] in (1.0, 3.0):
        assert "module '0' has a forward pass of its own" in assert_as_plain(network, maps)
    del network[0].forward
    original = nn.Conv2d.forward
    monkeypatch.setattr(nn.Conv2d, "forward", lambda self, given: 2 * original(self, given))
    assert "'Conv2d.forward' is not torch's own" in assert_as_plain(network, maps)


@pytest.mark.usefixtures("often")
def test_a_hook_of_all_modules_takes_the_plain_path(maps):
    network = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU())
    handle = nn.modules.module.register_module_forward_hook(
        lambda module, _given, output: 2 * output if isinstance(module, nn.Conv2d) else None
    )
    try:
        assert "a hook of all modules" in assert_as_plain(network, maps)
    finally:
        handle.remove()


class Averaging(nn.Module):
    """A network that keeps a running mean, by assignment."""

    def __init__(self):
        super().__init__()
        self.conv, self.act = nn.Conv2d(1, 3, 3), nn.ReLU()
        self.register_buffer("mean", torch.zeros(()))

    def forward(self, maps):
        features = self.act(self.conv(maps))
        self.mean = self.mean * 0.9 + features.mean() * 0.1
        return torch.tanh(features)


class OfFour(nn.Module):
    """A network that takes multiples of four maps."""

    def __init__(self):
        super().__init__()
        self.conv, self.act = nn.Conv2d(1, 3, 3), nn.ReLU()
        self.layers = {"act": "act:0"}

    def forward(self, maps):
        features = self.act(self.conv(maps))
        return features.view(-1, 4, *features.shape[1:]).roll(1, 1).flatten(0, 1)


ODD = [
    Averaging,
    lambda: nn.Sequential(nn.Conv2d(1, 3, 3), nn.Sequential(nn.ReLU(inplace=True)), nn.Tanh()),
    lambda: nn.Sequential(nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU()), nn.Conv2d(3, 3, 3), nn.Tanh()),
]


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("build", ODD)
@pytest.mark.parametrize("layers", [None, ["*"]])
def test_odd_networks_are_recorded_as_the_plain_path_does(build, layers, maps):
    network = build()
    assert "The fast path is used" in assert_as_plain(network, maps, layers=layers)
    assert all(isinstance(value, torch.Tensor) for value in network.state_dict().values())


@pytest.mark.usefixtures("often")
def test_a_network_that_does_not_take_two_maps_takes_the_plain_path(maps):
    assert "does not run on 2 maps" in assert_as_plain(OfFour(), maps)


@pytest.mark.usefixtures("often")
def test_a_network_made_for_inference_alone_is_recorded(maps):
    with torch.inference_mode():
        network = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU())
    assert "The fast path is used" in assert_as_plain(network, maps)


@pytest.mark.usefixtures("often")
def test_the_check_draws_no_random_numbers(maps):
    network = Lambda(lambda m, x: torch.relu(torch.dropout(m.conv(x), 0.5, train=True)), conv=nn.Conv2d(1, 3, 3))
    found = []
    for fast in (True, False):
        torch.manual_seed(1)
        found.append(grams_of(network, maps, fast=fast).to_numpy())
    assert (found[0] == found[1]).all()


@pytest.mark.usefixtures("often")
def test_minus_infinity_is_nothing_after_relu(maps):
    network = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Tanh())
    with torch.no_grad():
        network[0].bias[0] = -np.inf
    assert "The fast path is used" in assert_as_plain(network, maps)


@pytest.mark.usefixtures("often")
def test_in_half_precision_the_plain_path_is_used(network, maps):
    assert "The plain path is used" in grams_of(network, maps, precision="bfloat16").attrs["forward_pass"]


@pytest.mark.usefixtures("often")
def test_other_threads_go_on_meanwhile(maps):
    """Tracing patches the call of every module, of any thread."""
    deep = nn.Sequential(*(nn.Conv2d(1, 1, 3, padding=1) for _ in range(60)), nn.ReLU())
    other, given, failed, stopped = nn.Sequential(nn.Linear(4, 4), nn.ReLU()), torch.ones(1, 4), [], threading.Event()

    def work():
        while not stopped.is_set():
            try:
                other(given)
            except NameError as error:
                failed.append(error)

    thread, before = threading.Thread(target=work), sys.getswitchinterval()
    thread.start()
    sys.setswitchinterval(1e-5)
    try:
        grams_of(deep, maps)
    finally:
        sys.setswitchinterval(before)
        stopped.set()
        thread.join()
    assert not failed
