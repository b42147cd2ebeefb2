"""What is made of files of stress: tables of the summary, figures, the result in words."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from repshift import InputError
from repshift.case.tables import table_of
from repshift.stages.figures import figure4, stress_maps
from repshift.stages.report.stress import stress_results
from repshift.stages.summary import stack, tables
from repshift.stages.summary.stress import OF_OUTPUTS, OF_SMALLEST, TABLES, stack_smallest, stack_stress
from repshift.storage.tables import write_table
from stress_datasets import AXES, LAYERS, OUTPUTS, SCORES, stress_dataset, write_stress
from world import sum_up

N_LEVELS = sum(len(strengths) for _, _, strengths, _, _ in AXES.values())
N_BRANCHES = 7
NOISE = {"noise": AXES["noise"]}


@pytest.fixture(scope="module")
def stacked():
    return stack_stress([stress_dataset(), stress_dataset("away", inside=False, start=(-1.7, -4.8))])


def read(stacked, name, path):
    """Return a table as it is read from its file."""
    write_table(table_of(stacked, TABLES[name]), path / f"{name}.csv")
    return pd.read_csv(path / f"{name}.csv", keep_default_na=False, na_values=[""])


@pytest.mark.parametrize(
    ("name", "third", "rows"),
    [
        ("stress", "output", 2 * N_LEVELS * len(OUTPUTS)),
        ("stress_layers", "layer", 2 * N_LEVELS * len(LAYERS)),
        ("critical_strengths", "output", 2 * N_BRANCHES * len(OUTPUTS)),
        ("early_warnings", "output", 2 * N_BRANCHES * len(OUTPUTS) * len(SCORES)),
    ],
)
def test_tables_of_stress_begin_with_what_they_are_of(stacked, tmp_path, name, third, rows):
    table = read(stacked, name, tmp_path)
    assert list(table)[:4] == ["model", "domain", third, "axis"]
    assert len(table) == rows


@pytest.mark.parametrize("name", ["stress", "stress_layers", "critical_strengths", "early_warnings"])
def test_every_number_of_a_stress_has_its_ends(stacked, name):
    table = TABLES[name]
    numbers = [one for one in table.columns_of(stacked) if one not in ("floored", "false_alarm")]
    values = [one for one in numbers if not one.endswith(("_low", "_high"))]
    assert numbers == [f"{one}{end}" for one in values for end in ("", "_low", "_high")]


def test_a_row_of_stress_has_the_numbers_of_its_level(stacked, tmp_path):
    home = stress_dataset()
    table = read(stacked, "stress", tmp_path)
    (row,) = table[
        (table["domain"] == "home")
        & (table["axis"] == "beam")
        & (table["strength"] == 2)
        & (table["output"] == "sigma_8")
    ].to_dict("records")
    (level,) = np.flatnonzero((home["axis"] == "beam") & (home["strength"] == 2))
    assert row["r2"] == pytest.approx(float(home["r2"][level, 1]))
    assert (row["label"], row["units"], row["physical"], row["physical_units"]) == ("beam, FWHM", "pixel", 0.8, "Mpc/h")


def test_what_is_not_reached_is_infinite_in_the_table(stacked, tmp_path):
    table = read(stacked, "critical_strengths", tmp_path).set_index(["domain", "axis", "direction", "output"])
    assert np.isinf(table.loc[("home", "shift", "up", "Omega_m"), "critical"])
    assert table.loc[("home", "gain", "down", "Omega_m"), "critical"] == pytest.approx(0.15)
    assert table["critical"]["away"].isna().all()


def test_tables_say_which_axes_move_labels(stacked, tmp_path):
    table = read(stacked, "critical_strengths", tmp_path)
    assert set(table.loc[table["moves_labels"].astype(str).str.lower() == "true", "axis"]) == {"contrast"}


def test_networks_of_other_outputs_and_axes_stand_together(tmp_path):
    classes = stress_dataset(model="second", outputs=("shape",), of_classes=True, axes={"beam": AXES["beam"]})
    table = read(stack_stress([stress_dataset(), classes]), "stress", tmp_path)
    of_second = table[table["model"] == "second"]
    assert set(of_second["output"]) == {"shape"}
    assert len(of_second) == len(AXES["beam"][2])
    assert of_second["accuracy"].notna().all()
    assert of_second["r2"].isna().all()
    assert {name for name in OF_OUTPUTS if name in table} == set(OF_OUTPUTS)


def test_a_domain_of_stress_need_be_no_case_and_changes_no_table(world):
    scores, similarity, _ = sum_up(world)
    before = [path.read_bytes() for path in (scores, similarity)]
    stress = [write_stress(world["folder"], domain="one-at-a-time")]
    compared = [world["folder"] / f"cka_grams_{name}.nc" for name in ("home", "away")]
    scored = sorted(world["folder"].glob("scores_*.nc"))
    stack.run(cka=compared, scores=scored, stress=stress, output=world["folder"] / "more.nc")
    outputs = [world["folder"] / f"more_{name}.csv" for name in ("scores", "similarity", "stress")]
    tables.run(summary=world["folder"] / "more.nc", tables=["scores", "similarity", "stress"], outputs=outputs)
    assert [path.read_bytes() for path in outputs[:2]] == before
    assert set(pd.read_csv(outputs[2])["domain"]) == {"one-at-a-time"}


def smallest():
    norms, outputs, channels = ["linf", "l2"], list(OUTPUTS), ["T"]
    dims = {"size_raw_median": ("norm", "output", "channel"), "l2_share_median": ("output",)}
    dims |= {"pixel_moved_median": ("output",)}
    sizes = {"norm": 2, "output": 2, "channel": 1}
    variables = {
        f"{name}{end}": (
            dims.get(name, ("norm", "output")),
            np.full([sizes[one] for one in dims.get(name, ("norm", "output"))], value),
        )
        for name in OF_SMALLEST
        for end, value in (("", 0.2), ("_low", 0.1), ("_high", 0.3))
    }
    variables |= {
        "threshold": ("output", np.array([0.1, 0.2])),
        "n_failed": (("norm", "output"), np.zeros((2, 2), np.int64)),
    }
    attributes = {"model": "first", "domain": "home", "in_distribution": "true"}
    dataset = xr.Dataset(variables, {"norm": norms, "output": outputs, "channel": channels}, attributes)
    for name in dataset.data_vars:
        dataset[name].attrs = {"units": "1", "long_name": str(name)}
    return dataset


def test_smallest_perturbations_have_a_row_a_norm_output_and_channel(tmp_path):
    table = read(stack_smallest([smallest()]), "smallest_perturbations", tmp_path)
    assert list(table)[:5] == ["model", "domain", "output", "norm", "channel"]
    assert len(table) == 4
    assert table["threshold"].tolist() == [0.1, 0.2, 0.1, 0.2]


def test_figures_of_stress_have_two_files_a_model(tmp_path):
    files = [
        write_stress(tmp_path, axes=NOISE),
        write_stress(tmp_path, domain="away", inside=False, axes=NOISE),
        write_stress(tmp_path, model="second", axes=NOISE),
    ]
    for action in (figure4, stress_maps):
        name = action.__name__.rpartition(".")[2]
        outputs = [tmp_path / f"{name}_{model}.{suffix}" for model in ("first", "second") for suffix in ("pdf", "png")]
        action.run(stress=files, outputs=outputs)
        assert all(path.stat().st_size > 10_000 for path in outputs)
        assert outputs[0].read_bytes().startswith(b"%PDF")


def test_a_figure_of_stress_has_the_same_bytes_again(tmp_path):
    file = write_stress(tmp_path, axes=NOISE)
    for number in range(2):
        figure4.run(stress=[file], outputs=[tmp_path / f"{number}.pdf", tmp_path / f"{number}.png"])
    assert (tmp_path / "0.pdf").read_bytes() == (tmp_path / "1.pdf").read_bytes()
    assert (tmp_path / "0.png").read_bytes() == (tmp_path / "1.png").read_bytes()


def test_too_few_files_for_the_figures_of_stress_are_refused(tmp_path):
    with pytest.raises(InputError, match="1 models and 1 outputs: each model needs a .pdf and a .png"):
        figure4.run(stress=[write_stress(tmp_path)], outputs=[tmp_path / "a.png"])


def test_words_of_stress_are_those_of_its_tables(stacked, tmp_path):
    for name in ("critical_strengths", "early_warnings"):
        read(stacked, name, tmp_path)
    paths = [tmp_path / f"{name}.csv" for name in ("critical_strengths", "early_warnings")]
    (result,) = stress_results(*paths, [["first", "home", "away"]], parameters=["sigma_8"], classifiers=[])
    sides = {side.what: side for side in result.sides}
    assert list(sides) == [
        "white noise",
        "beam, FWHM",
        "positive gain",
        "negative gain",
        "positive contrast",
        "negative contrast",
        "shift",
    ]
    assert sides["negative gain"].critical["sigma_8"].value == pytest.approx(0.06)
    assert list(sides["white noise"].critical) == ["sigma_8"]
    assert sides["shift"].alarms == tuple(label for label, _ in list(SCORES.values())[1:])
    assert sides["positive contrast"].moves_labels
    (noise, *_) = result.places["away"]
    assert noise.positions["linear MMD, last layer"].value == pytest.approx(0.2 / np.sqrt(2))
