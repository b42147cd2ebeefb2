"""Symmetries, shift_scores and the tables of failure, on small files: what each writes, and what each refuses."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from repshift import InputError
from repshift.evidence.shift_scores import CONTROLS
from repshift.networks.cmd import CMDNetwork
from repshift.networks.symmetries import draw_shifts, symmetric_copies, transform
from repshift.stages import activations, cka, predictions, symmetries
from repshift.stages import shift_scores as shift_scores
from repshift.stages.grams import multiply as grams
from repshift.stages.models import initialise
from repshift.stages.summary import correlations, stack, tables
from repshift.storage.datasets import open_dataset, write_dataset
from repshift.vocabulary import CASE, Domain

HOME = Domain("home", "MockTNG", "LHT", "all")
AWAY = Domain("away", "MockSIMBA", "LHT", "all")
TORCH = {"batch_size": 50, "threads": 1}
COMPARED = {"n_maps": 12, "seed": 1, "device": "cpu"}
HOW = {"paired": False, "shift": "suite", "condition": "MockSIMBA", "components": 4, "folds": 3, "seed": 1}


class World:
    """Two suites, two trials of a network of the first, and every file that shift_scores read."""

    def __init__(self, write_simulations, folder):
        self.folder = folder
        self.files = {
            "home": write_simulations("MockTNG", seed=1),
            "away": write_simulations("MockSIMBA", seed=2, change=lambda _, maps: 30 * maps**1.3),
        }
        for trial in (1, 2):
            self.initialise(trial)
            for domain in (HOME, AWAY):
                self.show(trial, domain)
        self.multiply()

    def path(self, stage, domain, trial=1):
        return self.folder / f"{stage}_{trial}_{domain.name}.nc"

    def sources(self, domain):
        files = self.files[domain.name]
        return {"maps": files.maps, "parameters": files.parameters, "measured": files.measured, "domain": domain}

    def initialise(self, trial):
        home = self.sources(HOME)
        initialise.run(
            **{name: home[name] for name in ("maps", "parameters", "measured")},
            suite="MockTNG",
            field="T",
            hidden=1,
            dropout=0.0,
            seed=trial,
            split="all",
            batch_size=32,
            threads=1,
            output=self.folder / f"model_{trial}.pt",
        )

    def named(self, trial, domain):
        return {"model": f"T-{trial}", "weights": self.folder / f"model_{trial}.pt", **self.sources(domain), **TORCH}

    def show(self, trial, domain):
        predictions.run(**self.named(trial, domain), device="cpu", output=self.path("predictions", domain, trial))

    def scatter(self, domain, **changes):
        output = self.path("symmetries", domain)
        symmetries.run(**self.named(1, domain), **{**COMPARED, "shifts": 1, "shifts_seed": 1} | changes, output=output)
        return output

    def multiply(self):
        how = {**COMPARED, "passes": 1, "dropout": "off", "precision": "float32"}
        for domain in (HOME, AWAY):
            activations.run(**self.named(1, domain), **how, output=self.path("activations", domain))
        for domain, reference in ((HOME, None), (AWAY, self.path("activations", HOME))):
            path = self.path("activations", domain)
            grams.run(activations=path, reference=reference, device="cpu", threads=1, output=self.path("grams", domain))

    def predict(self, **changes):
        files = {}
        for side, domain in (("", AWAY), ("own_", HOME)):
            one = self.files[domain.name]
            files |= {f"{side}maps": one.maps, f"{side}measured": one.measured}
            files[f"{side}predictions"] = self.path("predictions", domain)
        arguments = {**files, "grams": self.path("grams", AWAY), **HOW} | changes
        output = self.folder / "shift_scores.nc"
        shift_scores.run(**arguments, output=output)
        with open_dataset(output) as opened:
            return opened.load()

    def trials(self):
        return {"trials": [self.path("predictions", AWAY, 2)], "own_trials": [self.path("predictions", HOME, 2)]}


@pytest.fixture(scope="module")
def world(write_simulations_once, tmp_path_factory):
    return World(write_simulations_once, tmp_path_factory.mktemp("world"))


# Symmetries


def test_the_copies_are_all_the_symmetries_of_a_map(rng):
    import torch

    maps = torch.from_numpy(rng.normal(size=(2, 1, 8, 8)))
    copies = list(symmetric_copies(maps, shifts=draw_shifts(2, size=8, seed=1)))
    assert len(copies) == 24
    assert torch.equal(copies[0], maps)
    assert len({copy.numpy().tobytes() for copy in copies}) == 24
    assert all(np.sort(copy.numpy().ravel()) == pytest.approx(np.sort(maps.numpy().ravel())) for copy in copies)


def test_shifts_follow_the_seed_and_none_is_zero_or_twice():
    drawn = draw_shifts(63, size=8, seed=1)
    assert len({tuple(shift) for shift in drawn}) == 63
    assert drawn.any(axis=1).all()
    assert (draw_shifts(3, size=8, seed=1) == drawn[:3]).all()
    with pytest.raises(InputError, match="64 shifts of maps of 8 pixels a side; expected 0 to 63"):
        draw_shifts(64, size=8, seed=1)


def test_the_scatter_is_that_of_the_answers(world):
    import torch

    from repshift.storage.maps import open_simulations
    from repshift.storage.models import read_model

    with open_dataset(world.scatter(HOME)) as found:
        assert found["scatter"].dims == ("map", "parameter")
        position, scatter, attributes = int(found["position"][0]), found["scatter"][0].to_numpy(), dict(found.attrs)
    network, description = read_model(world.folder / "model_1.pt")
    files = world.files["home"]
    simulations = open_simulations(files.maps, files.parameters, files.measured)
    one = torch.from_numpy(simulations.standardised(np.array([position]), description.moments))
    across, along = (int(number) for number in attributes["shifts"].split(","))
    both = (one, one.roll((across, along), dims=(-2, -1)))
    with torch.inference_mode():
        answers = [network.eval()(transform(maps, symmetry))[0, :6] for maps in both for symmetry in range(8)]
    ranges = np.array([0.4, 0.4, 3.75, 3.75, 1.5, 1.5])
    assert scatter == pytest.approx(torch.stack(answers).numpy().std(axis=0) * ranges, rel=1e-3)
    assert attributes["symmetries"] == 16


def test_a_network_that_has_the_symmetries_does_not_scatter(world, monkeypatch):
    monkeypatch.setattr(CMDNetwork, "forward", lambda _self, maps: maps.mean((1, 2, 3))[:, None].repeat(1, 12) ** 2)
    with open_dataset(world.scatter(AWAY)) as found:
        assert found["scatter"].to_numpy() == pytest.approx(0, abs=1e-5)
        assert (found["sigma"] > 0).all()


def test_the_same_run_gives_the_same_bytes(world):
    first = world.scatter(HOME).read_bytes()
    assert world.scatter(HOME).read_bytes() == first


# Predictors


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


# Tables


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
        "sigma_ratio": "answers",
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


def test_the_same_table_gives_the_same_bytes(tmp_path):
    first = [correlate(tmp_path, np.random.default_rng(1))[0].to_csv() for _ in range(2)]
    assert first[0] == first[1]


def test_a_file_of_another_stage_is_refused(world):
    wrong = world.folder / "wrong.nc"
    write_dataset(xr.Dataset({"x": ((), 1.0, {"units": "1", "long_name": "x"})}), wrong)
    with pytest.raises(InputError, match="lacks the attributes"):
        world.predict(predictions=wrong)
    assert CASE[0] == "model"
