"""Networks that take more than maps, layers pooled over positions, and networks recorded in the same batches."""

from collections import namedtuple

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own custom
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, default_collate

import repshift
from recorded import Lambda, Transformer, recorded
from repshift import InputError
from repshift.recording.pooling import pooled

Batch = namedtuple("Batch", ["maps", "redshift"])


@pytest.fixture
def maps(rng):
    return rng.normal(size=(12, 1, 8, 8)).astype(np.float32)


@pytest.fixture
def redshifts(rng):
    return torch.from_numpy(rng.uniform(size=(12, 1)).astype(np.float32))


@pytest.fixture
def network():
    """Two inputs: a map and its redshift."""
    torch.manual_seed(0)
    modules = {"first": nn.Linear(64, 6), "second": nn.Linear(7, 5)}
    return _Two(**modules)


class _Two(nn.Module):
    def __init__(self, **modules):
        super().__init__()
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, maps, *, redshift):
        features = F.relu(self.first(maps.flatten(1)))
        return F.relu(self.second(torch.cat([features, redshift], 1)))


FORWARDS = {
    tuple: lambda network, batch: network(batch[0], redshift=batch[1]),
    list: lambda network, batch: network(batch[0], redshift=batch[1]),
    dict: lambda network, batch: network(batch["maps"], redshift=batch["redshift"]),
    Batch: lambda network, batch: network(batch.maps, redshift=batch.redshift),
}


def loader_of(kind, maps, redshifts, *, batch_size=5):
    made = {dict: lambda one: {"maps": one[0], "redshift": one[1]}, Batch: lambda one: Batch(*one)}
    items = [made.get(kind, kind)(one) for one in zip(torch.from_numpy(maps), redshifts, strict=True)]
    return DataLoader(items, batch_size=batch_size, collate_fn=lambda batch: default_collate(batch))


@pytest.mark.parametrize("kind", FORWARDS)
def test_a_batch_of_a_loader_is_handed_on_as_it_is(kind, network, maps, redshifts):
    grams = repshift.record_grams(network, loader_of(kind, maps, redshifts), forward=FORWARDS[kind])
    first = F.relu(network.first(torch.from_numpy(maps).flatten(1)))
    second = F.relu(network.second(torch.cat([first, redshifts], 1)))
    for gram, expected in zip(grams.to_numpy(), (first, second), strict=True):
        assert gram == pytest.approx(repshift.linear_gram(expected.detach().numpy()), abs=1e-5)
    assert "the forward pass is a function of the user's own" in grams.attrs["forward_pass"]


def test_whole_numbers_of_a_batch_stay_whole():
    network = Lambda(lambda self, tokens: F.relu(self.table(tokens)), table=nn.Embedding(9, 4)).double()
    tokens = np.arange(12).reshape(6, 2) % 9
    grams = repshift.record_grams(network, tokens, forward=lambda network, batch: network(batch))
    assert grams.shape == (1, 6, 6)


def test_a_network_that_mends_its_input_leaves_the_loader_alone(network, maps, redshifts):
    def forward(network, batch):
        batch[0].mul_(2)
        return network(batch[0], redshift=batch[1])

    items = TensorDataset(torch.from_numpy(maps.copy()), redshifts)
    repshift.record_grams(network, DataLoader(items, batch_size=12), forward=forward)
    assert (items.tensors[0].numpy() == maps).all()


def test_batches_of_a_loader_are_those_of_the_minibatches(network, maps, redshifts):
    forward = FORWARDS[tuple]
    batches = repshift.record_minibatch_grams(
        network, loader_of(tuple, maps, redshifts, batch_size=4), batch_size=4, forward=forward
    )
    first = loader_of(tuple, maps[:4], redshifts[:4], batch_size=4)
    assert batches[0].to_numpy() == pytest.approx(
        repshift.record_grams(network, first, forward=forward).to_numpy(), abs=1e-5
    )
    with pytest.raises(InputError, match=r"gives batches of \[4\] maps, but batch_size is 6"):
        repshift.record_minibatch_grams(
            network, loader_of(tuple, maps, redshifts, batch_size=4), batch_size=6, forward=forward
        )


def test_a_batch_without_a_tensor_is_refused(network):
    loader = DataLoader(range(4), collate_fn=lambda batch: {"name": "none"})
    with pytest.raises(InputError, match="each needs a tensor whose first axis is the maps"):
        repshift.record_grams(network, loader, forward=lambda network, batch: network(batch))


def test_without_forward_the_sentence_says_how(network, maps):
    with pytest.raises(InputError, match="Give forward=lambda network, batch"):
        repshift.record_grams(network, maps)


@pytest.mark.parametrize(
    ("shape", "pool", "expected"),
    [
        ((3, 4), "mean", lambda output: output),
        ((3, 4), "token", lambda output: output),
        ((3,), "mean", lambda output: output),
        ((3, 5, 4), "mean", lambda output: output.mean(1)),
        ((3, 5, 4), "token", lambda output: output[:, 0]),
        ((3, 4, 6, 7), "mean", lambda output: output.mean((2, 3))),
        ((3, 4, 2, 6, 7), "mean", lambda output: output.mean((2, 3, 4))),
        ((3, 4, 6, 7), None, lambda output: output),
    ],
)
def test_positions_are_pooled_and_units_stay(shape, pool, expected):
    output = torch.arange(float(np.prod(shape))).reshape(shape)
    assert torch.allclose(pooled("relu:0", output, pool), expected(output))


@pytest.mark.parametrize(("shape", "pool"), [((3, 4, 6, 7), "token"), ((3, 1, 1, 1, 2, 2), "mean")])
def test_an_output_without_such_positions_is_refused_by_name(shape, pool):
    with pytest.raises(InputError, match=rf"Layer 'relu:0' returns shape .* which pool='{pool}' does not take"):
        pooled("relu:0", torch.zeros(shape), pool)


def test_tokens_of_a_transformer_are_pooled(maps):
    network, layers = Transformer().eval(), ["encoder.layers.0", "encoder.layers.1"]
    whole = recorded(network, maps, layers=layers)
    for pool, expected in (("mean", lambda tokens: tokens.mean(1)), ("token", lambda tokens: tokens[:, 0])):
        for name, found in recorded(network, maps, layers=layers, pool=pool).items():
            assert found == pytest.approx(expected(whole[name].reshape(12, 4, 8)), abs=1e-6)


def test_pooled_layers_of_a_rewritten_network_are_pooled(rng):
    maps = rng.normal(size=(16, 1, 256, 256)).astype(np.float32)
    network = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU()).eval()
    fast, plain = (repshift.record_grams(network, maps, pool="mean", fast=fast) for fast in (True, False))
    assert fast.attrs["forward_pass"].startswith("The fast path is used")
    assert fast.to_numpy() == pytest.approx(
        plain.to_numpy(), abs=1e-3 * plain.to_numpy().max()
    )  # means differ by 1e-3 of their size


def test_an_unknown_pool_is_refused(maps):
    with pytest.raises(InputError, match="Unknown pool 'max'. Choose None, 'mean' or 'token'"):
        repshift.record_grams(nn.ReLU(), maps, pool="max")
