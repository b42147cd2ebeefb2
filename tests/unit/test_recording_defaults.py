"""Which layers are recorded where nothing is said, and how some are left out."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, prune, weight_norm

import repshift
from recorded import Lambda, recorded
from repshift import InputError


@pytest.fixture
def vectors(rng):
    return rng.normal(size=(6, 4)).astype(np.float32)


@pytest.fixture
def maps(rng):
    return rng.normal(size=(6, 1, 8, 8)).astype(np.float32)


class QuickGelu(nn.Module):
    """The activation of CLIP."""

    def forward(self, features):
        return features * torch.sigmoid(1.702 * features)


class TanhGelu(nn.Module):
    """The activation of GPT-2."""

    def forward(self, features):
        return 0.5 * features * (1.0 + torch.tanh(0.79788 * (features + 0.044715 * features**3)))


class ErfGelu(nn.Module):
    """A GELU as the error function writes it."""

    def forward(self, features):
        return features * 0.5 * (1.0 + torch.erf(features / 2**0.5))


class MethodSilu(nn.Module):
    """A SiLU written with the method of a tensor."""

    def forward(self, features):
        return features.sigmoid() * features


class OwnGelu(nn.GELU):
    """An activation of a known type, written otherwise."""

    def forward(self, features):
        return features * torch.sigmoid(1.702 * features)


@pytest.mark.parametrize("activation", [QuickGelu(), TanhGelu(), ErfGelu(), MethodSilu(), OwnGelu()])
def test_an_activation_is_its_module_not_its_gate(activation, vectors):
    network = nn.Sequential(nn.Linear(4, 5), activation, nn.Linear(5, 3), nn.ReLU()).eval()
    found = recorded(network, vectors)
    assert list(found) == ["1:0", "3:0"]
    expected = activation(network[0](torch.from_numpy(vectors)))
    assert found["1:0"] == pytest.approx(expected.detach().numpy(), abs=1e-6)


def test_a_shared_activation_is_a_layer_each_time(vectors):
    network = Lambda(
        lambda self, maps: self.act(self.second(self.act(self.first(maps)))),
        first=nn.Linear(4, 5),
        second=nn.Linear(5, 3),
        act=QuickGelu(),
    )
    assert list(recorded(network, vectors)) == ["act:0", "act:1"]


def test_names_found_by_default_may_be_asked_for(vectors):
    network = nn.Sequential(nn.Linear(4, 5), QuickGelu(), nn.Linear(5, 3), ErfGelu())
    names = list(recorded(network, vectors))
    assert list(recorded(network, vectors, layers=names)) == names
    assert list(recorded(network, vectors, layers=["*:sigmoid:*"])) == ["1:sigmoid:0"]


def test_functions_of_the_network_itself_stay_layers(vectors):
    network = Lambda(lambda self, maps: torch.sigmoid(self.first(maps)) * maps, first=nn.Linear(4, 4))
    assert list(recorded(network, vectors)) == [":sigmoid:0"]


class Windowed(nn.Module):
    """Attention with a bias of positions, computed from a table, as Swin v2 has it."""

    def __init__(self):
        super().__init__()
        self.bias_mlp = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 4))
        self.register_buffer("table", torch.arange(32.0).reshape(16, 2))
        self.mix, self.act = nn.Linear(4, 4), nn.GELU()

    def forward(self, tokens):
        return self.act(self.mix(tokens + torch.sigmoid(self.bias_mlp(self.table))[:4].mean(0)))


class Unfolded(nn.Module):
    """Patches of all maps on one axis, as MobileViT and MaxViT attend to them."""

    def __init__(self):
        super().__init__()
        self.inner, self.act, self.last = nn.Linear(16, 16), nn.SiLU(), nn.ReLU()

    def forward(self, maps):
        patches = maps.unfold(2, 4, 4).unfold(3, 4, 4).reshape(-1, 16)
        return self.last(self.act(self.inner(patches)).reshape(len(maps), -1))


@pytest.mark.parametrize(
    ("network", "kept", "left_out"),
    [(Windowed(), ["act:0"], r"\['bias_mlp.1:0', ':sigmoid:0'\]"), (Unfolded(), ["last:0"], r"\['act:0'\]")],
)
def test_a_side_branch_is_left_out_and_said(network, kept, left_out, maps, vectors):
    given = vectors if isinstance(network, Windowed) else maps
    with pytest.warns(UserWarning, match="are left out: what they return is no representation"):
        assert list(recorded(network, given)) == kept


@pytest.mark.parametrize("n_maps", [2, 3, 4, 16])
def test_a_branch_as_long_as_the_batch_is_left_out(n_maps, rng):
    vectors = rng.normal(size=(16, 4)).astype(np.float32)
    with pytest.warns(UserWarning, match="left out"):
        assert list(recorded(Windowed(), vectors, batch_size=n_maps)) == ["act:0"]


def test_a_side_branch_that_is_named_is_refused(vectors):
    with pytest.raises(InputError, match=r"'bias_mlp.1' returns shape \(16, 8\) .*Leave it out, as \"!bias_mlp.1\""):
        recorded(Windowed(), vectors, layers=["bias_mlp.1"])


@pytest.mark.parametrize(
    ("layers", "kept"),
    [
        (["!bias_mlp.*", "!:sigmoid:*"], ["act:0"]),
        (["*", "!bias_mlp*", "!mix"], ["act:0"]),
        ([nn.GELU, "!act"], None),
    ],
)
def test_layers_are_left_out_by_pattern(layers, kept, vectors):
    if kept is None:
        with pytest.raises(InputError, match="made no call that fits"):
            recorded(Windowed(), vectors, layers=layers)
    else:
        assert list(recorded(Windowed(), vectors, layers=layers)) == kept


def test_names_of_a_convention_are_left_out(vectors):
    network = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3), nn.ReLU())
    network.layers = {"first": "1:0", "second": "3:0"}
    assert list(recorded(network, vectors, layers=["!second"])) == ["first"]


@pytest.mark.parametrize(
    "change",
    [
        lambda module: prune.l1_unstructured(module, "weight", amount=0.3),
        lambda module: prune.random_structured(module, "weight", amount=1, dim=0),
        pytest.param(weight_norm, marks=pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")),
        torch.nn.utils.spectral_norm,
        parametrizations.weight_norm,
        parametrizations.spectral_norm,
        parametrizations.orthogonal,
    ],
)
@pytest.mark.parametrize("layers", [[nn.Conv2d], ["?"], ["*"], None])
def test_changed_parameters_are_no_reason_to_refuse(change, layers, maps):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.ReLU())
    change(network[0])
    network.eval()
    found = recorded(network, maps, layers=layers)
    expected = {"[<class": ["0:0", "2:0"], "['?']": ["0:0", "1:0", "2:0", "3:0"], "None": ["1:0", "3:0"]}
    wanted = next((names for key, names in expected.items() if str(layers).startswith(key)), expected["['?']"])
    assert list(found) == wanted


def test_one_module_is_a_layer(vectors):
    network = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3))
    assert list(recorded(network, vectors, layers=[network[1]])) == ["1:0"]
    assert list(recorded(network, vectors, layers=network[2])) == ["2:0"]
    assert list(recorded(network, vectors, layers=[network])) == [":0"]
    with pytest.raises(InputError, match="does not hold the module ReLU"):
        recorded(network, vectors, layers=[nn.ReLU()])


def test_an_alias_of_a_shared_module_is_a_name(vectors):
    activation = nn.ReLU()
    network = Lambda(
        lambda self, maps: self.b(self.last(self.a(self.first(maps)))),
        first=nn.Linear(4, 5),
        last=nn.Linear(5, 3),
        a=activation,
        b=activation,
    )
    found = recorded(network, vectors, layers=["b:1"])
    assert list(found) == ["b:1"]
    assert found["b:1"].shape == (6, 3)
    with pytest.raises(InputError, match="Layers 'a' and 'b' are the same call"):
        recorded(network, vectors, layers=["a", "b"])


@pytest.mark.parametrize("layers", [[3], [None], [("a", "b")]])
def test_what_is_no_rule_is_refused(layers, vectors):
    with pytest.raises(InputError, match="A layer is a name, a pattern, a type of module or a module"):
        recorded(nn.Sequential(nn.ReLU()), vectors, layers=layers)


def test_left_out_layers_are_in_no_result(vectors):
    with pytest.warns(UserWarning, match="left out"):
        grams = repshift.record_grams(Windowed(), vectors)
    assert grams["layer"].values.tolist() == ["act:0"]


@pytest.mark.parametrize(
    ("layers", "message"), [(["!*"], "leave out all 2"), (["!typo"], "Nothing of the network fits '!typo'")]
)
def test_leaving_out_all_or_nothing_is_refused(layers, message, vectors):
    network = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3), nn.ReLU())
    network.layers = {"first": "1:0", "second": "3:0"}
    with pytest.raises(InputError, match=message):
        recorded(network, vectors, layers=layers)


def test_a_convention_is_left_out_by_call(vectors):
    network = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3), nn.ReLU())
    network.layers = {"first": "1:0", "second": "3:0"}
    assert list(recorded(network, vectors, layers=["!1:0"])) == ["second"]
    assert list(recorded(network, vectors, layers=["!1"])) == ["second"]


def test_a_parametrisation_is_no_activation(vectors, recwarn):
    network = nn.Sequential(nn.Linear(4, 5), nn.ReLU())
    torch.nn.utils.parametrize.register_parametrization(network[0], "weight", nn.Softplus())
    torch.nn.utils.parametrize.register_parametrization(network[0], "bias", QuickGelu())
    assert list(recorded(network, vectors)) == ["1:0"]
    assert not [one for one in recwarn if "left out" in str(one.message)]


def test_a_module_is_a_layer_in_double(vectors):
    network = nn.Sequential(nn.Linear(4, 5), nn.ReLU())
    assert list(recorded(network, vectors, layers=[network[1]], precision="float64")) == ["1:0"]
