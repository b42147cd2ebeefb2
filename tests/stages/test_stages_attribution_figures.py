"""Figures 5 and 6 and the report are of the files and tables of the stage attribution."""

import pandas as pd
import pytest

from attribution_datasets import attribution_dataset, shift_dataset, write_attribution, write_shift
from repshift.case.tables import table_of
from repshift.stages.figures import figure5, figure6
from repshift.stages.report.attribution import attribution_results
from repshift.stages.summary.attribution import TABLES, stack_attribution, stack_attribution_of_shift
from repshift.storage.tables import write_table
from repshift.vocabulary import InputError
from repshift.wording.attribution import attribution_section
from repshift.wording.numbers import Estimate

OF_MODEL = [["first", "home", "away"]]


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Write the tables of a model on two domains, and return their paths."""
    stacked = {
        "attribution": stack_attribution([attribution_dataset(), attribution_dataset("away", inside=False)]),
        "attribution_of_shift": stack_attribution_of_shift([shift_dataset()]),
    }
    paths = [tmp_path_factory.mktemp("tables") / f"{name}.csv" for name in stacked]
    for (name, one), path in zip(stacked.items(), paths, strict=True):
        write_table(table_of(one, TABLES[name]), path)
    return paths


def files(tmp_path, n_models):
    return [tmp_path / f"{number}.{suffix}" for number in range(n_models) for suffix in ("pdf", "png")]


def test_each_model_has_a_figure_of_its_attributions(tmp_path):
    written = [write_attribution(tmp_path, model=model, n_maps=2) for model in ("first", "second")]
    outputs = files(tmp_path, 2)
    figure5.run(attribution=written, parameters=["sigma_8"], outputs=outputs)
    assert [path.read_bytes()[:4] for path in outputs] == [b"%PDF", b"\x89PNG"] * 2


def test_each_model_has_a_figure_of_its_shifts(tmp_path):
    outputs = files(tmp_path, 1)
    figure6.run(attribution_of_shift=[write_shift(tmp_path, n_maps=2)], parameters=["sigma_8"], outputs=outputs)
    first = [path.read_bytes() for path in outputs]
    figure6.run(attribution_of_shift=[write_shift(tmp_path, n_maps=2)], parameters=["sigma_8"], outputs=outputs)
    assert [path.read_bytes() for path in outputs] == first


def test_many_methods_are_drawn_on_pages(tmp_path):
    methods = {f"method_{number}": (f"method {number}", False) for number in range(5)}
    written = write_attribution(tmp_path, methods=methods, nulls=(), n_maps=2, outputs=("Omega_m",))
    figure5.run(attribution=[written], outputs=files(tmp_path, 1))
    assert (tmp_path / "0.pdf").read_bytes().count(b"/Count 2") == 1


def test_a_model_without_both_files_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"1 models and 1 outputs: each model needs a \.pdf and a \.png"):
        figure5.run(attribution=[write_attribution(tmp_path, n_maps=2)], outputs=[tmp_path / "a.png"])


def test_what_is_said_is_what_the_tables_hold(tables):
    (result,) = attribution_results(*tables, OF_MODEL, parameters=["sigma_8"])
    assert [(one.domain, one.output) for one in result.outputs] == [("home", "sigma_8"), ("away", "sigma_8")]
    case, moved = (one.sel(output="sigma_8") for one in (attribution_dataset(), shift_dataset()))
    occlusion = result.outputs[0].methods[2]
    held = case.sel({"method": "occlusion"})
    assert occlusion.gains == {
        "blur": Estimate(*(float(held[f"deletion_gain{end}"][0]) for end in ("", "_low", "_high")))
    }
    assert occlusion.verdicts == {"blur": "faithful beyond random"}
    assert occlusion.over_input == {"blur": "beyond the input"}
    assert [one.method for one in result.outputs[0].methods] == ["gradient", "integrated_gradients", "occlusion"]
    assert occlusion.absolute.value == float(held["randomisation_absolute"].sel(depth="all"))
    (shift,) = result.shifts
    assert shift.shift.value == float(moved["shift"])
    assert [one.value for one in shift.environments.values()] == list(moved["environment_shift"].values)
    assert [one.value for one in shift.differences.values()] == list(moved["environment_difference_share"].values)


def test_shares_are_of_integrated_gradients_where_there_are(tables):
    (result,) = attribution_results(*tables, OF_MODEL, parameters=[])
    assert {one.preferring for one in result.outputs} == {"integrated_gradients"}
    assert list(result.outputs[0].preferences) == ["lower half", "50-80 %", "80-95 %", "95-99 %", "top 1 %"]


def test_one_table_is_enough_for_the_report(tables):
    (of_maps,) = attribution_results(tables[0], None, OF_MODEL, parameters=[])
    (of_shift,) = attribution_results(None, tables[1], OF_MODEL, parameters=[])
    assert (len(of_maps.outputs), len(of_maps.shifts)) == (4, 0)
    assert (len(of_shift.outputs), len(of_shift.shifts)) == (0, 2)


def test_a_network_that_no_table_holds_is_not_spoken_of(tables):
    assert attribution_results(*tables, [["second", "home"]], parameters=[]) == []


def test_without_nulls_the_report_has_no_verdicts(tmp_path):
    stacked = stack_attribution([attribution_dataset(nulls=())])
    write_table(pd.DataFrame(table_of(stacked, TABLES["attribution"])), tmp_path / "a.csv")
    text = attribution_section(attribution_results(tmp_path / "a.csv", None, OF_MODEL, parameters=[]))
    assert "random" not in text
    assert "shuffled" not in text
