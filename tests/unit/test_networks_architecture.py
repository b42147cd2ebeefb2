"""What a network costs: counted from its layers."""

import pytest
import torch

from repshift.networks.architecture import architecture_of
from repshift.networks.cmd import CMDNetwork


@pytest.mark.parametrize(("hidden", "size"), [(2, 16), (3, 32), (4, 64), (1, 256)])
def test_a_network_is_as_large_as_its_formula_says(hidden, size):
    network = CMDNetwork(hidden, size=size).eval()
    counted = {"units": 0, "multiplications": 0}

    def count(module, given, answer):
        if isinstance(module, torch.nn.LeakyReLU):
            counted["units"] += answer.numel()
        if isinstance(module, torch.nn.Conv2d):
            counted["multiplications"] += module.weight[0].numel() * answer.numel()
        if isinstance(module, torch.nn.Linear):
            counted["multiplications"] += module.weight.numel()

    for module in network.modules():
        module.register_forward_hook(count)
    with torch.inference_mode():
        network(torch.zeros(1, 1, size, size))
    found = architecture_of(hidden, size)
    counters = sum(name.endswith("num_batches_tracked") for name in network.state_dict())
    assert found.layers == len(network.layers)
    assert found.units == counted["units"]
    assert found.multiplications == counted["multiplications"]
    assert found.parameters == sum(value.numel() for value in network.state_dict().values()) - counters
