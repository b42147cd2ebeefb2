"""Classes: labels that name one, and outputs that are probabilities of them."""

import numpy as np
import pytest
from scipy.special import expit, softmax

from repshift import InputError
from repshift.networks.classes import Classes, class_probabilities

THREE = Classes(("elliptical", "spiral", "3"))
TWO = Classes(("0", "1"))


@pytest.mark.parametrize(
    ("label", "place"),
    [("elliptical", 0), (" spiral ", 1), ("3", 2), ("3.0", 2), ("3e0", 2), ("Spiral", None), ("", None), ("4", None)],
)
def test_a_label_is_a_class_by_its_text_or_its_number(label, place):
    assert THREE.index_of(label) == place


@pytest.mark.parametrize(
    ("names", "output_scale", "message"),
    [
        (("a",), "logits", "The classes are a. Expected two or more"),
        ((), "logits", "The classes are none. Expected two or more"),
        (("a", "b", "a "), "logits", "The classes a and a  are one and the same"),
        (("1", "1.0"), "logits", "The classes 1 and 1.0 are one and the same"),
        (("a", "b"), "odds", "The outputs of a classifier are 'odds'. Expected logits or probabilities"),
    ],
)
def test_what_names_no_classes_is_refused(names, output_scale, message):
    with pytest.raises(InputError, match=message):
        Classes(names, output_scale)


def test_logits_become_probabilities_by_softmax(rng):
    logits = 50 * rng.normal(size=(20, 3))
    assert class_probabilities(logits, THREE) == pytest.approx(softmax(logits, axis=1), abs=1e-15)


@pytest.mark.parametrize("shape", [(20,), (20, 1)])
def test_one_logit_is_of_the_second_of_two_classes(rng, shape):
    logits = rng.normal(size=shape)
    found = class_probabilities(logits, TWO)
    assert found[:, 1] == pytest.approx(expit(logits.ravel()), abs=1e-15)
    assert found.sum(axis=1) == pytest.approx(1, abs=1e-15)


def test_one_probability_is_of_the_second_of_two_classes():
    found = class_probabilities(np.array([0.2, 1.0]), Classes(("0", "1"), "probabilities"))
    assert found == pytest.approx(np.array([[0.8, 0.2], [0, 1]]))


def test_probabilities_that_are_rounded_are_probabilities(rng):
    exact = softmax(3 * rng.normal(size=(200, 50)), axis=1)
    rounded = (exact * 512).round() / 512  # coarser than bfloat16 where a probability is small
    kept = rounded[np.abs(rounded.sum(axis=1) - 1) <= 0.01]
    assert len(kept) > 50
    assert class_probabilities(kept, Classes(tuple(map(str, range(50))), "probabilities")).sum(axis=1) == pytest.approx(
        1
    )


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ([[0.5, 0.3, 0.2], [2.1, -0.4, 0.3]], "at 1 of 2 maps: those of map 7 are -0.4 to 2.1 and sum to 2. Expected"),
        ([[0.5, 0.3, 0.1], [0.5, 0.3, 0.2]], "at 1 of 2 maps: those of map 5 are 0.1 to 0.5 and sum to 0.9. Expected"),
        ([[1.2, 0.0, -0.2], [1, 0, 0]], "those of map 5 are -0.2 to 1.2 and sum to 1. .* Are they logits?"),
    ],
)
def test_logits_that_are_said_to_be_probabilities_are_refused(outputs, message):
    with pytest.raises(InputError, match=message):
        class_probabilities(np.array(outputs), Classes(THREE.names, "probabilities"), positions=np.array([5, 7]))


def test_one_column_that_is_no_probability_is_refused():
    with pytest.raises(InputError, match="those of map 1 are -0.4 to 1.4 and sum to 1"):
        class_probabilities(np.array([0.5, 1.4]), Classes(("0", "1"), "probabilities"))


@pytest.mark.parametrize(("shape", "classes"), [((4, 2), THREE), ((4,), THREE), ((4, 1), THREE), ((4, 3), TWO)])
def test_outputs_of_another_number_of_classes_are_refused(shape, classes):
    with pytest.raises(
        InputError, match=rf"Outputs of shape \({shape[0]}, ?{shape[1] if len(shape) > 1 else ''}\) fit no"
    ):
        class_probabilities(np.zeros(shape), classes)


@pytest.mark.parametrize(("n_maps", "is_refused"), [(9, False), (10, True)])
def test_probabilities_that_are_said_to_be_logits_are_refused(rng, n_maps, is_refused):
    shares = rng.dirichlet([1, 2, 3], size=n_maps)
    if not is_refused:
        assert class_probabilities(shares, Classes(("a", "b", "c"))).shape == (9, 3)
        return
    with pytest.raises(InputError, match="said to be logits is from 0 to 1 and sums to 1 at each of 10 maps"):
        class_probabilities(shares, Classes(("a", "b", "c")))
