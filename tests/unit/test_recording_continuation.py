"""The rest of a forward pass after a call."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from repshift.networks import CMDNetwork
from repshift.recording.continuation import continuation_of
from repshift.recording.passes import record_layers


class Skipping(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.act = nn.Linear(4, 4), nn.Linear(4, 2), nn.ReLU()

    def forward(self, maps):
        features = self.act(self.first(maps))
        return self.second(features) + maps[:, :2]


class Branching(Skipping):
    def forward(self, maps):
        return self.second(self.act(maps)) if maps.sum() > 0 else maps


@pytest.mark.parametrize("layer", ["C03", "C21", "FC1"])
def test_the_rest_of_a_pass_gives_the_outputs(layer):
    network, maps, found = CMDNetwork(1, size=16).eval(), torch.randn(3, 1, 16, 16), {}
    record_layers(
        network, maps, batch_size=3, layers=[layer], consume=lambda name, output: found.update({name: output.clone()})
    )
    rest = continuation_of(network, network.layers[layer])
    with torch.no_grad():
        assert torch.allclose(rest(found[layer]), network(maps), atol=1e-6)


def test_what_reads_the_maps_again_is_not_continued():
    assert continuation_of(Skipping(), "act:0") is None


def test_what_cannot_be_traced_is_not_continued():
    assert continuation_of(Branching(), "act:0") is None


def test_a_call_that_is_never_made_is_not_continued():
    assert continuation_of(nn.Sequential(nn.Linear(2, 2), nn.ReLU()), "1:7") is None


def test_a_function_after_the_layer_is_continued():
    class Functional(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.act = nn.Linear(4, 4), nn.ReLU()

        def forward(self, maps):
            return functional.softmax(self.act(self.first(maps)), dim=1)

    network, maps = Functional(), torch.randn(3, 4)
    with torch.no_grad():
        features = network.act(network.first(maps))
        assert torch.equal(continuation_of(network, "act:0")(features), network(maps))
