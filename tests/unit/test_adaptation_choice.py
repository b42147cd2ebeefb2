"""The weight of a term: which candidate is chosen, and that labels of the target have no say."""

from dataclasses import replace

import pytest
import torch

from adapted import FEW, SIX, changed, made, sample
from attribution_networks import cmd_network
from repshift import InputError
from repshift.adaptation import REPAIRS, Material
from repshift.adaptation.choice import Candidate, choose_weight, chosen
from repshift.adaptation.task import task_loss


@pytest.fixture
def material(rng):
    return Material(sample(rng), sample(rng, shift=1.0), task=SIX)


@pytest.fixture
def network(material):
    torch.manual_seed(0)
    return cmd_network(material.source.maps)


def choose(network, material, judge, weights=(0.0, 5.0, 500.0), name="mmd", **how):
    return choose_weight(network, REPAIRS[name], material, FEW, weights, judge, **how)


def test_the_best_weight_is_chosen_and_of_equals_the_lowest():
    tried = [Candidate(9.0, 0.6), Candidate(3.0, 0.6), Candidate(1.0, 0.5)]
    assert chosen(tried) == 3


def test_at_home_the_highest_weight_within_the_price_is_chosen():
    tried = [Candidate(0.0, 0.95), Candidate(5.0, 0.92), Candidate(20.0, 0.89), Candidate(50.0, 0.91)]
    assert chosen(tried, price=0.05) == 50
    assert chosen(tried[:3], price=0.05) == 5


def test_each_candidate_is_judged_as_it_would_be_made(network, material):
    judged = []
    weight, candidates = choose(network, material, lambda one: judged.append(one) or float(len(judged) == 2))
    assert weight == 5
    assert [(one.weight, one.score) for one in candidates] == [(0, 0), (5, 1), (500, 0)]
    assert not changed(judged[2], made("mmd", network, material, replace(FEW, weight=500.0)))


def test_the_choice_does_not_see_labels_of_the_target(network, material, rng):
    third = sample(rng, shift=-1.0)

    def judge(network):
        with torch.no_grad():
            return -float(task_loss(network(third.maps), third.labels, SIX))

    noise = replace(material, target=replace(material.target, labels=1 - material.target.labels))
    unlabelled = replace(material, target=material.target.unlabelled())
    assert choose(network, material, judge) == choose(network, noise, judge) == choose(network, unlabelled, judge)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"name": "source_training"}, "'source_training' has no weight to choose"),
        ({"weights": (1.0,)}, r"are \[1.0\]. Expected two or more"),
        ({"weights": (1.0, 1.0)}, "each once"),
    ],
)
def test_no_choice_is_refused(how, message, network, material):
    with pytest.raises(InputError, match=message):
        choose(network, material, lambda one: 0.0, **how)


def test_a_score_that_is_no_number_is_refused(network, material):
    with pytest.raises(InputError, match="The score of 'mmd' with weight 0 is not a number"):
        choose(network, material, lambda one: float("nan"))
