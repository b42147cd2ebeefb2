"""Which outputs are attributed, what is made of them, and which baselines and fills stand for maps."""

import numpy as np
import pytest
import torch

from repshift import InputError
from repshift.attribution import METHODS, Options, method_of
from repshift.attribution.fills import BLUR, FILLS, filled
from repshift.attribution.output_choice import chosen_outputs
from repshift.networks.classes import Classes
from repshift.perturbation.beam import beamed

NAMES = ("Omega_m", "sigma_8", "A_SN1")
KINDS = Classes(("spiral", "elliptical", "merger"))
TWO = Classes(("no", "yes"))


@pytest.fixture
def answers(rng):
    return torch.from_numpy(rng.uniform(0.1, 1, size=(4, 6)))


@pytest.mark.parametrize(
    ("asked", "names", "places"),
    [
        (None, ("Omega_m", "sigma_8"), (0, 1)),
        (["sigma_8"], ("sigma_8",), (1,)),
        (["A_SN1_std", 0], ("A_SN1_std", "Omega_m"), (5, 0)),
        ([4], ("sigma_8_std",), (4,)),
    ],
)
def test_parameters_are_chosen_by_name_or_place(asked, names, places):
    found = chosen_outputs(6, asked, NAMES)
    assert (found.names, found.places) == (names, places)


def test_answers_without_names_are_taken_as_they_are(answers):
    found = chosen_outputs(6, [3, 0])
    assert found.names == ("3", "0")
    assert torch.equal(found.values(answers), answers[:, [3, 0]])
    assert chosen_outputs(1, None).names == ("0",)


def test_a_standard_deviation_is_taken_by_its_root(answers):
    found = chosen_outputs(6, ["Omega_m", "Omega_m_std"], NAMES).values(answers)
    assert torch.equal(found, torch.stack([answers[:, 0], answers[:, 3].sqrt()], 1))


def test_a_root_has_a_gradient_wherever_it_is(answers):
    answers[0, 3] = 0
    leaf = answers.requires_grad_(True)
    chosen_outputs(6, ["Omega_m_std"], NAMES).values(leaf).sum().backward()
    assert leaf.grad[0, 3] == 0
    assert leaf.grad[1, 3] == pytest.approx(0.5 / answers[1, 3].sqrt().item())


def test_a_class_is_taken_by_its_log_odds(answers):
    logits = answers[:, :3]
    share = logits.softmax(1)
    torch.testing.assert_close(chosen_outputs(3, None, classes=KINDS).values(logits), (share / (1 - share)).log())


def test_probabilities_give_the_log_odds_of_their_logits(answers):
    logits, of_logits = answers[:, :3], chosen_outputs(3, ["merger"], classes=KINDS)
    of_shares = chosen_outputs(3, ["merger"], classes=Classes(KINDS.names, "probabilities"))
    torch.testing.assert_close(of_shares.values(logits.softmax(1)), of_logits.values(logits))


def test_of_two_classes_the_second_is_the_default(answers):
    found = chosen_outputs(1, None, classes=TWO)
    assert found.names == ("yes",)
    torch.testing.assert_close(found.values(answers[:, :1]), answers[:, :1])
    assert chosen_outputs(2, ["no"], classes=TWO).values(answers[:, :2])[0, 0] == answers[0, 0] - answers[0, 1]


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"asked": ["h"], "names": NAMES}, "There is no output 'h'. There are Omega_m, sigma_8, A_SN1, Omega_m_std"),
        ({"asked": [6]}, "There is no output '6'. There are 0, 1, 2, 3, 4, 5, by name or from 0 up"),
        ({"asked": [-1]}, "There is no output '-1'"),
        ({"asked": ["sigma_8", 1], "names": NAMES}, "Output '1' is asked for twice"),
        ({"asked": []}, "No output is asked for"),
        ({"asked": None, "names": NAMES[:2]}, "returns 6 numbers a map, which fit no 2 parameters"),
        ({"asked": None, "classes": KINDS}, "returns 6 numbers a map, which fit no 3 classes"),
        ({"asked": ["star"], "classes": Classes(tuple("abcdef"))}, "There is no output 'star'. There are a, b"),
    ],
)
def test_outputs_that_are_not_there_are_refused(how, message):
    with pytest.raises(InputError, match=message):
        chosen_outputs(6, **how)


def test_a_network_without_the_output_is_refused():
    found = chosen_outputs(6, ["sigma_8", "A_SN1_std"], NAMES)
    with pytest.raises(InputError, match="returns 2 numbers a map: there is no output A_SN1_std"):
        found.require_fitting(2)
    chosen_outputs(1, None, classes=TWO).require_fitting(1)


def test_the_mean_is_nought_and_the_blur_a_beam(rng):
    maps = rng.normal(size=(3, 2, 16, 12)).astype(np.float32)
    assert not filled("mean", maps).any()
    for is_periodic in (True, False):
        found = filled("blur", maps, is_periodic=is_periodic)
        assert found.dtype == maps.dtype
        np.testing.assert_allclose(found, beamed(maps, fwhm=BLUR, is_periodic=is_periodic), rtol=1e-6, atol=1e-6)


def test_a_donor_is_the_next_map_of_another_simulation(rng):
    maps = rng.normal(size=(4, 1, 2, 2))
    assert np.array_equal(filled("donor", maps), maps[[1, 2, 3, 0]])
    assert np.array_equal(filled("donor", maps, simulations=np.array([5, 5, 7, 5])), maps[[2, 2, 3, 2]])


def test_fills_that_cannot_be_are_refused(rng):
    maps = rng.normal(size=(2, 1, 2, 2))
    with pytest.raises(InputError, match="All 2 maps are of simulation 3, so that none has a donor"):
        filled("donor", maps, simulations=np.array([3, 3]))
    with pytest.raises(InputError, match="Unknown fill 'zero'. There are mean, blur, donor"):
        filled("zero", maps)
    assert [name for name, fill in FILLS.items() if fill.is_baseline] == ["mean", "blur"]


def test_an_unknown_method_is_refused():
    with pytest.raises(InputError, match="Unknown method of attribution 'lime'. There are gradient, input_x_gradient"):
        method_of("lime")


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"nodes": 0}, "'nodes' is 0. Expected 1 or more"),
        ({"draws": 0}, "'draws' is 0"),
        ({"window": 4}, "'stride' is 8 and 'window' 4 pixels"),
        ({"noise": 0.0}, "'noise' is 0.0. Expected a finite number above 0"),
    ],
)
def test_options_that_no_method_takes_are_refused(how, message):
    with pytest.raises(InputError, match=message):
        Options(torch.zeros(1), torch.zeros(1), **how)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_a_method_declares_all_that_is_read_of_it(method):
    assert method.label
    assert method.description.endswith(".")
    assert set(method.takes) <= set(Options.__dataclass_fields__)
    assert not (method.is_sensitivity and method.is_complete)
    assert callable(method.function)
