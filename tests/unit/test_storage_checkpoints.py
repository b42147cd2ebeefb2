"""Checkpoints as people have them: one state dict is found in them, and loaded as data."""

import os

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.optim.swa_utils import AveragedModel

from repshift import InputError
from repshift.storage.weights import load_weights


def network(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Linear(4, 2))


def prefixed(prefix, state):
    return {f"{prefix}{name}": tensor for name, tensor in state.items()}


def trained(made):
    """An optimiser with a state."""
    optimizer = torch.optim.AdamW(made.parameters())
    made.train()(torch.randn(3, 1, 6, 6)).sum().backward()
    optimizer.step()
    return optimizer.state_dict()


CONTAINERS = {
    "plain": lambda made: made.state_dict(),
    "state_dict": lambda made: {"epoch": 3, "state_dict": made.state_dict(), "best": 0.5},
    "torch": lambda made: {
        "epoch": 7,
        "model_state_dict": made.state_dict(),
        "optimizer_state_dict": trained(network()),
        "loss": torch.ones(()),
    },
    "lightning": lambda made: {
        "pytorch-lightning_version": "2.5.0",
        "state_dict": prefixed("model.", made.state_dict()) | {"metric.total": torch.zeros(1)},
        "optimizer_states": [trained(network())],
        "hyper_parameters": {"width": 2},
    },
    "data parallel": lambda made: nn.DataParallel(made).state_dict(),
    "compiled": lambda made: prefixed("_orig_mod.", made.state_dict()),
    "compiled in parallel": lambda made: prefixed("module._orig_mod.", made.state_dict()),
    "averaged": lambda made: AveragedModel(made).state_dict(),
    "averaged in a dictionary": lambda made: {"ema": AveragedModel(made).state_dict()},
    "half": lambda made: network_as(made, torch.float16),
    "double": lambda made: network_as(made, torch.float64),
    "deep": lambda made: {"state": {"nets": {"encoder": made.state_dict()}}},
}


def network_as(made, kind):
    return {name: one.to(kind) if one.is_floating_point() else one for name, one in made.state_dict().items()}


@pytest.mark.parametrize("kind", CONTAINERS)
@pytest.mark.parametrize("suffix", ["pt", "pth.tar", "ckpt"])
def test_the_state_dict_of_a_checkpoint_is_found(kind, suffix, tmp_path):
    made, path = network(seed=1), tmp_path / f"weights.{suffix}"
    torch.save(CONTAINERS[kind](made), path)
    loaded = network()
    load_weights(loaded, path)
    for name, tensor in made.state_dict().items():
        assert loaded.state_dict()[name].dtype == tensor.dtype
        assert torch.allclose(loaded.state_dict()[name], tensor, atol=1e-3 if kind == "half" else 1e-7)


@pytest.mark.parametrize("prefix", ["", "module.", "model."])
def test_safetensors_are_read(prefix, tmp_path):
    made = network(seed=1)
    save_file(
        {name: one.contiguous() for name, one in prefixed(prefix, made.state_dict()).items()},
        tmp_path / "w.safetensors",
    )
    loaded = network()
    load_weights(loaded, tmp_path / "w.safetensors")
    assert torch.equal(loaded[0].weight, made[0].weight)


def test_a_cut_file_of_safetensors_is_refused(tmp_path):
    path = tmp_path / "w.safetensors"
    save_file(dict(network().state_dict()), path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match="w.safetensors is not a whole file of safetensors"):
        load_weights(network(), path)


def test_two_that_fit_are_refused_with_their_places(tmp_path):
    path = tmp_path / "w.pt"
    torch.save({"model": network().state_dict(), "ema": network(1).state_dict()}, path)
    with pytest.raises(InputError, match="holds 2 state dicts that fit the network: model, ema. Save the one you mean"):
        load_weights(network(), path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"encoder": {"a": torch.ones(1)}, "decoder": {"b": torch.ones(2)}}, "'encoder' of 1 tensors, 'decoder' of 1"),
        ({"state_dict": {"0.weight": torch.ones(2, 1, 3, 3)}}, r"does not fit the network: missing \['0.bias'"),
        ({"epoch": 3, "loss": 0.5}, "expected names with tensors, found a dictionary of epoch, loss"),
        ([torch.ones(1)], "expected names with tensors, found a list"),
    ],
)
def test_what_a_file_holds_instead_is_said(content, message, tmp_path):
    torch.save(content, tmp_path / "w.pt")
    with pytest.raises(InputError, match=message):
        load_weights(network(), tmp_path / "w.pt")


def test_a_prefix_that_is_the_network_s_own_stays(tmp_path):
    made = nn.Sequential()
    made.add_module("model", network(1))
    torch.save(made.state_dict(), tmp_path / "w.pt")
    loaded = nn.Sequential()
    loaded.add_module("model", network())
    load_weights(loaded, tmp_path / "w.pt")
    assert torch.equal(loaded.model[0].weight, made.model[0].weight)


def test_doubles_too_large_for_the_network_are_refused(tmp_path):
    state = network_as(network(), torch.float64)
    state["0.bias"][0] = 1e300
    torch.save(state, tmp_path / "w.pt")
    with pytest.raises(InputError, match="'0.bias' with values that are not finite"):
        load_weights(network(), tmp_path / "w.pt")


def test_a_negative_variance_is_refused(tmp_path):
    state = network().state_dict()
    state["1.running_var"][1] = -0.5
    torch.save(state, tmp_path / "w.pt")
    with pytest.raises(InputError, match="'1.running_var' below zero, -0.5. A variance is not negative"):
        load_weights(network(), tmp_path / "w.pt")


def test_numbers_are_those_of_the_file(tmp_path):
    torch.save(network_as(network(1), torch.float16), tmp_path / "w.pt")
    loaded = network()
    load_weights(loaded, tmp_path / "w.pt")
    half = network(1)[0].weight.detach().half().float().numpy()
    assert np.array_equal(loaded[0].weight.detach().numpy(), half)


@pytest.mark.parametrize(
    "content",
    [
        lambda a, b: {**prefixed("model.", a), **prefixed("module.", b)},
        lambda a, b: {"state_dict": {**prefixed("model.", a), "n_averaged": torch.ones(()), **prefixed("module.", b)}},
        lambda a, b: {**a, **prefixed("model.", b)},
        lambda a, b: {**prefixed("model.", a), **prefixed("model.module.", b)},
    ],
)
def test_two_under_prefixes_are_refused(content, tmp_path):
    torch.save(content(network().state_dict(), network(1).state_dict()), tmp_path / "w.pt")
    with pytest.raises(InputError, match="holds 2 state dicts that fit the network"):
        load_weights(network(), tmp_path / "w.pt")


@pytest.mark.parametrize("suffix", ["pt", "safetensors"])
def test_a_pipe_is_refused(suffix, tmp_path):
    os.mkfifo(tmp_path / f"w.{suffix}")
    with pytest.raises(InputError, match="is a pipe"):
        load_weights(network(), tmp_path / f"w.{suffix}")
