"""What a sample keeps of passes over its maps."""

import numpy as np
import pytest
import torch
from torch import nn

from repshift.adaptation import Material, Options, Sample, repair_of
from repshift.adaptation.barrier import repaired
from repshift.adaptation.digest import digest_of
from repshift.adaptation.insertions import insert


def small_network():
    torch.manual_seed(3)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(72, 2)).eval()


def sample_of(rng, n=6, labels=None):
    return Sample(torch.from_numpy(rng.normal(size=(n, 1, 8, 8)).astype(np.float32)), np.arange(n), labels)


def test_a_pass_is_made_once_for_copies_without_labels(rng):
    sample, made = sample_of(rng, labels=torch.zeros(6, 2)), []
    for one in (sample, sample.unlabelled(), sample):
        assert one.once("key", lambda: made.append(1) or "kept") == "kept"
    assert made == [1]


def test_other_maps_of_a_sample_share_nothing(rng):
    sample = sample_of(rng)
    sample.once("key", lambda: 1)
    assert sample.of(np.arange(2)).once("key", lambda: 2) == 2


def test_samples_of_a_domain_share_one_pass_over_it(rng):
    whole, made = sample_of(rng), []
    for places in (np.array([4, 1]), np.array([2])):
        part = Sample(whole.maps[places], places, None, (whole, places))
        (found,) = part.unlabelled().of_each_map("key", lambda maps: made.append(1) or (maps.sum((1, 2, 3)),))
        assert torch.equal(found, part.maps.sum((1, 2, 3)))
    assert made == [1]


@pytest.mark.parametrize("name", ["batch_norm", "feature_moments"])
def test_a_repair_is_the_same_from_a_pass_that_was_kept(rng, name):
    network, source, target = small_network(), sample_of(rng), sample_of(rng)
    states = [
        repaired(network, repair_of(name), Material(source, target), Options(layer="2:0")).state_dict()
        for _ in range(2)
    ]
    fresh = Material(*(Sample(one.maps, one.simulations) for one in (source, target)))
    states.append(repaired(network, repair_of(name), fresh, Options(layer="2:0")).state_dict())
    assert all(torch.equal(states[0][key], other[key]) for other in states[1:] for key in states[0])


def test_another_network_makes_a_pass_of_its_own(rng):
    network, other, target = small_network(), small_network(), sample_of(rng)
    with torch.no_grad():
        other[0].weight.mul_(2)
    first, second = (
        repaired(one, repair_of("batch_norm"), Material(target=target), Options())[1].running_var
        for one in (network, other)
    )
    assert not torch.equal(first, second)


def test_digests_tell_weights_and_insertions_apart():
    network, same, moved = small_network(), small_network(), small_network()
    assert digest_of(network) == digest_of(same)
    insert(moved, "outputs", torch.ones(2), torch.zeros(2))
    with torch.no_grad():
        same[0].weight[0, 0, 0, 0] += 1
    assert len({digest_of(one) for one in (network, same, moved)}) == 3


def test_digests_tell_networks_of_the_same_tensors_apart():
    softened = nn.Sequential(*small_network(), nn.Softmax(dim=1))
    others = [nn.Sequential(*small_network(), nn.Softmax(dim=0)), nn.Sequential(*small_network(), nn.Sigmoid())]
    assert len({digest_of(one) for one in (softened, small_network(), *others)}) == 4
