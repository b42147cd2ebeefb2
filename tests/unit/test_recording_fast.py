"""The fast path gives the layers and the CKA of the plain one, and is left where it cannot."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own custom
from torch import nn

import repshift
from recorded import Lambda, Residual, Transformer, recorded, settled
from repshift import InputError
from repshift.networks.cmd import CMDNetwork
from repshift.recording.fast import accelerate
from repshift.recording.passes import features_of, record_layers, run_network


@pytest.fixture
def maps(rng):
    return rng.normal(size=(16, 1, 32, 32)).astype(np.float32)


@pytest.fixture
def network(maps):
    torch.manual_seed(0)
    return settled(CMDNetwork(2, dropout=0.3, size=32), maps)


@pytest.fixture
def residual(maps):
    torch.manual_seed(0)
    return settled(Residual(), maps)


def minibatch_cka(network, maps, batch_size=8, **options):
    return repshift.minibatch_cka_matrix(
        repshift.record_minibatch_grams(network, maps, batch_size=batch_size, **options).to_numpy()
    )


def exact_cka(network, maps, batch_size=8):
    """Run the same network in double precision, products too."""
    layers = {}
    maps = torch.as_tensor(maps).double()

    def collect(name, output):
        layers.setdefault(name, []).append(repshift.linear_gram(output.flatten(1)))

    record_layers(network.double(), maps, batch_size=batch_size, consume=collect)
    network.float()
    return repshift.minibatch_cka_matrix(np.stack(list(layers.values()), axis=1))


@pytest.mark.parametrize("build", ["network", "residual"])
def test_fast_and_plain_agree_layer_by_layer(build, maps, request):
    network = request.getfixturevalue(build)
    fast = accelerate(network, maps[:2])
    plain, found = recorded(network, maps), recorded(fast.network, maps)
    assert list(found) == list(plain)
    assert fast.fused == {"network": 10, "residual": 5}[build]
    for name, expected in plain.items():
        assert np.abs(found[name] - expected).max() <= 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize("build", ["network", "residual"])
def test_fast_and_plain_cka_are_within_2e_6_of_double_precision(build, maps, request):
    network = request.getfixturevalue(build)
    fast = accelerate(network, maps[:2]).network
    exact = exact_cka(network, maps)
    assert np.abs(minibatch_cka(network, maps) - exact).max() < 2e-6
    assert np.abs(minibatch_cka(fast, maps) - exact).max() < 2e-6


@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
def test_an_offset_of_1000_leaves_cka_within_2e_6(memory, rng):
    base = torch.from_numpy(rng.normal(size=(3, 16, 8, 16, 16)))
    outputs = [(base[0] + mixed + 1000).float().contiguous(memory_format=memory) for mixed in base]
    exact = np.stack([repshift.linear_gram(output.double()) for output in outputs])
    grams = np.stack([repshift.linear_gram(features_of(output)) for output in outputs])
    difference = repshift.cka_matrix(grams, estimator="debiased") - repshift.cka_matrix(exact, estimator="debiased")
    assert np.abs(difference).max() < 2e-6


def test_layers_with_an_offset_of_1000_are_exact_on_both_paths(maps):
    torch.manual_seed(0)
    shift = Lambda(lambda self, features: features + 1000)
    network = settled(nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.LeakyReLU(), shift, nn.ReLU()), maps)
    fast = accelerate(network, maps[:2], layers=["2", "3", "4"])
    assert fast.fused == 1
    plain = minibatch_cka(network, maps, layers=["2", "3", "4"])
    assert np.abs(plain - 1).max() < 2e-6
    assert np.abs(minibatch_cka(fast.network, maps) - plain).max() < 2e-6


def test_channels_last_features_are_a_view():
    output = torch.rand(4, 3, 5, 6).contiguous(memory_format=torch.channels_last)
    features = features_of(output)
    assert features.shape == (4, 90)
    assert features.data_ptr() == output.data_ptr()
    assert np.array_equal(np.sort(features), np.sort(output.flatten(1)))


def test_the_answers_are_those_of_the_network(network, maps):
    fast = accelerate(network, maps[:2]).network
    expected = run_network(network, maps, batch_size=8)
    assert torch.allclose(run_network(fast, maps, batch_size=8), expected, rtol=1e-3, atol=1e-3)


def test_batches_of_any_size_share_the_workspace(network, maps):
    fast = accelerate(network, maps[:2]).network
    whole = run_network(fast, maps, batch_size=16)
    assert torch.allclose(run_network(fast, maps, batch_size=3), whole, rtol=1e-3, atol=1e-3)
    assert torch.equal(run_network(fast, maps, batch_size=16), whole)


def test_the_network_given_is_left_as_it_was(network, maps):
    state = {name: value.clone() for name, value in network.state_dict().items()}
    before = repshift.record_grams(network, maps)
    accelerate(network.train(), maps[:2])
    assert network.training
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())
    assert repshift.record_grams(network, maps).identical(before)


def test_dropout_kept_on_draws_the_same(network, maps):
    fast = accelerate(network, maps[:2]).network
    plain, found = (run_network(each, maps, batch_size=16, dropout_seed=1) for each in (network, fast))
    assert torch.allclose(found, plain, rtol=1e-3, atol=1e-3)
    assert not torch.allclose(found, run_network(fast, maps, batch_size=16), rtol=1e-2)


def test_a_convolution_that_is_a_layer_keeps_its_own_output(network, maps):
    layers = ["C1?", "C11:0", "B12", "FC2"]
    fast = accelerate(network, maps[:2], layers=layers)
    assert "fast path" in fast.note
    plain, found = recorded(network, maps, layers=layers), recorded(fast.network, maps)
    assert list(found) == list(plain)
    for name, expected in plain.items():
        assert np.abs(found[name] - expected).max() <= 1e-5 * np.abs(expected).max()


def test_what_was_fused_away_is_no_layer_of_the_fast_network(network, maps):
    fast = accelerate(network, maps[:2]).network
    with pytest.raises(InputError, match="no layer"):
        repshift.record_grams(fast, maps, layers=["B11"])


@pytest.mark.parametrize(
    "activation",
    [
        nn.ReLU(),
        nn.LeakyReLU(0.3, inplace=True),
        Lambda(lambda self, features: F.leaky_relu(features, 0.1)),
        Lambda(lambda self, features: F.leaky_relu(features, negative_slope=0.1, inplace=True)),
        Lambda(lambda self, features: F.leaky_relu_(features)),
        Lambda(lambda self, features: features.relu_()),
        nn.GELU(),
        nn.PReLU(4),
    ],
)
@pytest.mark.parametrize(
    "options",
    [{"padding": 1}, {"padding": (2, 1), "padding_mode": "circular"}, {"padding": "same"}, {"stride": 2, "groups": 2}],
)
def test_every_activation_and_padding_is_the_same(activation, options, maps):
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 2, 1), nn.Conv2d(2, 4, 3, bias=False, **options), nn.BatchNorm2d(4), activation, nn.AvgPool2d(2)
    )
    settled(network, maps)
    fast = accelerate(network, maps[:2])
    assert "fast path" in fast.note
    for (name, expected), output in zip(
        recorded(network, maps).items(), recorded(fast.network, maps).values(), strict=True
    ):
        assert np.abs(output - expected).max() <= 1e-5 * np.abs(expected).max(), name


def test_what_others_use_is_not_fused_away(maps):
    def forward(self, features):
        convolved = self.conv(features)
        normed = self.norm(convolved)
        return torch.relu(normed) + normed + convolved

    network = settled(Lambda(forward, conv=nn.Conv2d(1, 3, 3), norm=nn.BatchNorm2d(3)), maps)
    fast = accelerate(network, maps[:2])
    assert torch.allclose(fast.network(torch.from_numpy(maps)), network(torch.from_numpy(maps)), atol=1e-5)


def test_a_convolution_used_twice_is_rewritten_twice(maps):
    network = Lambda(
        lambda self, features: self.conv(
            torch.relu(self.second(self.conv(torch.relu(self.first(self.conv(features))))))
        ),
        conv=nn.Conv2d(1, 1, 3),
        first=nn.BatchNorm2d(1),
        second=nn.BatchNorm2d(1),
    )
    settled(network, maps)
    fast = accelerate(network, maps[:2])
    assert fast.fused == 3
    assert list(recorded(fast.network, maps)) == [":relu:0", ":relu:1"]
    assert torch.allclose(fast.network(torch.from_numpy(maps)), network(torch.from_numpy(maps)), atol=1e-5)


def test_a_batch_norm_without_running_statistics_stays(maps):
    network = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3, track_running_stats=False), nn.ReLU())
    fast = accelerate(network, maps[:2])
    assert fast.fused == 1
    assert np.abs(recorded(fast.network, maps)["2:0"]).sum() == pytest.approx(
        np.abs(recorded(network, maps)["2:0"]).sum(), rel=1e-5
    )


def test_a_change_in_place_stays_after_a_convolution(maps):
    torch.manual_seed(0)
    network = Lambda(
        lambda self, features: late(self, features),
        first=nn.Conv2d(1, 4, 3, padding=1),
        second=nn.Conv2d(4, 4, 3, padding=1),
        norm=nn.BatchNorm2d(4),
    )
    settled(network, 100 * maps)
    fast = accelerate(network, 0.1 * maps[:2])
    assert fast.fused == 2
    assert list(recorded(fast.network, maps)) == list(recorded(network, maps)) == [":sigmoid:0", ":relu:0"]
    expected = network(torch.from_numpy(100 * maps))
    assert torch.allclose(fast.network(torch.from_numpy(100 * maps)), expected, rtol=1e-4, atol=1e-3)


def late(network, features):
    """Convolve, then clamp in place what was convolved, then go on with the convolution."""
    features = network.first(features)
    convolved = network.second(features)
    features = torch.sigmoid(features.clamp_(max=1.0))
    return torch.relu(network.norm(convolved)) + features


@pytest.mark.parametrize(("place", "named"), [("", "the network has a hook"), ("0", "module '0' has a hook")])
@pytest.mark.parametrize("kind", ["register_forward_hook", "register_forward_pre_hook"])
def test_a_network_with_a_hook_is_given_back(place, named, kind, maps):
    network = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU())
    hook = getattr(network.get_submodule(place), kind)(lambda *given: None)
    accelerated = accelerate(network, maps[:2])
    assert accelerated.network is network
    assert named in accelerated.note
    hook.remove()
    assert accelerate(network, maps[:2]).fused == 1


def test_hooks_of_the_backward_pass_are_not_copied(maps):
    network = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU())
    network[0].register_full_backward_hook(lambda *given: None)
    fast = accelerate(network, maps[:2])
    assert fast.fused == 1
    assert not any(module._backward_hooks for module in fast.network.modules())


def test_nothing_is_printed_where_the_copy_fails(maps, capfd):
    def forward(self, maps):
        return self.conv(maps).relu().view(maps.shape[0], -1)

    accelerated = accelerate(Lambda(forward, conv=nn.Conv2d(1, 3, 3)), maps[:2])
    assert "view size is not compatible" in accelerated.note
    assert capfd.readouterr().err == ""


def test_the_check_sees_maps_that_are_equal(maps, monkeypatch):
    monkeypatch.setattr(
        "repshift.recording.convolutions.fuse_conv_bn_weights", lambda weight, bias, *_norm: (weight, bias)
    )
    network = settled(nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU()), maps)
    equal = np.repeat(maps[:1], 2, axis=0)
    assert "The plain path is used: layer '2:0' differs" in accelerate(network, equal).note


def test_padding_wider_than_the_map_is_refused_on_both_paths(maps):
    network = nn.Sequential(nn.Conv2d(1, 3, 7, padding=3, padding_mode="circular"), nn.ReLU())
    fast = accelerate(network, maps[:2]).network
    for tested in (network, fast):
        with pytest.raises(RuntimeError, match="wrapping around more than once"):
            tested(torch.from_numpy(maps[:, :, :2, :2].copy()))


@pytest.mark.parametrize("kernel", [1, 3])
def test_either_path_is_recorded_with_the_layers_that_come_back(kernel, maps):
    slow = nn.Sequential(nn.Conv2d(1, 2, kernel), nn.ReLU(), nn.MaxPool2d(2), nn.Tanh())
    if kernel == 1:
        slow[0].padding_mode = "reflect"
    accelerated = accelerate(slow, maps[:2], layers=["1", nn.Tanh])
    assert bool(accelerated.fused) == (kernel == 3)
    found = repshift.record_grams(accelerated.network, maps, layers=accelerated.layers)
    assert found.layer.values.tolist() == ["1", "3:0"]


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        (Lambda(lambda self, maps: self.relu(maps) if maps.sum() > 0 else maps.relu(), relu=nn.ReLU()), "TraceError"),
        (nn.Sequential(nn.Flatten(), nn.Linear(1024, 3), nn.ReLU()), "no convolution that can be rewritten"),
        (
            Lambda(lambda self, maps: self.conv(maps).relu().view(len(maps), -1), conv=nn.Conv2d(1, 3, 3)),
            "RuntimeError",
        ),
        (
            Lambda(lambda self, maps: self.conv(maps).relu().view(maps.shape[0], -1), conv=nn.Conv2d(1, 3, 3)),
            "view size is not compatible",
        ),
    ],
)
def test_a_network_that_does_not_allow_it_is_given_back(network, reason, maps):
    accelerated = accelerate(network, abs(maps[:2]))
    assert accelerated.network is network
    assert accelerated.note.startswith("The plain path is used: ")
    assert reason in accelerated.note
    assert accelerated.fused == 0


def test_layers_that_tracing_does_not_enter_stay_plain(rng):
    maps = rng.normal(size=(4, 1, 8, 8)).astype(np.float32)
    accelerated = accelerate(Transformer(), maps)
    assert "layers ['encoder.layers.0:gelu:0', 'encoder.layers.1:gelu:0'] lie within" in accelerated.note


def test_a_network_that_rewriting_changes_is_given_back(maps):
    class Fickle(nn.Module):
        """Answers otherwise under tracing."""

        def forward(self, features):
            return features if isinstance(features, torch.fx.Proxy) else 2 * features

    network = nn.Sequential(nn.Conv2d(1, 3, 3), Fickle(), nn.ReLU())
    accelerated = accelerate(network, maps[:2])
    assert accelerated.network is network
    assert "layer '2:0' differs by 5.0e-01, more than 1e-04" in accelerated.note


def test_a_constant_layer_is_no_difference(maps):
    network = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU())
    nn.init.zeros_(network[0].weight)
    assert accelerate(network, maps[:2]).difference == 0


def test_one_map_is_too_few_for_the_check(network, maps):
    with pytest.raises(InputError, match="1 maps to check the fast path on"):
        accelerate(network, maps[:1])


def test_a_fast_network_runs_in_bfloat16(network, maps):
    fast = accelerate(network, maps[:2]).network
    plain, found = (minibatch_cka(each, maps, precision="bfloat16") for each in (network, fast))
    assert np.abs(plain - found).max() < 0.02
