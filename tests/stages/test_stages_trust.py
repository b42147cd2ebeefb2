"""The stage trust: what it writes at home and abroad, with labels and without, and what it refuses."""

import numpy as np
import pytest
import xarray as xr

import repshift
from case_inputs import on_case
from own_network import HOME as SMOOTH
from own_network import make_world, take
from repshift import InputError
from repshift.__main__ import main
from repshift.case.trust import sample
from repshift.evidence.trust.quantities import TRUST_QUANTITIES
from repshift.stages import predictions
from repshift.storage.models import read_model
from repshift.storage.simulations import open_simulations
from trust_run import HOW, trust
from world import AWAY, HOME, initialise, paths_of, predict


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch):
    """Each test makes its own samples."""
    monkeypatch.setattr(sample, "_KNOWN", {})


def test_the_file_of_the_own_domain_holds_what_is_declared(world):
    found = trust(world)
    assert found["score"].values.tolist() == [
        "pixel_std",
        "mahalanobis_C21",
        "mahalanobis_FC1",
        "nearest_neighbours_C21",
        "nearest_neighbours_FC1",
        "predicted_std",
        "symmetry_scatter",
        "pixel_distance",
    ]
    assert found["parameter"].values.tolist() == ["Omega_m", "sigma_8"]
    names = {name.removesuffix("_low").removesuffix("_high") for name in found.data_vars}
    of_others = {"accuracy", "confidence", "share_of_maps", "conformal_set_size", "auc_domain", "auc_domain_difference"}
    assert names == set(TRUST_QUANTITIES) - of_others
    assert all({"units", "long_name"} <= set(one.attrs) for one in found.data_vars.values())
    assert found["level_attainable"].sel(level=0.8).item() == pytest.approx(6 / 7)
    assert (found.attrs["n_calibration"], found.attrs["level_attainable"]) == (6, pytest.approx(6 / 7))


def test_domains_are_told_apart_abroad_alone(world):
    found = trust(world, AWAY, home=HOME)
    assert {"auc_domain", "auc_domain_low", "auc_domain_difference_high"} <= set(found.data_vars)
    assert found.attrs["own_domain"] == "home"
    assert (found["domain"] == "away").all()


def test_a_domain_without_labels_has_scores_and_domains_alone(world):
    found = trust(world, AWAY, home=HOME, without_truth=True)
    kept = {name.split("_low")[0].split("_high")[0] for name in found.data_vars}
    assert kept == {"values", "values_by_parameter", "auc_domain", "auc_domain_difference"}
    assert set(found.dims) == {"score", "map", "parameter"}


def test_without_labels_at_home_there_are_no_conformal_intervals(world):
    found = trust(world, AWAY, home=HOME, reference_parameters=None)
    assert "rank_correlation" in found
    assert not {"kind", "conformal_coverage"} & set(found.variables)
    assert "level_attainable" not in found.attrs


def test_errors_are_those_of_the_predictions(world):
    found = trust(world)
    with xr.open_dataset(predict(world)) as opened:
        predicted = opened.sel(map=found["map"], parameter=found["parameter"]).load()
    expected = (predicted["mean"] - predicted["truth"]).to_numpy()
    assert found["error"].to_numpy() == pytest.approx(expected, abs=1e-5)
    std = found["values_by_parameter"].sel(score="predicted_std").to_numpy()
    assert std == pytest.approx(predicted["std"].to_numpy().T, rel=1e-3, abs=1e-7)
    assert found["error"].attrs["units"] == "1"


def test_a_notebook_gives_the_scores_of_the_stage(world):
    found = trust(world, AWAY, home=HOME)
    network, description = read_model(world["weights"])
    shown, own = (inputs_of(world, one, description) for one in (found, trust(world)))
    how = {name: HOW[name] for name in ("neighbours", "splits")}
    again = repshift.trust(network, own[0], shown[0], simulations_train=own[1], simulations=shown[1], seed=1, **how)
    scores = [name for name in again["score"].values if name not in ("predicted_std", "symmetry_scatter")]
    expected = found["values"].sel(score=scores).to_numpy()
    assert again["values"].sel(score=scores).to_numpy() == pytest.approx(expected, rel=1e-4)


def inputs_of(world, found, description):
    """Return the maps of a file of trust as the network reads them, and their simulations."""
    files = world[found.attrs["domain"]]
    simulations = open_simulations(files.maps, files.parameters, files.measured)
    positions = found["position"].to_numpy().astype(np.int64)
    return simulations.standardised(positions, description.moments), found["simulation"].to_numpy()


def test_a_job_of_two_cases_writes_what_two_jobs_write(world, monkeypatch):
    paths = [trust(world, read=False), trust(world, AWAY, home=HOME, read=False)]
    kept = [path.read_bytes() for path in paths]
    monkeypatch.setattr(sample, "_KNOWN", {})
    assert trust(world, AWAY, home=HOME, read=False).read_bytes() == kept[1]
    assert trust(world, read=False).read_bytes() == kept[0]


def test_trials_disagree_and_stand_on_both_domains(world):
    other = initialise(world["home"], world["folder"] / "other.pt", seed=2)
    paths = [world["folder"] / f"other_{name}.nc" for name in ("home", "away")]
    for domain, path in zip((HOME, AWAY), paths, strict=True):
        how = {"model": "other", "weights": other, "batch_size": 50, "device": "cpu", "threads": 1}
        on_case(predictions.run)(domain=domain, output=path, **paths_of(world[domain.name]), **how)
    found = trust(world, AWAY, home=HOME, trials=[paths[1]], reference_trials=[paths[0]])
    assert (found["values"].sel(score="trial_disagreement") > 0).all()
    assert found.attrs["trials"] == 2
    with pytest.raises(InputError, match="1 and 0 other trials: both domains need the same"):
        trust(world, AWAY, home=HOME, trials=[paths[1]])
    with pytest.raises(InputError, match="other_home.nc is not of the maps of domain 'away'"):
        trust(world, AWAY, home=HOME, trials=[paths[0]], reference_trials=[paths[0]])


def test_dropout_scatters_where_there_is_any(world):
    world = {**world, "weights": initialise(world["home"], world["folder"] / "dropping.pt", dropout=0.3)}
    found = trust(world, settings={"dropout_passes": 3})
    again = trust(world, settings={"dropout_passes": 3}, name="again")
    assert (found["values"].sel(score="dropout_scatter") > 0).all()
    xr.testing.assert_identical(found, again)


def test_dropout_of_rate_zero_is_refused(world):
    text = (
        "Model 'T-MockTNG' on domain 'home': The network has dropout of rate 0, so passes that draw it do not scatter"
    )
    with pytest.raises(InputError, match=text):
        trust(world, settings={"dropout_passes": 3})


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"level": 0.9}, "A conformal interval of level 0.9 needs 9 simulations to calibrate it; found 6"),
        ({"level": 1.0}, "The level of conformal intervals is 1.0. Expected a number between 0 and 1"),
        ({"dropout_passes": 1}, "1 forward passes with dropout do not scatter. Expected 2 or more"),
        ({"outputs": ["H_0"]}, "There is no output H_0. The outputs are Omega_m, sigma_8, "),
        ({"layers": ["C99"]}, "C99"),
        ({"neighbours": 50}, "50 nearest maps were asked for; a map has 24 of other simulations"),
    ],
)
def test_what_cannot_be_judged_is_refused(world, settings, text):
    with pytest.raises(InputError, match=text):
        trust(world, settings=settings)


def test_the_own_domain_is_needed_abroad(world):
    with pytest.raises(InputError, match="'away' is not the model's own, whose simulations judge the maps"):
        trust(world, AWAY)


def test_chosen_layers_and_outputs_are_all_that_is_judged(world):
    found = trust(world, settings={"layers": ["C0*"], "outputs": ["sigma_8"], "symmetries": False})
    assert found.attrs["layers"] == "C01, C02, C03"
    assert found["parameter"].values.tolist() == ["sigma_8"]
    assert "symmetry_scatter" not in found["score"].values


def test_the_command_line_says_the_settings(world):
    files, output = world["home"], world["folder"] / "said.nc"
    words = ["trust", "--model", "T-MockTNG", "--weights", world["weights"], "--domain", "home", "--suite", "MockTNG"]
    words += ["--set", "LHT", "--split", "all", "--standardisation", "training", "--redshift", "0"]
    words += ["--maps", files.maps, "--measured", files.measured, "--parameters", files.parameters]
    words += ["--threads", "1", "--batch-size", "50", "--device", "cpu", "--level", "0.8", "--splits", "2"]
    words += ["--maps-each", "4", "--symmetries", "--neighbours", "3", "--seed", "1", "--resamples", "100"]
    assert main([*map(str, words), "--output", str(output)]) == 0
    with xr.open_dataset(output) as found:
        xr.testing.assert_identical(found.load(), trust(world))


@pytest.fixture
def classifying(code, tmp_path):
    """A world of a classifier with a label of each object."""
    world = make_world(code, tmp_path)
    for name in ("home", "away"):
        lines = [f"{number / 12},{('faint', 'bright', '2')[number % 3]}" for number in range(12)]
        world[name]["parameters"].write_text("\n".join(["amplitude,kind", *lines]) + "\n")
    return world


def test_of_classes_sets_are_judged(classifying):
    kinds = {"task": "classification", "classes": ("faint", "bright", "2"), "outputs": ["kind"]}
    model = take(classifying, "Small", **kinds, arguments={"width": 3, "answers": 3})
    found = trust(classifying, SMOOTH, **model)
    assert found["parameter"].values.tolist() == ["kind"]
    assert {"doubt", "entropy", "symmetry_scatter"} <= set(found["score"].values.tolist())
    assert found["kind"].values.tolist() == ["plain", "weighted"]
    sizes = found["conformal_set_size"].sel(kind="plain").dropna("level")
    assert ((sizes > 0) & (sizes <= 3)).all()
    assert found["share_of_maps"].sum() == pytest.approx(1)
    assert set(np.unique(found["is_worst"])) <= {0, 1}
    assert "coverage" not in found


def test_a_network_without_deviations_has_no_calibration(code, tmp_path):
    world = make_world(code, tmp_path)
    model = take(world, "Small", arguments={"width": 3, "answers": 2})
    found = trust(world, SMOOTH, **model)
    assert found["kind"].values.tolist() == ["plain", "weighted", "over_distance"]
    assert not {"pit", "coverage", "calibration_error"} & set(found.data_vars)
    assert found["error"].attrs["units"] == "as labelled"
