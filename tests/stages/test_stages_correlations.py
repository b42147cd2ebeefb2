"""Correlations with failure: planted ones are found, and what cannot be told is left out."""

import numpy as np
import pandas as pd
import pytest

from repshift import InputError
from repshift.evidence.shift_scores import CONTROLS
from repshift.stages import shift_scores as shift_scores
from repshift.stages.summary import correlations

NETWORKS = [(field, suite, trial) for field in ("T", "Mtot") for suite in ("A", "B", "C") for trial in (1, 2)]


def write_failures(path, rng, *, networks=NETWORKS):
    """Write pairs whose failure follows the shift, as one predictor does; another is noise."""
    rows = []
    for field, suite, trial in networks:
        level = 0.2 * rng.normal()
        for number in range(6):
            pixels = rng.normal(size=5)
            for parameter in ("Omega_m", "sigma_8"):
                rows.append(
                    {
                        **{"model": f"{field}-{suite}-{trial}", "field": field, "train_suite": suite},
                        **{"domain": f"{suite} {number}", "test_suite": f"{suite} {number}", "shift": "suite"},
                        **{"condition": f"shift {number}", "parameter": parameter},
                        **{"log_rmse_ratio": 0.3 * number + level, "n_maps": 50},
                        "cka_debiased_mean_rise": rng.normal(),
                        "mmd_rbf_mean": number + 0.3 * rng.normal(),
                        "sigma_ratio": -number + 0.3 * rng.normal(),
                        **dict(zip(CONTROLS, pixels, strict=True)),
                    }
                )
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def correlate(folder, rng, **changes):
    outputs = [folder / f"{name}.csv" for name in ("correlations", "transfers")]
    correlations.run(
        failures=write_failures(folder / "failures.csv", rng, **changes),
        resamples=200,
        seed=1,
        output_correlations=outputs[0],
        output_transfers=outputs[1],
    )
    return [pd.read_csv(output) for output in outputs]


def test_what_goes_with_failure_is_told_from_what_does_not(tmp_path, rng):
    correlations, transferred = correlate(tmp_path, rng)
    assert list(dict.fromkeys(correlations["parameter"])) == ["Omega_m", "sigma_8", "mean"]
    mean = correlations[correlations["parameter"] == "mean"].set_index("predictor")
    assert mean.loc["mmd_rbf_mean", "rho_low"] > 0.1
    assert mean.loc["mmd_rbf_mean", "partial_rho_low"] > 0.1
    assert mean.loc["sigma_ratio", "rho_high"] < -0.1
    noise = mean.loc["cka_debiased_mean_rise"]
    assert noise["rho_low"] < 0 < noise["rho_high"]
    assert (mean["n_pairs"] == 72).all()
    assert (mean[["n_models", "n_groups", "n_shifts"]] == [12, 6, 6]).all(axis=None)
    assert dict(mean["family"]) == {
        "cka_debiased_mean_rise": "cka",
        "mmd_rbf_mean": "distances",
        "sigma_ratio": "outputs",
        **dict.fromkeys(CONTROLS, "input"),
    }
    of_one = transferred[(transferred["predictor"] == "mmd_rbf_mean") & (transferred["parameter"] == "mean")]
    assert set(of_one["held_out_field"]) == {"T", "Mtot"}
    assert (of_one["r2"] > 0.5).all()


def test_correlations_of_too_few_networks_are_refused(tmp_path, rng):
    with pytest.raises(InputError, match="9 networks are too few for a correlation"):
        correlate(tmp_path, rng, networks=NETWORKS[:9])


def test_a_predictor_that_few_networks_have_is_left_out(tmp_path, rng):
    path = write_failures(tmp_path / "failures.csv", rng)
    table = pd.read_csv(path)
    table["disagreement"] = table["mmd_rbf_mean"].where(table["field"] == "T")
    table["symmetry_scatter"] = table["mmd_rbf_mean"].where(table["model"] != "T-A-1")
    table.to_csv(path, index=False)
    outputs = {f"output_{name}": tmp_path / f"{name}.csv" for name in ("correlations", "transfers")}
    correlations.run(failures=path, resamples=100, seed=1, **outputs)
    found = pd.read_csv(outputs["output_correlations"]).set_index(["parameter", "predictor"])
    assert ("mean", "disagreement") not in found.index
    assert found.loc[("mean", "symmetry_scatter"), "n_models"] == 11
    assert found.loc[("mean", "symmetry_scatter"), "n_pairs"] == 66


def test_a_pair_without_a_number_is_left_out_of_it_alone(tmp_path, rng):
    path = write_failures(tmp_path / "failures.csv", rng)
    table = pd.read_csv(path)
    table.loc[0, "sigma_ratio"] = np.nan
    table.to_csv(path, index=False)
    outputs = {f"output_{name}": tmp_path / f"{name}.csv" for name in ("correlations", "transfers")}
    correlations.run(failures=path, resamples=100, seed=1, **outputs)
    found = pd.read_csv(outputs["output_correlations"]).set_index(["parameter", "predictor"])["n_pairs"]
    assert found["Omega_m", "sigma_ratio"] == found["mean", "sigma_ratio"] == 71
    assert found["sigma_8", "sigma_ratio"] == found["mean", "mmd_rbf_mean"] == 72


def test_what_the_spectrum_explains_is_not_beyond_it(tmp_path, rng):
    path = write_failures(tmp_path / "failures.csv", rng)
    table = pd.read_csv(path)
    table["pixel_spectrum"] = table["log_rmse_ratio"]
    table.to_csv(path, index=False)
    outputs = {f"output_{name}": tmp_path / f"{name}.csv" for name in ("correlations", "transfers")}
    correlations.run(failures=path, resamples=100, seed=1, **outputs)
    found = pd.read_csv(outputs["output_correlations"]).set_index(["parameter", "predictor"])
    assert found.loc[("mean", "mmd_rbf_mean"), "rho"] > 0.8
    assert np.isnan(found.loc[("mean", "mmd_rbf_mean"), "partial_rho"])


def test_the_failure_of_classifiers_is_correlated_alike(tmp_path, rng):
    found = correlate(tmp_path, rng)[0]
    path = tmp_path / "failures.csv"
    pd.read_csv(path).rename(columns={"log_rmse_ratio": "log_loss_difference"}).to_csv(path, index=False)
    outputs = {f"output_{name}": tmp_path / f"{name}.csv" for name in ("correlations", "transfers")}
    correlations.run(failures=path, resamples=200, seed=1, **outputs)
    pd.testing.assert_frame_equal(pd.read_csv(outputs["output_correlations"]), found)


def test_a_table_without_a_response_is_refused(tmp_path, rng):
    path = write_failures(tmp_path / "failures.csv", rng)
    pd.read_csv(path).drop(columns="log_rmse_ratio").to_csv(path, index=False)
    outputs = {f"output_{name}": tmp_path / f"{name}.csv" for name in ("correlations", "transfers")}
    with pytest.raises(InputError, match=r"lacks the columns \['log_rmse_ratio'\]"):
        correlations.run(failures=path, resamples=200, seed=1, **outputs)


def test_the_same_table_gives_the_same_bytes(tmp_path):
    first = [correlate(tmp_path, np.random.default_rng(1))[0].to_csv() for _ in range(2)]
    assert first[0] == first[1]
