"""The stage shift_scores, and the table of failures made of its files."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from repshift import InputError
from repshift.stages import cka
from repshift.stages import shift_scores as shift_scores
from repshift.stages.summary import stack, tables
from repshift.storage.datasets import open_dataset, write_dataset
from repshift.vocabulary import CASE
from trials import AWAY, HOME, World


@pytest.fixture(scope="module")
def world(write_simulations_once, tmp_path_factory):
    return World(write_simulations_once, tmp_path_factory.mktemp("world"))


def test_every_predictor_that_is_given_its_files_has_a_number(world):
    sides = {"symmetries": world.scatter(AWAY), "own_symmetries": world.scatter(HOME)}
    found = world.predict(**sides, **world.trials())
    assert np.isfinite(found["value"]).all()
    assert found["layer_value"].dims == ("discrepancy", "layer")
    assert list(found["answer"].to_numpy()) == [
        *("sigma_ratio", "disagreement", "disagreement_in_sigma", "symmetry_scatter", "symmetry_scatter_in_sigma")
    ]
    assert {name: found.attrs[name] for name in ("model", "domain", "own_domain", "shift", "condition")} == {
        "model": "T-1",
        "domain": "away",
        "own_domain": "home",
        "shift": "suite",
        "condition": "MockSIMBA",
    }


def test_a_shift_of_the_maps_is_seen(world):
    value = world.predict()["value"]
    assert value.sel(predictor="auc_mean") > 0.9
    assert value.sel(predictor="mmd_linear_last") > 0.1
    assert value.sel(predictor="pixel_mean") > 1
    assert value.sel(predictor="pixel_std") == pytest.approx(np.log(1.3), abs=0.1)


def test_mean_and_last_are_of_the_layers(world):
    found = world.predict()
    for name in ("mmd_linear", "mahalanobis", "auc"):
        layers = found["layer_value"].sel(discrepancy=name)
        assert found["value"].sel(predictor=f"{name}_mean") == pytest.approx(float(layers.mean()))
        assert found["value"].sel(predictor=f"{name}_last") == pytest.approx(float(layers[-1]))


def test_changes_of_cka_are_those_of_the_two_blocks(world):
    from repshift.similarity.cka import cka_matrix
    from repshift.statistics.blocks import blockness

    with open_dataset(world.path("grams", AWAY)) as opened:
        gram = opened["gram"].to_numpy()
    shown, inside = (
        cka_matrix(gram[:, block, block], estimator="debiased") for block in (slice(None, 12), slice(12, None))
    )
    value = world.predict()["value"]
    rise = blockness(shown).off_diagonal_mean - blockness(inside).off_diagonal_mean
    assert value.sel(predictor="cka_debiased_mean_rise") == pytest.approx(rise)
    fall = blockness(inside).spectral_entropy - blockness(shown).spectral_entropy
    assert value.sel(predictor="cka_debiased_entropy_fall") == pytest.approx(fall)
    distance = np.sqrt(np.square(shown - inside).sum()) / len(shown)
    assert value.sel(predictor="cka_debiased_distance") == pytest.approx(distance)


def test_what_is_not_given_is_left_out(world):
    assert list(world.predict()["answer"].to_numpy()) == ["sigma_ratio"]
    assert "disagreement" in world.predict(**world.trials())["answer"].to_numpy()


def test_pairs_of_the_same_simulations_are_kept_apart(world):
    paired, apart = (world.predict(paired=paired) for paired in (True, False))
    assert (paired.attrs["paired"], apart.attrs["paired"]) == ("true", "false")
    assert (paired["layer_value"] != apart["layer_value"]).any()


def test_answers_are_of_the_compared_maps(world):
    """What a network says of the other maps of the split changes nothing; the failure is of the whole split."""
    with open_dataset(world.path("grams", AWAY)) as opened:
        compared = opened["map"].to_numpy()
    changed = {}
    for name, domain in (("predictions", AWAY), ("own_predictions", HOME)):
        with open_dataset(world.path("predictions", domain)) as opened:
            answers = opened.load()
        assert len(answers["map"]) > 12
        other = xr.where(answers["map"].isin(compared), answers["std"], 100 * answers["std"])
        answers["std"] = other.transpose(*answers["std"].dims).assign_attrs(answers["std"].attrs)
        if name == "own_predictions":
            answers["std"] *= 2
            answers["std"].attrs = other.attrs | {"units": "1", "long_name": "twice"}
        changed[name] = world.folder / f"changed_{domain.name}.nc"
        write_dataset(answers, changed[name])
    ratio = [world.predict(**files)["parameter_value"].sel(answer="sigma_ratio") for files in ({}, changed)]
    assert ratio[1].to_numpy() == pytest.approx(ratio[0].to_numpy() - np.log(2))


def test_trials_that_agree_wholly_lose_that_score_alone(world):
    same = {"trials": [world.path("predictions", AWAY)], "own_trials": [world.path("predictions", HOME)]}
    found = world.predict(**same)["parameter_value"]
    assert np.isnan(found.sel(answer="disagreement")).all()
    assert np.isfinite(found.sel(answer="sigma_ratio")).all()


def test_predictions_of_maps_that_are_not_compared_are_refused(world):
    with open_dataset(world.path("predictions", AWAY)) as opened:
        short = opened.load().isel(map=slice(0, 3))
    write_dataset(short, world.folder / "short.nc")
    with pytest.raises(InputError, match="not of the maps that model 'T-1' shown 'away' is compared on"):
        world.predict(predictions=world.folder / "short.nc")


def test_half_of_what_both_domains_need_is_refused(world):
    with pytest.raises(InputError, match="0 and 1 other trials: both domains need the same"):
        world.predict(own_trials=[world.path("predictions", HOME, 2)])


def test_a_case_in_distribution_has_no_predictors(world):
    with pytest.raises(InputError, match="shift_scores are of cases out of distribution"):
        world.predict(grams=world.path("grams", HOME))


def test_a_trial_on_other_maps_is_refused(world):
    with pytest.raises(InputError, match="is of other maps than the predictions of model 'T-1'"):
        world.predict(**world.trials() | {"trials": [world.path("predictions", HOME, 2)]})


def test_maps_that_the_model_was_not_shown_are_refused(world):
    files = world.files["home"]
    with pytest.raises(InputError, match="are not the maps that model 'T-1' was shown"):
        world.predict(maps=files.maps, measured=files.measured)


def table_of(world, *, parameters=("Omega_m", "sigma_8"), **changes):
    world.predict(**changes)
    compared, summary, output = (world.folder / name for name in ("cka.nc", "summary.nc", "failures.csv"))
    cka.run(grams=world.path("grams", AWAY), batch_size=4, seed=1, output=compared)
    stack.run(cka=[compared], shift_scores=[world.folder / "shift_scores.nc"], output=summary)
    tables.run(summary=summary, tables=["failures"], parameters=parameters, outputs=[output])
    return pd.read_csv(output)


def test_a_row_is_a_pair_and_a_parameter(world):
    table = table_of(world)
    assert list(table["parameter"]) == ["Omega_m", "sigma_8"]
    assert set(table["shift"]) == {"suite"}
    errors = []
    for domain in (AWAY, HOME):
        with open_dataset(world.path("predictions", domain)) as opened:
            one = opened.sel(parameter="sigma_8")
            errors.append(float(np.sqrt(np.square(one["mean"] - one["truth"]).mean())))
    assert table["log_rmse_ratio"][1] == pytest.approx(np.log(errors[0] / errors[1]))
    assert table["sigma_ratio"][0] != table["sigma_ratio"][1]
    assert table["auc_mean"][0] == table["auc_mean"][1]


def test_the_table_says_first_which_pair_it_is(world):
    names = [*CASE[:-1], "shift", "condition", "parameter", "log_rmse_ratio", "n_maps"]
    assert list(table_of(world))[: len(names)] == names


def test_an_error_of_zero_has_no_ratio(world):
    with open_dataset(world.path("predictions", AWAY)) as opened:
        exact = opened.load()
    exact["mean"].loc[{"parameter": "sigma_8"}] = exact["truth"].sel(parameter="sigma_8")
    write_dataset(exact, world.folder / "exact.nc")
    changes = {"predictions": world.folder / "exact.nc"}
    assert np.isfinite(table_of(world, parameters=["Omega_m"], **changes)["log_rmse_ratio"]).all()
    with pytest.raises(InputError, match=r"Model 'T-1' shown domain 'away' has no ratio of errors of sigma_8"):
        table_of(world, parameters=["sigma_8"], **changes)


def test_a_parameter_that_is_not_inferred_is_refused(world):
    with pytest.raises(InputError, match="Model 'T-1' does not infer h; it infers Omega_m"):
        table_of(world, parameters=["h"])


def test_a_file_of_another_stage_is_refused(world):
    wrong = world.folder / "wrong.nc"
    write_dataset(xr.Dataset({"x": ((), 1.0, {"units": "1", "long_name": "x"})}), wrong)
    with pytest.raises(InputError, match="lacks the attributes"):
        world.predict(predictions=wrong)
    assert CASE[0] == "model"
