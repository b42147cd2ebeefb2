"""The actions train and join of the stage repair in a small world: controls, choices without labels, parts."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from repair_run import (
    SETTINGS,
    TRAINING,
    domain_files,
    ladder_files,
    networks_of,
    noise_labels,
    opened,
    read,
    run_join,
    run_ladder,
    run_train,
    same_networks,
    training_files,
)
from repshift import InputError
from repshift.adaptation import repair_of
from repshift.case.repair.perturbations import Perturbations, perturbed_sample
from repshift.case.repair.run_table import runs_as_it_is
from repshift.case.repair.rung_training import Choice, _choosing, choice_of, training_plans
from repshift.case.repair.yardsticks import yardstick_variables
from world import AWAY

NOTHING = Perturbations()
THIRD = replace(AWAY, name="third", suite="MockAstrid")


@pytest.fixture(scope="module")
def first_rungs(first_world, tmp_path_factory):
    """The world with a ladder, a control and a trained rung, which no test may change."""
    world = {**first_world, "folder": tmp_path_factory.mktemp("train")}
    files = {"ladder": run_ladder(world, rungs=["batch_norm"])}
    files["control"] = run_train(world, "source_training", freeze=("none", "C12"), candidates=())
    files["mmd"] = run_train(world, "mmd", control=files["control"], freeze=("none", "C12"))
    return {**world, **files}


def test_a_trained_rung_is_measured_against_its_control(first_rungs):
    found, control = read(first_rungs["mmd"]), read(first_rungs["control"])
    for place, freeze in enumerate(("", "C12")):
        own = found.isel(entry=np.flatnonzero((found["entry_n_simulations"] == 2) & (found["entry_freeze"] == freeze)))
        beside = control.isel(entry=1 + place)
        expected = own["score"].values[0] - beside["score"].values
        assert own["gain_over_control"].values[0] == pytest.approx(expected, abs=1e-12)


def test_a_trained_rung_stands_beside_batch_norm_of_its_split(first_rungs):
    ladder, found = read(first_rungs["ladder"]), read(first_rungs["mmd"])
    entries = xr.Dataset(coords=found.coords)
    gain = yardstick_variables([ladder, read(first_rungs["control"]), found], entries)["gain_over_batch_norm"][1]
    (batch_norm,) = np.flatnonzero((ladder["entry_rung"] == "batch_norm") & (ladder["entry_n_simulations"] == 2))
    own = np.flatnonzero(found["entry_n_simulations"] == 2)
    expected = found["score"].values[own] - ladder["score"].values[batch_norm]
    assert gain[own] == pytest.approx(expected, abs=1e-12)
    assert np.isnan(gain[0]).all()


def test_the_control_is_one_and_gains_nothing_over_itself(first_rungs):
    control = read(first_rungs["control"])
    assert control["entry_kind"].values.tolist() == ["bound", "control", "control"]
    assert control["entry_n_simulations"].values.tolist() == [0, 0, 0]
    assert control["gain_over_control"].isnull().all()


def test_label_free_numbers_say_which_network_is_at_home(first_rungs):
    assert set(read(first_rungs["ladder"])["label_free_home"].values.tolist()) == {"as it is"}
    assert read(first_rungs["mmd"])["label_free_home"].values.tolist()[:2] == ["as it is", "repaired"]


def test_the_network_as_it_is_is_that_of_the_ladder(first_rungs):
    found, ladder = (runs_as_it_is(read(first_rungs[name])) for name in ("mmd", "ladder"))
    assert read(first_rungs["mmd"])["entry_rung"].values[0] == "none"
    names = [name for name in ladder.data_vars if "run" in ladder[name].dims]
    assert {"run_label_free", "run_cka_target", "target_mean"} <= set(names)
    assert [name for name in names if not np.array_equal(found[name], ladder[name], equal_nan=True)] == []


def test_the_weight_is_chosen_at_home_where_no_domain_is_named(first_rungs):
    found = read(first_rungs["mmd"])
    assert found.attrs["choice_judged_on"] == "training"
    assert found["choice_weight"].values.tolist() == list(TRAINING.candidates)
    chosen = found["choice_weight"].values[found["choice_chosen"].values == 1]
    assert chosen.tolist() == [found.attrs["weight"]]
    assert f"weight {found.attrs['weight']:g}" in found["entry_setting"].values[1]


def test_what_chooses_neither_trains_nor_judges(world):
    ladder = opened(world, replace(SETTINGS, simulations=(1,), splits=1), training=training_files(world).training)
    source, domain, places = _choosing(ladder)
    assert domain is ladder.training
    assert sorted([*np.unique(source.simulations), *places]) == list(range(12))


def test_too_few_simulations_choose_no_weight(world):
    with pytest.raises(InputError, match=r"domain 'home' has 2 of them. Expected 4 or more"):
        choice_of(opened(world), repair_of("mmd"), TRAINING)


def test_training_and_choice_know_no_label_of_the_target(first_rungs, world, write_simulations):
    third = domain_files(THIRD, write_simulations("MockAstrid", seed=9))
    repair, states, numbers, choices = repair_of("mmd"), [], [], []
    for _ in range(2):
        ladder = opened(world, choose_on=third)
        choices.append(choice_of(ladder, repair, TRAINING))
        planned = training_plans(ladder, repair, TRAINING, choices[-1], NOTHING)
        states.append(networks_of(ladder, planned, numbers))
        noise_labels(world)
    assert choices[0] == choices[1]
    assert choices[0].judged_on == "third"
    assert repr(numbers[0]) == repr(numbers[1])
    assert same_networks(*states)


def test_fine_tuning_knows_the_labels_of_the_target(world):
    repair, states = repair_of("fine_tuning"), []
    training = replace(TRAINING, rung="fine_tuning", candidates=())
    for _ in range(2):
        ladder = opened(world)
        states.append(networks_of(ladder, training_plans(ladder, repair, training, Choice(None), NOTHING), []))
        noise_labels(world)
    assert not same_networks(*states)


def test_parts_joined_are_the_bytes_of_the_whole(first_rungs):
    control, freeze = first_rungs["control"], ("none", "C12")
    part = run_train(first_rungs, "mmd", name="part0", control=control, freeze=freeze, splits=(0,))
    how = {"control": control, "chosen": part, "freeze": freeze}
    other = run_train(first_rungs, "mmd", name="part1", splits=(1,), **how)
    joined = run_join(first_rungs, [part, other], control=control)
    assert joined.read_bytes() == first_rungs["mmd"].read_bytes()


def test_a_rung_without_its_control_is_refused(first_rungs):
    with pytest.raises(InputError, match=r"'mmd' was given without its control 'source_training'"):
        run_train(first_rungs, "mmd", name="alone")


def test_a_control_of_other_frozen_layers_is_refused(first_rungs):
    with pytest.raises(InputError, match=r"The control 'source_training' lacks runs beside those of 'coral'"):
        run_train(first_rungs, "coral", control=first_rungs["control"], freeze=("C21",), candidates=())


def test_a_control_of_other_maps_is_refused(first_rungs):
    how = {"settings": replace(SETTINGS, seed=2), "control": first_rungs["control"], "candidates": ()}
    with pytest.raises(InputError, match=r"are judged on other maps: target_map differs"):
        run_train(first_rungs, "mmd", name="other", **how)


def test_a_rung_without_training_is_refused(first_rungs):
    with pytest.raises(InputError, match=r"'batch_norm' does not train"):
        run_train(first_rungs, "batch_norm")


def test_a_split_that_does_not_exist_is_refused(first_rungs):
    with pytest.raises(InputError, match=r"There is no split 7: there are 2, counted from 0"):
        run_train(first_rungs, "source_training", name="other", splits=(7,), candidates=())


def test_candidates_for_a_rung_without_weight_are_refused(first_rungs):
    with pytest.raises(InputError, match=r"'source_training' has no weight"):
        run_train(first_rungs, "source_training", name="other")


def test_a_domain_without_labels_chooses_nothing(first_rungs, world):
    third = domain_files(THIRD, {"maps": world["away"].maps, "measured": world["away"].measured, "parameters": None})
    files = ladder_files(first_rungs, choose_on=third)
    with pytest.raises(InputError, match=r"Domain 'third' chooses a weight, but has no labels"):
        run_train(first_rungs, "mmd", name="other", files=files, control=first_rungs["control"])


def test_several_suites_train_on_the_third(first_rungs, write_simulations):
    third = domain_files(THIRD, write_simulations("MockAstrid", seed=9))
    files = ladder_files(first_rungs, third=(third,))
    how = {"control": first_rungs["control"], "candidates": ()}
    found = read(run_train(first_rungs, "several_suites", files=files, **how))
    assert found["entry_kind"].values.tolist() == ["bound", "bound"]
    assert np.isfinite(found["gain_over_control"].values[1]).all()


def test_perturbed_maps_are_those_of_the_source_in_order(world):
    ladder = opened(world)
    places = ladder.home_splits[0].tuned
    how = Perturbations({"noise": 0.1, "beam": 1.0}, is_periodic=True)
    first, second = (perturbed_sample(ladder.home, places, 3, how, seed=1) for _ in range(2))
    plain = ladder.home.sample(places, 3)
    assert (first.simulations == plain.simulations).all()
    assert (first.maps == second.maps).all()
    assert (first.maps != plain.maps).flatten(1).any(1).all()


def test_perturbed_maps_need_an_axis(world):
    ladder = opened(world)
    with pytest.raises(InputError, match=r"needs axes to perturb them along"):
        perturbed_sample(ladder.home, np.arange(2), 3, NOTHING, seed=1)


def test_augmentation_trains_on_perturbed_maps(first_rungs):
    found = read(run_train(first_rungs, "augmentation", control=first_rungs["control"], candidates=()))
    assert found["entry_rung"].values.tolist() == ["none", "augmentation"]


def test_a_training_set_is_the_source(world):
    ladder = opened(world, training=domain_files(replace(AWAY, name="training"), world["home"]))
    assert ladder.source_maps(0)[1].tolist() == list(range(12))
    assert len(ladder.source(0)) == 12 * SETTINGS.tuned_maps_each
