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


def table_of(world, *, parameters=("Omega_m", "sigma_8"), leave_out=(), **changes):
    world.predict(**changes)
    compared, summary, output = (world.folder / name for name in ("cka.nc", "summary.nc", "failures.csv"))
    cka.run(grams=world.path("grams", AWAY), batch_size=4, seed=1, output=compared)
    stack.run(cka=[compared], shift_scores=[world.folder / "shift_scores.nc"], output=summary)
    tables.run(summary=summary, tables=["failures"], parameters=parameters, leave_out=leave_out, outputs=[output])
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


LABELS = ("log_rmse_ratio", "n_maps")


def test_maps_without_labels_have_predictions_and_no_truth(world):
    with open_dataset(world.unlabelled(AWAY)) as found, open_dataset(world.path("predictions", AWAY)) as labelled:
        assert "truth" not in found
        assert (found["mean"].to_numpy() == labelled["mean"].to_numpy()).all()
        assert (found["std"].to_numpy() == labelled["std"].to_numpy()).all()


@pytest.mark.parametrize("which", ["predictions", "own_predictions"])
def test_a_score_needs_labels_of_neither_domain(world, which):
    domain = HOME if which == "own_predictions" else AWAY
    labelled, unlabelled = world.predict(), world.predict(**{which: world.unlabelled(domain)})
    assert set(LABELS) <= set(labelled)
    assert set(labelled) - set(unlabelled) == set(LABELS)
    for name in unlabelled:
        assert unlabelled[name].equals(labelled[name])


NO_OUTPUTS = {"predictions": None, "own_predictions": None}


def test_a_network_without_outputs_has_the_other_scores(world):
    without, known = world.predict(**NO_OUTPUTS, halves=2), world.predict(halves=2)
    assert not {"parameter_value", "halves_parameter_value", *LABELS} & set(without)
    assert set(without) == {"value", "layer_value", "halves_value", "halves_layer_value"}
    for name in without:
        assert without[name].equals(known[name])
    assert without.attrs["maps_sha256"] == known.attrs["maps_sha256"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"predictions": None}, "Predictions None and .*: both domains need the same"),
        (NO_OUTPUTS | {"trials": ["a.nc"], "own_trials": ["b.nc"]}, "a.nc was given without predictions"),
    ],
)
def test_half_the_outputs_are_refused(world, changes, message):
    with pytest.raises(InputError, match=message):
        world.predict(**changes)


def test_gram_matrices_of_another_domain_are_not_the_own(world):
    with pytest.raises(InputError, match="is of model 'T-1' shown 'away', which is not the own domain"):
        world.predict(own_grams=world.path("grams", AWAY))


def test_every_score_stands_beside_its_halves(world):
    found = world.predict(**world.trials(), halves=2)
    for name in ("value", "parameter_value", "layer_value"):
        assert found[f"halves_{name}"].dims == ("halves", *found[name].dims)
        assert found[f"halves_{name}"].shape == (2, *found[name].shape)
        assert np.isfinite(found[f"halves_{name}"]).all()
    assert found.attrs["halves"] == 2


def test_halves_leave_the_scores_as_they_are(world):
    plain, divided = world.predict(), world.predict(halves=2)
    assert set(divided) - set(plain) == {"halves_value", "halves_layer_value", "halves_parameter_value"}
    assert "halves" not in plain.attrs
    for name in plain:
        assert divided[name].equals(plain[name])


def test_halves_are_those_of_the_model_whatever_it_is_shown(world):
    """A job makes them once for all cases of a model; they depend on its own domain alone."""
    first = world.predict(halves=2)
    shift_scores._KNOWN.clear()
    for condition in ("another", "a third"):
        again = world.predict(halves=2, condition=condition, paired=True)
        assert again["halves_value"].equals(first["halves_value"])
    assert len(shift_scores._KNOWN) == 1


def test_halves_follow_the_seed(world):
    first, other = world.predict(halves=2), world.predict(halves=2, seed=2)
    assert not first["halves_value"].equals(other["halves_value"])


def scores_table(world, **changes):
    """Return the table of all shift scores of one case."""
    world.predict(**changes)
    compared, summary, output = (world.folder / name for name in ("cka.nc", "summary.nc", "shift_scores.csv"))
    cka.run(grams=world.path("grams", AWAY), batch_size=4, seed=1, output=compared)
    stack.run(cka=[compared], shift_scores=[world.folder / "shift_scores.nc"], output=summary)
    tables.run(summary=summary, tables=["shift_scores"], outputs=[output])
    return pd.read_csv(output, keep_default_na=False, na_values={"value": [""], "halves_median": [""]})


def test_the_table_has_a_row_a_score_beside_its_range(world):
    table, found = scores_table(world, halves=2), world.predict(halves=2)
    assert list(table) == [
        *CASE[:-1],
        *("family", "score", "label", "layer", "parameter", "unit"),
        *("value", "halves_median", "halves_low", "halves_high", "halves"),
    ]
    shape = found.sizes
    of_parts = shape["answer"] * shape["parameter"] + shape["discrepancy"] * shape["layer"]
    assert len(table) == shape["predictor"] + of_parts
    row = table[table["score"] == "auc_mean"].iloc[0]
    between = found["halves_value"].sel(predictor="auc_mean").to_numpy()
    assert row["value"] == pytest.approx(found["value"].sel(predictor="auc_mean").item())
    assert row["halves_median"] == pytest.approx(np.median(between))
    assert [row["halves_low"], row["halves_high"]] == pytest.approx(np.quantile(between, [0.025, 0.975]))
    assert (row["label"], row["family"], row["unit"], row["halves"]) == ("domain classifier, mean", "distances", 1, 2)


def test_layers_and_parameters_are_rows_of_the_table(world):
    table, found = scores_table(world, halves=2), world.predict(halves=2)
    layer, parameter = found["layer"].item(1), "sigma_8"
    one = table[(table["score"] == "mmd_rbf") & (table["layer"] == layer)].iloc[0]
    assert one["value"] == pytest.approx(found["layer_value"].sel(discrepancy="mmd_rbf", layer=layer).item())
    one = table[(table["score"] == "sigma_ratio") & (table["parameter"] == parameter)].iloc[0]
    assert one["value"] == pytest.approx(found["parameter_value"].sel(answer="sigma_ratio", parameter=parameter).item())
    median = np.median(found["halves_parameter_value"].sel(answer="sigma_ratio", parameter=parameter))
    assert one["halves_median"] == pytest.approx(median)
    assert one["label"] == "predicted sigma"


def test_without_halves_the_table_has_values_alone(world):
    table = scores_table(world)
    assert table["halves_median"].isna().all()
    assert table["value"].notna().all()
    assert set(table["halves"]) == {0}


def test_a_network_without_outputs_is_in_the_table(world):
    table = scores_table(world, **NO_OUTPUTS)
    assert set(table["family"]) == {"cka", "distances", "input"}


@pytest.mark.parametrize(("model", "rows"), [("T-1", 0), ("T-2", 2)])
def test_a_model_left_out_is_no_row_of_failures(world, model, rows):
    assert len(table_of(world, leave_out=[model])) == rows


def test_a_pair_without_labels_is_no_row_of_failures(world):
    """Of two pairs that have all scores, the table of failures holds the one with labels."""
    compared, summary, output = (world.folder / name for name in ("cka.nc", "summary.nc", "failures.csv"))
    cka.run(grams=world.path("grams", AWAY), batch_size=4, seed=1, output=compared)
    files = {"cka": [compared], "shift_scores": [world.folder / "labelled.nc"]}
    write_dataset(world.predict(), files["shift_scores"][0])
    far = {"domain": "far", "test_suite": "Far"}
    for name, dataset in (
        ("cka", xr.load_dataset(compared)),
        ("shift_scores", world.predict(predictions=world.unlabelled(AWAY))),
    ):
        files[name].append(world.folder / f"{name}_far.nc")
        write_dataset(dataset.assign_attrs(far), files[name][1])
    stack.run(**files, output=summary)
    tables.run(summary=summary, tables=["failures"], parameters=["sigma_8"], outputs=[output])
    assert list(pd.read_csv(output)["domain"]) == ["away"]
    tables.run(summary=summary, tables=["shift_scores"], outputs=[output])
    assert set(pd.read_csv(output)["domain"]) == {"away", "far"}


def test_a_file_of_another_stage_is_refused(world):
    wrong = world.folder / "wrong.nc"
    write_dataset(xr.Dataset({"x": ((), 1.0, {"units": "1", "long_name": "x"})}), wrong)
    with pytest.raises(InputError, match="lacks the attributes"):
        world.predict(predictions=wrong)
    assert CASE[0] == "model"
