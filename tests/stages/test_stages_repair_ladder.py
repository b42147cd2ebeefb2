"""The action ladder of the stage repair in a small world: what it writes, what it refuses, what no label reaches."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import xarray as xr

from case_inputs import on_case
from repair_run import (
    SETTINGS,
    domain_files,
    ladder_files,
    networks_of,
    noise_labels,
    opened,
    read,
    run_ladder,
    same_networks,
)
from repshift import InputError
from repshift.adaptation import REPAIRS, Material, Sample
from repshift.adaptation.barrier import repaired
from repshift.case.repair.passes import origin_of, passed
from repshift.case.repair.run_outcomes import material_of
from repshift.case.repair.run_plans import plans_without_training, rungs_without_training
from repshift.case.repair.settings import Bound, LadderSettings
from repshift.evidence.repair.quantities import REPAIR_QUANTITIES
from repshift.stages import predictions
from repshift.statistics.tuning_splits import tuning_splits
from world import AWAY, HOME, paths_of

WITHOUT_TRAINING = [name for name, one in REPAIRS.items() if not one.trains]
PRIOR = replace(SETTINGS, simulations=(2,), prior_parameter="Omega_m")


@pytest.fixture(scope="module")
def labelled(first_world, tmp_path_factory):
    return read(run_ladder({**first_world, "folder": tmp_path_factory.mktemp("ladder")}))


def test_the_file_holds_a_run_a_split_of_each_rung(labelled):
    assert labelled["run_split"].values[:2].tolist() == [0, 1]
    assert labelled["entry_rung"].values[0] == "none"
    expected = {("none", 0)} | {(name, n) for name in WITHOUT_TRAINING for n in SETTINGS.simulations}
    found = zip(labelled["entry_rung"].values.tolist(), labelled["entry_n_simulations"].values.tolist(), strict=True)
    assert set(found) == expected
    assert (labelled["entry_runs"] == 2).all()


def test_every_variable_is_declared(labelled):
    names = {name.removesuffix("_low").removesuffix("_high") for name in map(str, labelled.data_vars)}
    assert names <= set(REPAIR_QUANTITIES)
    assert all(labelled[name].dims == REPAIR_QUANTITIES[name].dims for name in names)


def test_a_map_is_judged_where_its_simulation_does_not_tune(labelled):
    split = tuning_splits(12, n_tuned=2, n_splits=2, seed=SETTINGS.seed)[1]
    judged = labelled["target_simulation"].values[labelled["judged_target"].values[1] == 1]
    assert set(judged) == set(split.judged)
    of_split = labelled["target_mean"].isel(run=np.flatnonzero(labelled["run_split"] == 1))
    assert (of_split.notnull().all(("run", "parameter")) == (labelled["judged_target"][1] == 1)).all()


def test_the_network_as_it_is_has_the_predictions_of_its_case(world, labelled):
    output = world["folder"] / "predictions.nc"
    how = {"batch_size": 16, "device": "cpu", "threads": 1}
    files = paths_of(world["away"])
    on_case(predictions.run)(model="T-MockTNG", weights=world["weights"], domain=AWAY, output=output, **files, **how)
    own = read(output).sel(map=labelled["target_map"].values, parameter=labelled["parameter"].values)["mean"].values
    found, judged = labelled["target_mean"][0].values, labelled["judged_target"][0].values == 1
    assert found[judged] == pytest.approx(own[judged], abs=1e-4)


def test_networks_and_label_free_numbers_know_no_label(world):
    states, numbers = [], []
    for _ in range(2):
        ladder = opened(world)
        repairs = [one for one in rungs_without_training(ladder, ()) if not one.uses_target_labels]
        planned = plans_without_training(ladder, repairs)
        states.append(networks_of(ladder, planned, numbers))
        noise_labels(world)
    assert repr(numbers[0]) == repr(numbers[1])
    assert same_networks(*states)


def test_noise_labels_change_nothing_but_what_they_judge(world, labelled):
    noise_labels(world)
    other = read(run_ladder(world, name="noise"))
    blind = np.flatnonzero(labelled["run_labelled"] == 0)
    for name in ("target_mean", "home_mean", "run_label_free", "run_cka_target"):
        assert labelled[name].isel(run=blind).identical(other[name].isel(run=blind))
    seeing = np.flatnonzero(labelled["run_labelled"] == 1)
    assert not labelled["target_mean"].isel(run=seeing).equals(other["target_mean"].isel(run=seeing))
    assert not labelled["score"].equals(other["score"])


def test_the_same_run_writes_the_same_bytes(world):
    first, second = (run_ladder(world, name=name) for name in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()


def network_of(ladder, name):
    planned = plans_without_training(ladder, rungs_without_training(ladder, [name]))[-1]
    return repaired(ladder.network, planned.repair, material_of(ladder, planned), planned.options)


@pytest.mark.parametrize("name", ["recalibration", "feature_moments"])
def test_what_insertions_change_is_as_a_pass_of_its_own(world, name):
    ladder = opened(world)
    network, maps = network_of(ladder, name), ladder.target.maps.flatten(0, 1)
    quick = origin_of(ladder).continued(network, passed(ladder.network, maps, ladder))
    slow = passed(network, maps, ladder)
    assert quick.answers.numpy() == pytest.approx(slow.answers.numpy(), abs=1e-5)
    assert quick.features == pytest.approx(slow.features, abs=1e-5)


def test_moved_pixels_are_shown_to_the_network_as_it_is(world):
    ladder = opened(world)
    network, maps = network_of(ladder, "pixel_moments"), ladder.target.maps.flatten(0, 1)
    quick, slow = origin_of(ladder).passed(network, maps), passed(network, maps, ladder)
    assert quick.answers.numpy() == pytest.approx(slow.answers.numpy(), rel=1e-5, abs=1e-5)
    assert not np.allclose(quick.answers, passed(ladder.network, maps, ladder).answers, atol=1e-3)


@pytest.mark.parametrize("name", ["feature_moments", "recalibration"])
def test_a_pass_over_a_domain_makes_what_one_over_a_sample_does(world, name):
    ladder = opened(world)
    (planned,) = plans_without_training(ladder, rungs_without_training(ladder, [name]))[-1:]
    alone = [Sample(one.maps, one.simulations, one.labels) for one in (planned.source, planned.target)]
    found, expected = (
        repaired(ladder.network, planned.repair, Material(*pair, task=ladder.task), planned.options).state_dict()
        for pair in ((planned.source, planned.target), alone)
    )
    for key, value in expected.items():
        assert found[key].numpy() == pytest.approx(value.numpy(), abs=1e-5)


@pytest.mark.parametrize("name", ["pixel_moments", "batch_norm"])
def test_a_repair_before_the_last_layer_takes_a_pass(world, name):
    ladder = opened(world)
    before = passed(ladder.network, ladder.target.maps.flatten(0, 1), ladder)
    origin = origin_of(ladder)
    assert origin.continued(network_of(ladder, name), before) is None
    assert origin.continued(ladder.network, before) is None


def test_a_lower_half_stands_beside_as_many_at_random(world):
    found = read(run_ladder(world, settings=PRIOR, rungs=["batch_norm"]))
    rows = dict(zip(found["entry_prior"].values.tolist(), found["entry_n_simulations"].values.tolist(), strict=True))
    assert rows == {"same": 2, "lower half of Omega_m": 1, "random half": 1}
    assert np.isfinite(found["prior_difference"].isel(entry=2)).all()
    assert found["needs_same_prior"].values.tolist()[0] == ""
    assert set(found["needs_same_prior"].values.tolist()[1:]) <= {"yes", "no", "not known"}


def test_other_priors_are_judged_on_the_target_alone(world):
    found = read(run_ladder(world, settings=PRIOR, rungs=["batch_norm"]))
    other = np.flatnonzero(found["run_prior"] != "same")
    assert found["home_mean"].isel(run=other).isnull().all()
    assert found["score"].isel(entry=[2, 3], judged_on=0).notnull().all()


def test_one_cosmology_has_bias_and_no_r2_of_its_own(world, write_simulations):
    prior = domain_files(replace(AWAY, name="CV"), write_simulations("MockCV", seed=5))
    found = read(run_ladder(world, files=ladder_files(world, prior=prior), rungs=["batch_norm"]))
    one = np.flatnonzero(found["entry_prior"] == "one cosmology")
    assert found["entry_n_simulations"].values[one].tolist() == [2]
    assert np.isfinite(found["cosmology_bias"].isel(entry=one)).all()
    assert np.isfinite(found["cosmology_difference"].isel(entry=one)).all()
    assert found.attrs["prior_domain"] == "CV"


def test_a_target_without_labels_has_scores_at_home_alone(world):
    found = read(run_ladder(world, labelled=False))
    assert found.attrs["labels"] == "false"
    assert not {"truth_target"} & set(found.data_vars)
    assert "recalibration" not in found["entry_rung"].values
    assert found["score"].isel(judged_on=[0, 2]).isnull().all()
    assert found["score"].isel(judged_on=1).notnull().all()
    assert found["label_free"].sel(label_free_name="mmd_rbf_last").notnull().all()


def test_a_bound_has_the_predictions_of_its_model(world, labelled):
    paths = {}
    for domain in (AWAY, HOME):
        paths[domain.name] = world["folder"] / f"predictions_{domain.name}.nc"
        how = {"batch_size": 16, "device": "cpu", "threads": 1}
        given = {"model": "other", "weights": world["weights"], "output": paths[domain.name]} | how
        on_case(predictions.run)(domain=domain, **given, **paths_of(world[domain.name]))
    found = read(run_ladder(world, rungs=["batch_norm"], bounds=[Bound("other", paths["away"], paths["home"])]))
    place = int(np.flatnonzero(found["entry_rung"] == "bound")[0])
    assert found["entry_setting"].values[place] == "other"
    assert found["score"].values[place] == pytest.approx(found["score"].values[0], abs=1e-3)
    alone = read(run_ladder(world, rungs=["batch_norm"], bounds=[Bound("other", paths["away"], None)]))
    assert alone["score"].isel(entry=place, judged_on=1).isnull().all()


def test_a_bound_of_other_maps_is_refused(world):
    path = world["folder"] / "predictions.nc"
    how = {"batch_size": 16, "device": "cpu", "threads": 1, "weights": world["weights"]}
    on_case(predictions.run)(model="other", domain=HOME, output=path, **paths_of(world["home"]), **how)
    with pytest.raises(InputError, match=r"bounds the repairs for domain 'away', but lacks 24 maps, first 'MockSIMBA"):
        run_ladder(world, rungs=["batch_norm"], bounds=[Bound("other", path, None)])


def test_labels_asked_of_a_domain_without_any_are_refused(world):
    with pytest.raises(InputError, match=r"'recalibration' needs labels of the target, and there are none"):
        run_ladder(world, labelled=False, rungs=["recalibration"])


def test_fewer_simulations_than_a_split_needs_are_refused(world):
    with pytest.raises(InputError, match=r"Model 'T-MockTNG' on domain 'away': 12 simulations are too few for a split"):
        run_ladder(world, settings=replace(SETTINGS, simulations=(5,)))


def test_more_maps_than_a_simulation_has_are_refused(world):
    with pytest.raises(InputError, match=r"16 maps of each simulation were asked for; domain 'away' has 15"):
        opened(world, replace(SETTINGS, maps_each=16))


def test_a_trained_rung_is_refused_among_those_without_training(world):
    with pytest.raises(InputError, match=r"The rungs mmd are trained"):
        run_ladder(world, rungs=["batch_norm", "mmd"])


def test_a_cosmology_of_too_few_simulations_is_refused(world, write_simulations):
    ladder = opened(world, prior=domain_files(replace(AWAY, name="CV"), write_simulations("MockCV", seed=5)))
    more = replace(ladder, settings=replace(SETTINGS, simulations=(7,)))
    with pytest.raises(InputError, match=r"'CV' has 12 simulations, of which 2 tune, but repairs are tuned on 7"):
        plans_without_training(more, [REPAIRS["batch_norm"]])


def test_a_prior_that_is_no_label_is_refused(world):
    settings = replace(SETTINGS, prior_parameter="quality")
    with pytest.raises(InputError, match=r"The prior's parameter 'quality' is no label of domain 'away'"):
        run_ladder(world, settings=settings)


def test_outputs_that_the_network_lacks_are_refused(world):
    with pytest.raises(InputError, match=r"but no redshift"):
        opened(world, replace(SETTINGS, outputs=("redshift",)))


@pytest.mark.parametrize("numbers", [(), (0, 2), (2, 2)])
def test_numbers_of_simulations_are_distinct_and_positive(numbers):
    with pytest.raises(InputError, match=r"Numbers of simulations are .* Expected one or more"):
        LadderSettings(simulations=numbers)


def test_many_simulations_can_be_thinned(world, write_simulations):
    ladder = opened(world, replace(SETTINGS, simulations=(1,), most_simulations=11))
    assert ladder.target.n_simulations == ladder.home.n_simulations == 11
    assert isinstance(ladder.target.maps, torch.Tensor)
    assert not xr.DataArray(ladder.target.truth).isnull().any()
