"""The stages scores and summary: the tables of all cases, and what they refuse."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from repshift import InputError
from repshift.stages import cka, scores
from repshift.stages.summary import stack, tables
from repshift.storage.datasets import write_dataset
from world import AWAY, activate, compare, multiply, predict, score, second_model, sum_up, table_of_comparisons


def test_the_tables_have_the_columns_of_the_contract(world):
    scores, similarity, _ = sum_up(world)
    case = ["model", "field", "train_suite", "domain", "test_suite", "in_distribution"]
    counts = ["n_maps", "n_simulations"]
    found = pd.read_csv(scores)
    assert list(found) == [*case, "parameter", "maps", "r2", "rmse", "bias", "chi2", *counts]
    assert len(found) == 2 * 6 * 2
    assert set(found[found["maps"] == "cka"]["n_maps"]) == {8}
    shape = [
        "off_diagonal_mean",
        "off_diagonal_median",
        "off_diagonal_skewness",
        "leading_share",
        "participation_ratio",
        "spectral_entropy",
    ]
    assert list(pd.read_csv(similarity)) == [*case, "measure", *shape, "n_maps"]


def test_the_summary_holds_the_matrices_and_the_tables(world):
    scores, similarity, path = sum_up(world)
    table = pd.read_csv(scores)
    with xr.open_dataset(path) as found:
        assert list(found["in_distribution"].values) == [1, 0]
        assert found["r2"].values.ravel() == pytest.approx(table["r2"].to_numpy())
        assert found["off_diagonal_mean"].values.ravel() == pytest.approx(pd.read_csv(similarity)["off_diagonal_mean"])
        assert np.diagonal(found["similarity"].values[0, 1]) == pytest.approx(np.ones(8))


def test_every_measure_has_its_row_and_a_distance_no_spectrum(world):
    _, similarity, path = sum_up(world, measures=["procrustes_angle", "svcca"])
    found = pd.read_csv(similarity).set_index(["domain", "measure"])
    assert list(found.loc["home"].index) == ["cka_biased", "cka_debiased", "cka_minibatch", "procrustes_angle", "svcca"]
    spectrum = ["leading_share", "participation_ratio", "spectral_entropy"]
    empty = found[spectrum].isna().all(axis=1).groupby("measure").all()
    assert list(empty[empty].index) == ["procrustes_angle"]
    assert found.notna().drop(columns=spectrum).all(axis=None)
    with xr.open_dataset(path) as summed, xr.open_dataset(world["folder"] / "cka_grams_away.nc") as compared:
        assert summed["measure"].values[summed["distance"].values == 1].tolist() == ["procrustes_angle"]
        angle = summed.sel(measure="procrustes_angle")
        assert angle["measure_units"].item() == "rad"
        assert (angle["similarity"].values[1] == compared["procrustes_angle"].values).all()
        assert np.isnan(angle["eigenvalue"].values).all()
        mean = compared["procrustes_angle"].values[np.triu_indices(8, k=1)].mean()
        assert found["off_diagonal_mean"]["away", "procrustes_angle"] == pytest.approx(mean)


def test_cases_compared_by_different_measures_are_refused(world):
    plain, more = compare(multiply(world)), compare(multiply(world, AWAY), measures=["rsa_pearson"])
    with pytest.raises(InputError, match="domain 'away' was compared by .*, rsa_pearson, the first case by cka_biased"):
        stack.run(cka=[plain, more], output=world["folder"] / "no.nc")


def test_comparisons_have_a_row_for_each_two_and_each_measure(world):
    paths, table = table_of_comparisons(world)
    found = pd.read_csv(table)
    names = ["model", "domain", "model_other", "domain_other", "pairing"]
    assert list(found) == [*names, "measure", "mean", "diagonal_mean", "n_maps"]
    pairs = [["T-MockTNG", "home", "second", "home", "map"], ["T-MockTNG", "home", "T-MockTNG", "away", "simulation"]]
    assert found[names].drop_duplicates().to_numpy().tolist() == pairs
    assert list(found["measure"][:4]) == ["cka_biased", "cka_debiased", "cka_minibatch", "procrustes_angle"]
    with xr.open_dataset(paths[0]) as compared:
        assert found["mean"][3] == pytest.approx(float(compared["procrustes_angle"].mean()))
        assert found["diagonal_mean"][1] == pytest.approx(np.diagonal(compared["cka_debiased"]).mean())


def test_layers_of_other_names_have_no_diagonal(world):
    home, others, renamed = multiply(world), second_model(world), world["folder"] / "renamed.nc"
    with xr.open_dataset(others) as store:
        write_dataset(store.load().assign_coords(layer=list("abcdefgh")), renamed)
    cka.run(grams=home, others=renamed, batch_size=4, seed=1, output=world["folder"] / "no_diagonal.nc")
    with xr.open_dataset(world["folder"] / "no_diagonal.nc") as found:
        assert np.isnan(found["diagonal_mean"]).all()
        assert np.isfinite(found["mean"]).all()


def test_predictions_beside_maps_of_another_case_are_refused(world):
    with pytest.raises(InputError, match="were given beside predictions of case"):
        scores.run(predictions=predict(world, AWAY), grams=multiply(world), output=world["folder"] / "no.nc")


def test_compared_maps_without_a_prediction_are_refused(world):
    path = predict(world)
    with xr.open_dataset(path) as found:
        short = found.load().isel(map=slice(1))
    write_dataset(short, path)
    with pytest.raises(InputError, match="7 compared maps have no prediction|8 compared maps have no prediction"):
        scores.run(predictions=path, grams=multiply(world), output=world["folder"] / "no.nc")


def test_scores_of_a_case_without_cka_are_refused(world):
    with pytest.raises(InputError, match=r"Case \('T-MockTNG', .*'away', .*\) has no CKA"):
        stack.run(cka=[compare(multiply(world))], scores=[score(world, AWAY)], output=world["folder"] / "no.nc")


def test_a_table_needs_a_file_of_its_own(world):
    *_, summary = sum_up(world)
    with pytest.raises(InputError, match="2 tables and 1 outputs"):
        tables.run(summary=summary, tables=["scores", "similarity"], outputs=[world["folder"] / "no.csv"])


def test_a_table_of_what_was_not_stacked_is_refused(world):
    *_, summary = sum_up(world)
    with pytest.raises(InputError, match=r"The summary lacks .*, which the table 'independence' is made from"):
        tables.run(summary=summary, tables=["independence"], outputs=[world["folder"] / "no.csv"])


def test_every_variable_says_its_unit_and_every_file_its_case(world):
    for path in (activate(world), multiply(world), compare(multiply(world)), predict(world)):
        with xr.open_dataset(path) as found:
            assert all({"units", "long_name"} <= set(variable.attrs) for variable in found.data_vars.values())
            names = {"model", "field", "domain", "split", "redshift", "maps_sha256", "weights_sha256"}
            assert names <= set(found.attrs)
