"""The steps of a shift, from files: mean and variance explain a planted one; and what is refused."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from case_inputs import on_case
from repshift import InputError
from repshift.case.steps import SHIFT_STEPS, stack_steps
from repshift.case.tables import table_of
from repshift.stages import activations, cka, predictions
from repshift.stages.figures import figure2
from repshift.stages.grams import multiply as grams
from repshift.stages.models import initialise
from repshift.stages.shift_steps import run as explain
from repshift.stages.summary import stack, tables
from repshift.stages.training import train
from repshift.storage.datasets import write_dataset
from repshift.vocabulary import Domain

HOME = Domain("home", "MockTNG", "LHT", "all")
AWAY = Domain("away", "MockSIMBA", "LHT", "all")
OWN = Domain("away-own", "MockSIMBA", "LHT", "all", "own")


def files(found):
    return {"maps": found.maps, "parameters": found.parameters, "measured": found.measured}


def shifted(number, maps):
    """Stretch and shift the logarithm of every pixel: what mean and variance alone take back."""
    return 10 ** (1.2 * np.log10(maps) + 3.0)


@pytest.fixture
def world(write_simulations, tmp_path):
    """Maps of one kind, others of the same kind but shifted, and networks of the first: trained, and not."""
    home = write_simulations("MockTNG", seed=1, n_simulations=40)
    away = write_simulations("MockSIMBA", seed=2, n_simulations=40, change=shifted)
    weights = {name: tmp_path / f"{name}.pt" for name in ("untrained", "trained")}
    how = {"suite": "MockTNG", "field": "T", "hidden": 1, "dropout": 0.0, "seed": 2, "threads": 1}
    initialise.run(**files(home), **how, split="all", batch_size=50, output=weights["untrained"])
    curve, checkpoint = tmp_path / "trained.csv", tmp_path / ".checkpoint.pt"
    steps = {"epochs": 10, "batch_size": 32, "learning_rate": 2e-2, "weight_decay": 0.0, "patience": 10}
    about = {"device": "cpu", "configuration": "{}", "code": "", "checkpoint": checkpoint, "output_curve": curve}
    train.run(**files(home), **how, **steps, **about, output=weights["trained"])
    return {"home": home, "away": away, "away-own": away, "weights": weights, "folder": tmp_path}


def run(world, model, domains=(HOME, AWAY, OWN), *, n_maps=40):
    """Return the Gram matrices and predictions of a model shown some domains."""
    made, answers = [], []
    for domain in domains:
        given = {"model": model, "weights": world["weights"][model], "domain": domain, **files(world[domain.name])}
        paths = [world["folder"] / f"{stage}-{model}-{domain.name}.nc" for stage in ("activations", "grams", "answers")]
        how = {"passes": 1, "dropout": "off", "precision": "float32", "device": "cpu", "threads": 1}
        on_case(activations.run)(**given, **how, n_maps=n_maps, seed=1, batch_size=30, output=paths[0])
        grams.run(activations=paths[0], reference=None, device="cpu", threads=1, output=paths[1])
        on_case(predictions.run)(**given, batch_size=100, device="cpu", threads=1, output=paths[2])
        made.append(paths[1])
        answers.append(paths[2])
    return made, answers


def test_a_planted_shift_is_explained_by_mean_and_variance(world):
    both = {model: run(world, model) for model in ("untrained", "trained")}
    steps, compared = write_steps(world, both), compare(both)
    table = read(stack_up(world["folder"], compared, steps))
    step = table.xs("away-own", level="domain")
    block = step.loc["untrained"].query("quantity in ('off_diagonal_mean', 'leading_share')")
    assert (block["explained"] >= 0.9).all()
    assert (block["explained_low"] >= 0.7).all()
    loss = step.loc["trained"].set_index("quantity").query("parameter == 'Omega_m'")
    assert (loss.loc[["log_rmse", "r2"], "explained_low"] >= 0.9).all()
    assert table.loc[("trained", "away"), "value"].min() < -1  # the shift was a loss
    assert table.drop("away-own", level="domain")["explained"].isna().all()
    assert "value_low" not in table
    assert draw(world, compared, steps).stat().st_size > 10_000


def write_steps(world, both):
    """Write the steps of both networks: of the untrained one its block alone."""
    steps = [world["folder"] / f"steps-{model}.nc" for model in both]
    for (model, (made, answers)), output in zip(both.items(), steps, strict=True):
        explain(grams=made, predictions=answers if model == "trained" else [], output=output)
    return steps


def compare(both):
    """Write CKA of all cases."""
    made = [path for grams_of_model, _ in both.values() for path in grams_of_model]
    for path in made:
        cka.run(grams=path, batch_size=4, seed=1, output=path.with_name(f"cka-{path.name}"))
    return [path.with_name(f"cka-{path.name}") for path in made]


def stack_up(folder, compared, steps):
    """Write the table of the steps, from the summary of all cases."""
    stack.run(cka=compared, shift_steps=steps, output=folder / "summary.nc")
    tables.run(summary=folder / "summary.nc", tables=["shift_steps"], outputs=[folder / "shift_steps.csv"])
    return folder / "shift_steps.csv"


def draw(world, compared, steps):
    """Draw figure 2 of both networks."""
    output = world["folder"] / "figure2.png"
    networks = {"models": ["trained"], "untrained": [["trained", "untrained"]], "parameters": ["Omega_m"]}
    figure2.run(shift_steps=steps, cka=compared, **networks, outputs=[output])
    return output


def read(path):
    return pd.read_csv(path, keep_default_na=False, na_values=[""]).set_index(["model", "domain"]).sort_index()


def case_of(domain, in_distribution):
    names = {"model": "M", "field": "T", "train_suite": "A", "domain": domain, "test_suite": domain}
    return {**names, "in_distribution": in_distribution}


@pytest.fixture
def write_grams(tmp_path, rng):
    """Write the Gram matrices of five layers, which noise shared by all makes alike."""

    def write(domain, *, alike, in_distribution="false", n_maps=12, position=None, **attributes):
        common = rng.normal(size=(n_maps, 40))
        layers = alike * common + rng.normal(size=(5, n_maps, 40))
        maps = np.arange(n_maps) if position is None else np.full(n_maps, position)
        dataset = xr.Dataset(
            {"gram": (("layer", "map", "map_other"), layers @ layers.swapaxes(1, 2), {"units": "1", "long_name": "g"})},
            coords={
                "domain": ("map", [domain] * n_maps),
                "simulation": ("map", np.arange(n_maps)),
                "position": ("map", maps),
            },
            attrs={**case_of(domain, in_distribution), **attributes},
        )
        write_dataset(dataset, tmp_path / f"{domain}.nc")
        return tmp_path / f"{domain}.nc"

    return write


CASES = [("A", "true"), ("B", "false"), ("C", "false")]


@pytest.fixture
def write_ends(tmp_path):
    """Write intervals and scores, each end another number, of the maps compared others than of the split."""

    def write(domains):
        paths = {"intervals": [], "scores": []}
        about = {"units": "1", "long_name": "end"}
        for index, (domain, inside) in enumerate(domains):
            names = [f"{name}_{end}" for name in ("off_diagonal_mean", "leading_share") for end in ("low", "high")]
            block = {name: ("measure", 100.0 * index + k + 10 * np.arange(2), about) for k, name in enumerate(names)}
            ends = {"rmse_low": 0.0, "rmse_high": 2.0 + index, "r2_low": index - 0.5, "r2_high": index + 0.5}
            loss = {k: (("maps", "parameter"), np.array([[v], [v + 50]]), about) for k, v in ends.items()}
            attributes = case_of(domain, inside)
            measures = {"measure": ["cka_biased", "cka_debiased"]}
            files = {"intervals": xr.Dataset(block, measures, attributes)}
            files["scores"] = xr.Dataset(loss, {"maps": ["split", "cka"], "parameter": ["Omega_m"]}, attributes)
            for name, dataset in files.items():
                paths[name].append(tmp_path / f"{name}-{domain}.nc")
                write_dataset(dataset, paths[name][-1])
        return paths

    return write


@pytest.fixture
def write_answers(tmp_path, rng):
    """Write predictions of one parameter that miss it by some error."""

    def write(domain, *, error, in_distribution="false", n_maps=12):
        truth = rng.uniform(0.1, 0.5, size=(n_maps, 1))
        of_map = {"units": "1", "long_name": "Omega_m"}
        dataset = xr.Dataset(
            {
                "truth": (("map", "parameter"), truth, of_map),
                "mean": (("map", "parameter"), truth + error * rng.normal(size=truth.shape), of_map),
            },
            coords={
                "parameter": ["Omega_m"],
                "simulation": ("map", np.arange(n_maps)),
                "position": ("map", np.arange(n_maps)),
            },
            attrs=case_of(domain, in_distribution),
        )
        write_dataset(dataset, tmp_path / f"answers-{domain}.nc")
        return tmp_path / f"answers-{domain}.nc"

    return write


def steps_of(paths, tmp_path, **files):
    """Return the table of one network's steps."""
    explain(grams=paths, **files, output=tmp_path / "steps.nc")
    with xr.open_dataset(tmp_path / "steps.nc", mask_and_scale=False) as found:
        table = table_of(stack_steps([found.load()]), SHIFT_STEPS)
    return table.set_index(["model", "domain"]).sort_index()


def test_intervals_are_those_of_the_files(write_grams, write_answers, write_ends, tmp_path):
    paths = [write_grams(name, alike=1, in_distribution=inside) for name, inside in CASES]
    answers = [write_answers(name, error=0.1, in_distribution=inside) for name, inside in CASES]
    table = steps_of(paths, tmp_path, predictions=answers, **write_ends(CASES))
    found = table.loc[("M", "B")].set_index(["quantity", "estimator"])
    assert found.loc[("off_diagonal_mean", "biased"), ["value_low", "value_high"]].tolist() == [100, 101]
    assert found.loc[("leading_share", "debiased"), ["value_low", "value_high"]].tolist() == [112, 113]
    loss = found.set_index("parameter", append=True).xs("Omega_m", level="parameter").droplevel("estimator")
    assert loss.loc["r2", ["value_low", "value_high"]].tolist() == [0.5, 1.5]
    assert np.isnan(loss.loc["log_rmse", "value_low"])  # an error of 0 has no logarithm
    assert loss.loc["log_rmse", "value_high"] == pytest.approx(np.log(3))


def test_intervals_of_other_cases_are_refused(write_grams, write_ends, tmp_path):
    paths = [write_grams(name, alike=1, in_distribution=inside) for name, inside in CASES]
    with pytest.raises(InputError, match="Model 'M' shown domain 'C' has no file among the scores or intervals"):
        explain(grams=paths, **write_ends(CASES[:2]), output=tmp_path / "x.nc")


def test_predictions_without_an_error_have_no_logarithm_of_it(write_grams, write_answers, tmp_path):
    paths = [write_grams(name, alike=1, in_distribution=inside) for name, inside in CASES]
    answers = [write_answers(name, error=float(name == "B"), in_distribution=inside) for name, inside in CASES]
    loss = steps_of(paths, tmp_path, predictions=answers).query("quantity == 'log_rmse'")
    assert loss["value"].isna().tolist() == [True, False, True]
    assert loss["explained"].isna().all()


def test_without_some_labels_there_is_the_block_alone(write_grams, write_answers, tmp_path, caplog):
    caplog.set_level("INFO")
    paths = [write_grams(name, alike=1, in_distribution=inside) for name, inside in CASES]
    table = steps_of(paths, tmp_path, predictions=[write_answers("B", error=0.1)])
    assert set(table["quantity"]) == {"off_diagonal_mean", "leading_share"}
    assert "M: 1 of 3 domains are scored, so nothing is said of its loss" in caplog.text


def test_without_predictions_there_is_the_block_alone(write_grams, tmp_path):
    paths = [write_grams(name, alike=a, in_distribution=i) for name, a, i in [("A", 0, "true"), ("B", 3, "false")]]
    steps = [write_grams("half", alike=0.7), write_grams("none", alike=3)]
    table = steps_of([*paths, *steps], tmp_path).reset_index()
    found = table[(table["quantity"] == "off_diagonal_mean") & (table["estimator"] == "debiased")]
    explained = found.set_index("domain")["explained"]
    assert explained["half"] == pytest.approx(0.7, abs=0.3)
    assert explained["none"] == pytest.approx(0.0, abs=0.1)
    assert set(table["quantity"]) == {"off_diagonal_mean", "leading_share"}


def test_too_few_domains_are_refused(write_grams, tmp_path):
    paths = [write_grams("A", alike=0, in_distribution="true"), write_grams("B", alike=1)]
    with pytest.raises(InputError, match=r"Model 'M' is shown A, B\. Expected its own domain, another, and a step"):
        explain(grams=paths, output=tmp_path / "x.nc")


def test_a_first_domain_that_is_not_the_model_s_own_is_refused(write_grams, tmp_path):
    paths = [write_grams(name, alike=1) for name in "ABC"]
    with pytest.raises(InputError, match=r"Model 'M' is shown A, B, C\. Expected its own domain"):
        explain(grams=paths, output=tmp_path / "x.nc")


def test_a_step_of_other_maps_is_refused(write_grams, tmp_path):
    paths = [write_grams("A", alike=0, in_distribution="true"), write_grams("B", alike=1)]
    with pytest.raises(InputError, match=r"domain 'C' does not show the maps of 'B', at the same positions"):
        explain(grams=[*paths, write_grams("C", alike=1, position=7)], output=tmp_path / "x.nc")


def test_two_passes_are_refused(write_grams, tmp_path):
    path = write_grams("A", alike=0, in_distribution="true")
    with xr.open_dataset(path) as opened:
        twice = opened.load().expand_dims({"pass": 2})
    write_dataset(twice, path)
    with pytest.raises(InputError, match=r"A\.nc holds two passes over the maps"):
        explain(grams=[path], output=tmp_path / "x.nc")
