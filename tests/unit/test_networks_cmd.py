"""CMD's network: its keys, its shapes, and an independent writing of it."""

import pytest
import torch
from torch import nn
from torch.nn.functional import batch_norm, conv2d, leaky_relu, linear, pad

from repshift import InputError
from repshift.networks.cmd import CMDNetwork

CMD_KEYS = {
    *(f"C{block}{index}.{part}" for block in range(6) for index in (1, 2, 3) for part in ("weight", "bias")),
    *("C61.weight", "C61.bias", "FC1.weight", "FC1.bias", "FC2.weight", "FC2.bias"),
    *(
        f"{norm}.{part}"
        for norm in ["B61", *(f"B{block}{index}" for block in range(6) for index in (1, 2, 3))]
        for part in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    ),
}


def plain_forward(state, maps):
    """Write the six-block network out in functions, from its description alone, block by block."""

    def convolve(name, features, *, stride=1, padding=0):
        features = pad(features, (padding,) * 4, mode="circular") if padding else features
        return conv2d(features, state[f"{name}.weight"], state[f"{name}.bias"], stride=stride)

    def normalise(name, features):
        names = ("running_mean", "running_var", "weight", "bias")
        return batch_norm(features, *(state[f"{name}.{part}"] for part in names))

    features = leaky_relu(convolve("C01", maps, padding=1), 0.2)
    features = leaky_relu(normalise("B02", convolve("C02", features, padding=1)), 0.2)
    features = leaky_relu(normalise("B03", convolve("C03", features, stride=2)), 0.2)
    for block in range(1, 6):
        features = leaky_relu(normalise(f"B{block}1", convolve(f"C{block}1", features, padding=1)), 0.2)
        features = leaky_relu(normalise(f"B{block}2", convolve(f"C{block}2", features, padding=1)), 0.2)
        features = leaky_relu(normalise(f"B{block}3", convolve(f"C{block}3", features, stride=2)), 0.2)
    features = leaky_relu(normalise("B61", convolve("C61", features)), 0.2).flatten(1)
    features = leaky_relu(linear(features, state["FC1.weight"], state["FC1.bias"]), 0.2)
    answer = linear(features, state["FC2.weight"], state["FC2.bias"])
    return torch.cat((answer[:, :6], answer[:, 6:] ** 2), dim=1)


@pytest.fixture
def network():
    """A six-block network in evaluation mode whose batch norms all do something."""
    torch.manual_seed(3)
    network = CMDNetwork(2).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.running_mean, module.weight.data, module.bias.data):
                tensor.copy_(torch.randn_like(tensor))
            module.running_var.copy_(1 + torch.rand_like(module.running_var))
    return network


def test_keys_are_those_of_cmd(network):
    assert set(network.state_dict()) == CMD_KEYS


def test_channels_are_those_of_cmd():
    state = CMDNetwork(3).state_dict()
    assert [len(state[f"C{block}1.weight"]) for block in range(7)] == [6, 12, 24, 48, 96, 192, 384]
    assert state["FC1.weight"].shape == (192, 384)
    assert state["FC2.weight"].shape == (12, 192)


def test_output_equals_an_independent_writing(network):
    maps = torch.randn(2, 1, 256, 256, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        answer, expected = network(maps), plain_forward(network.state_dict(), maps)
    assert torch.allclose(answer, expected, rtol=1e-6, atol=1e-6 * float(expected.abs().max()))


def test_the_first_batch_norm_is_never_used(network):
    maps = torch.randn(2, 1, 256, 256, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        before = network(maps)
        network.B01.bias.fill_(torch.nan)
        assert torch.equal(network(maps), before)


@pytest.mark.parametrize(("size", "layers"), [(16, 8), (32, 11), (64, 14), (256, 20)])
def test_blocks_follow_from_the_size_of_the_map(size, layers):
    network = CMDNetwork(1, size=size)
    assert len(network.layers) == layers
    assert network(torch.randn(2, 1, size, size)).shape == (2, 12)


def test_standard_deviations_are_not_negative(network):
    with torch.inference_mode():
        assert (network(torch.randn(3, 1, 256, 256))[:, 6:] >= 0).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hidden": 0}, "at least one hidden unit"),
        ({"hidden": 2, "dropout": 1.0}, "Dropout is 1.0"),
        ({"hidden": 2, "size": 48}, "Maps of 48 pixels do not fit"),
        ({"hidden": 2, "size": 8}, "Maps of 8 pixels do not fit"),
    ],
)
def test_an_impossible_network_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        CMDNetwork(**arguments)
