"""What a shift is made of, from files: a planted one is attributed to mean and variance; and what is refused."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from repshift import InputError
from repshift.stages import activations, cka, figures, grams, models, predictions, summary, training
from repshift.stages.attribution import attribute
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
    models.initialise(**files(home), **how, split="all", batch_size=50, output=weights["untrained"])
    curve, checkpoint = tmp_path / "trained.csv", tmp_path / ".checkpoint.pt"
    steps = {"epochs": 10, "batch_size": 32, "learning_rate": 2e-2, "weight_decay": 0.0, "patience": 10}
    about = {"device": "cpu", "configuration": "{}", "code": "", "checkpoint": checkpoint, "output_curve": curve}
    training.run(**files(home), **how, **steps, **about, output=weights["trained"])
    return {"home": home, "away": away, "away-own": away, "weights": weights, "folder": tmp_path}


def run(world, model, domains=(HOME, AWAY, OWN), *, n_maps=40):
    """Return the Gram matrices and predictions of a model shown some domains."""
    made, answers = [], []
    for domain in domains:
        given = {"model": model, "weights": world["weights"][model], "domain": domain, **files(world[domain.name])}
        paths = [world["folder"] / f"{stage}-{model}-{domain.name}.nc" for stage in ("activations", "grams", "answers")]
        how = {"passes": 1, "dropout": "off", "precision": "float32", "device": "cpu", "threads": 1}
        activations.run(**given, **how, n_maps=n_maps, seed=1, batch_size=30, output=paths[0])
        grams.run(activations=paths[0], reference=None, device="cpu", threads=1, output=paths[1])
        predictions.run(**given, batch_size=100, threads=1, output=paths[2])
        made.append(paths[1])
        answers.append(paths[2])
    return made, answers


def test_a_planted_shift_of_pixels_is_attributed_to_mean_and_variance(world):
    grams_of_both, answers = run(world, "untrained"), run(world, "trained")
    output = world["folder"] / "attribution.csv"
    attribute(grams=[*grams_of_both[0], *answers[0]], predictions=answers[1], output=output)
    table = read(output)
    step = table.xs("away-own", level="domain")
    block = step.loc["untrained"]
    assert (block["explained"] >= 0.9).all()
    assert (block["explained_low"] >= 0.7).all()
    loss = step.loc["trained"].set_index("quantity").query("parameter == 'Omega_m'")
    assert (loss.loc[["log_rmse", "r2"], "explained_low"] >= 0.9).all()
    assert table.loc[("trained", "away"), "value"].min() < -1  # the shift was a loss
    assert table.drop("away-own", level="domain")["explained"].isna().all()
    assert draw(world, output, grams_of_both, answers).stat().st_size > 10_000


def draw(world, attribution, untrained, trained):
    """Draw figure 2 of both networks."""
    folder, compared = world["folder"], []
    for path in [*untrained[0], *trained[0]]:
        compared.append(folder / f"cka-{path.name}")
        cka.run(grams=path, batch_size=4, seed=1, output=compared[-1])
    tables = {f"output_{name}": folder / f"{name}.csv" for name in ("scores", "similarity")}
    summary.run(cka=compared, predictions=trained[1], output_summary=folder / "summary.nc", **tables)
    figures.draw_attributed(
        attribution=attribution,
        summary=folder / "summary.nc",
        models=["trained"],
        untrained=[["trained", "untrained"]],
        parameters=["Omega_m"],
        outputs=[folder / "figure2.png"],
    )
    return folder / "figure2.png"


def read(path):
    return pd.read_csv(path, keep_default_na=False, na_values=[""]).set_index(["model", "domain"]).sort_index()


@pytest.fixture
def write_grams(tmp_path, rng):
    """Write the Gram matrices of five layers, which noise shared by all makes alike."""

    def write(domain, *, alike, in_distribution="false", n_maps=12, position=None, **attributes):
        common = rng.normal(size=(n_maps, 40))
        layers = alike * common + rng.normal(size=(5, n_maps, 40))
        case = {"model": "M", "field": "T", "train_suite": "A", "domain": domain, "test_suite": domain}
        maps = np.arange(n_maps) if position is None else np.full(n_maps, position)
        dataset = xr.Dataset(
            {"gram": (("layer", "map", "map_other"), layers @ layers.swapaxes(1, 2), {"units": "1", "long_name": "g"})},
            coords={
                "domain": ("map", [domain] * n_maps),
                "simulation": ("map", np.arange(n_maps)),
                "position": ("map", maps),
            },
            attrs={**case, "in_distribution": in_distribution, **attributes},
        )
        write_dataset(dataset, tmp_path / f"{domain}.nc")
        return tmp_path / f"{domain}.nc"

    return write


def test_without_predictions_the_block_alone_is_told(write_grams, tmp_path):
    paths = [write_grams(name, alike=a, in_distribution=i) for name, a, i in [("A", 0, "true"), ("B", 3, "false")]]
    steps = [write_grams("half", alike=0.7), write_grams("none", alike=3)]
    attribute(grams=[*paths, *steps], predictions=[], output=tmp_path / "attribution.csv")
    table = read(tmp_path / "attribution.csv").reset_index()
    found = table[(table["quantity"] == "off_diagonal_mean") & (table["estimator"] == "debiased")]
    explained = found.set_index("domain")["explained"]
    assert explained["half"] == pytest.approx(0.7, abs=0.3)
    assert explained["none"] == pytest.approx(0.0, abs=0.1)
    assert set(table["quantity"]) == {"off_diagonal_mean", "leading_share"}


def test_too_few_domains_are_refused(write_grams, tmp_path):
    paths = [write_grams("A", alike=0, in_distribution="true"), write_grams("B", alike=1)]
    with pytest.raises(InputError, match=r"Model 'M' is shown A, B\. Expected its own domain, another, and a step"):
        attribute(grams=paths, predictions=[], output=tmp_path / "attribution.csv")


def test_a_first_domain_that_is_not_the_model_s_own_is_refused(write_grams, tmp_path):
    paths = [write_grams(name, alike=1) for name in "ABC"]
    with pytest.raises(InputError, match=r"Model 'M' is shown A, B, C\. Expected its own domain"):
        attribute(grams=paths, predictions=[], output=tmp_path / "attribution.csv")


def test_a_step_of_other_maps_is_refused(write_grams, tmp_path):
    paths = [write_grams("A", alike=0, in_distribution="true"), write_grams("B", alike=1)]
    with pytest.raises(InputError, match=r"domain 'C' does not show the maps of 'B', at the same positions"):
        attribute(grams=[*paths, write_grams("C", alike=1, position=7)], predictions=[], output=tmp_path / "x.csv")


def test_two_passes_are_refused(write_grams, tmp_path):
    path = write_grams("A", alike=0, in_distribution="true")
    with xr.open_dataset(path) as opened:
        twice = opened.load().expand_dims({"pass": 2})
    write_dataset(twice, path)
    with pytest.raises(InputError, match=r"A\.nc holds two passes over the maps"):
        attribute(grams=[path], predictions=[], output=tmp_path / "x.csv")
