"""Objects that a function of one's own makes: how their parameters are drawn and changed."""

import numpy as np
import pytest

from repshift import InputError
from repshift.simulation.columns import Column
from repshift.simulation.objects import Code, Objects
from repshift.simulation.repetition import require_repeatable
from repshift.simulation.seeds import entropy_of, unit_of

RADIUS = Column("radius", 1, 100, "log_uniform")
KIND = Column("kind", values=("galaxy", "lens", 3))
AXIS = Column("axis_ratio", 0.2, 1)


def noisy(parameters, rng):
    return parameters["radius"] + rng.normal(size=(3, 4))


def objects(*columns, generator=noisy, suite="HSC", seed=1):
    return Objects(Code("sky:galaxy", generator), columns or (RADIUS, KIND, AXIS), (3, 4), suite, seed)


def drawn(made, name, n=2000):
    return [made.parameters("LH", index)[name] for index in range(n)]


def test_parameters_follow_their_distributions():
    made = objects()
    radius, axis = np.array(drawn(made, "radius")), np.array(drawn(made, "axis_ratio"))
    assert 1 <= radius.min() < 1.1 < 90 < radius.max() <= 100
    assert np.quantile(radius, [0.25, 0.5, 0.75]) == pytest.approx([10**0.5, 10, 10**1.5], rel=0.15)  # 4 sigma
    assert np.quantile(axis, [0.25, 0.5, 0.75]) == pytest.approx([0.4, 0.6, 0.8], abs=0.04)
    shares = [drawn(made, "kind").count(value) / 2000 for value in KIND.values]
    assert shares == pytest.approx([1 / 3] * 3, abs=0.045)


def test_parameters_are_independent():
    made = objects()
    of_radius, of_axis = np.log(drawn(made, "radius")), drawn(made, "axis_ratio")
    assert abs(np.corrcoef(of_radius, of_axis)[0, 1]) < 4 / 2000**0.5


def test_a_parameter_is_the_same_beside_others():
    assert drawn(objects(RADIUS), "radius", 9) == drawn(objects(AXIS, RADIUS, KIND), "radius", 9)


def test_a_wider_range_stretches_what_is_drawn():
    near, far = (drawn(objects(Column("radius", 1, high)), "radius", 9) for high in (2, 3))
    assert 2 * (np.array(near) - 1) == pytest.approx(np.array(far) - 1)


def test_an_object_is_drawn_by_seed_suite_set_and_number():
    found = [objects().maps("LH", 0), objects().maps("LH", 1), objects().maps("LHT", 0), objects(seed=2).maps("LH", 0)]
    found += [objects(suite="SDSS").maps("LH", 0)]
    assert len({one.tobytes() for one in found}) == 5
    assert np.array_equal(objects().maps("LH", 1), found[1])


def test_a_changed_parameter_keeps_the_random_numbers():
    made = objects()
    plain, changed = made.maps("LH", 3), made.maps("LH", 3, changed={"radius": 7.0})
    assert changed - plain == pytest.approx(7 - made.parameters("LH", 3)["radius"], abs=1e-5)
    assert made.maps("LH", 3, changed={"kind": "lens"}).tobytes() == plain.tobytes()


def test_the_row_of_a_changed_object_has_its_labels():
    labels = Code("sky:apparent", lambda parameters: {"area": parameters["radius"] ** 2})
    made = Objects(Code("sky:galaxy", noisy), (RADIUS, AXIS), (3, 4), "HSC", 1, labels=labels, label_names=("area",))
    plain, changed = made.row("LH", 3), made.row("LH", 3, changed={"radius": 7.0})
    assert changed == {"radius": 7.0, "axis_ratio": plain["axis_ratio"], "area": 49.0}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"radius": 101}, "Parameter 'radius' of object 2 of set 'LH' is 101. Expected 1 to 100."),
        ({"radius": float("nan")}, "is nan. Expected 1 to 100."),
        ({"kind": "spiral"}, "is 'spiral'. Expected one of galaxy, lens, 3."),
        ({"mass": 1}, "'sky:galaxy' has no parameter 'mass'. Its parameters are radius, kind, axis_ratio."),
    ],
)
def test_a_change_out_of_the_ranges_is_refused(changed, sentence):
    with pytest.raises(InputError) as error:
        objects().maps("LH", 2, changed=changed)
    assert str(error.value).endswith(sentence)


def test_values_are_found_by_their_text_and_number():
    assert [KIND.held(value) for value in ("lens", "3.0", 3, " lens", "4")] == ["lens", 3, 3, None, None]
    assert [AXIS.held(value) for value in ("0.2", 1, "1.01", "", "inf", None)] == [0.2, 1, None, None, None, None]


def test_a_refusal_of_the_users_own_names_the_object():
    def outside(parameters, rng):
        raise InputError("the stamp holds 80 % of the light")

    with pytest.raises(InputError, match=r"and stopped for object 0 of set 'LH' \(.*\): the stamp holds 80 % of the"):
        objects(generator=outside).maps("LH", 0)


def test_global_random_numbers_stay_as_they_were():
    np.random.seed(4)
    expected = np.random.random()
    np.random.seed(4)
    require_repeatable(objects(), "LH", other=3)
    assert np.random.random() == expected


def test_units_are_uniform_and_apart():
    units = np.array([unit_of([*entropy_of(1, "HSC"), index]) for index in range(4000)])
    assert 0 <= units.min() < units.max() < 1
    assert np.histogram(units, 10, (0, 1))[0] / 4000 == pytest.approx(0.1, abs=0.02)  # 4 sigma
    assert len(set(units)) == 4000
