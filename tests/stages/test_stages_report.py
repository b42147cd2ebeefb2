"""Stage pages: what is told is what the tables hold, whichever of them there are."""

import json
import re
import tomllib

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from repshift.__main__ import main
from repshift.stages.report import provenance as provenance_action
from repshift.stages.report import results
from repshift.stages.report import tables as tables_action
from repshift.stages.report.origins import PACKAGES
from repshift.storage.datasets import write_dataset
from repshift.storage.tables import write_table
from repshift.vocabulary import InputError
from running import ROOT

ENDS = ("", "_low", "_high")


def estimate(name, value, width=0.1):
    return dict(zip((f"{name}{end}" for end in ENDS), (value, value - width, value + width), strict=True))


@pytest.fixture
def tables(tmp_path):
    """Write the tables of a run, of one model shown two domains, and return their paths."""
    case = {"model": "T", "field": "T", "train_suite": "A"}
    alike = [
        {**case, "domain": domain, "measure": measure, **estimate("off_diagonal_mean", value), "n_maps": 12}
        for domain, value in (("A", 0.5), ("B", 0.8))
        for measure, value in (("cka_biased", 0.11), ("cka_debiased", value))
    ]
    scored = [
        {**case, "domain": domain, "parameter": parameter, "maps": maps, **estimate("r2", number)}
        for domain, value in (("A", 0.9), ("B", -1.5))
        for parameter in ("Omega_m", "sigma_8", "A_SN1")
        for maps, number in (("split", value), ("cka", 0.22))
    ]
    test = {"measure": "cka_debiased", "number": "off_diagonal_mean", **estimate("difference", 0.3)}
    tested = {**case, "domain": "B", **test, "studentised_p_value": 0.0125, "permutations": 79}
    found = {"similarity": alike, "scores": scored, "permutation_tests": [tested, tested | {"number": "leading_share"}]}
    for name, rows in found.items():
        write_table(pd.DataFrame(rows), tmp_path / f"{name}.csv")
    return {name: tmp_path / f"{name}.csv" for name in found}


def told(tables, tmp_path, **changes):
    """Return the first page, then the details, without what keeps numbers unbroken."""
    outputs = {"output": tmp_path / "results.rst", "output_details": tmp_path / "details.html"}
    results.run(**{**tables, "networks": [["T", "A", "B"]], **outputs} | changes)
    return "\n".join(path.read_text() for path in outputs.values()).replace("\N{NO-BREAK SPACE}", " ")


def test_the_result_is_that_of_the_tables(tables, tmp_path):
    text = told(tables, tmp_path, parameters=["Omega_m"])
    assert "From A to B, R² **falls**: Omega_m 0.90 [0.80, 1.00] to -1.50 [-1.60, -1.40]." in text
    assert "**rises beyond chance**: 0.50 [0.40, 0.60] to 0.80 [0.70, 0.90], by 0.30 [0.20, 0.40]" in text
    assert ", p = 0.013 (79 swaps, 12 maps of each)." in text
    assert "sigma_8" not in text


def test_every_parameter_is_told_where_none_is_named(tables, tmp_path):
    assert [name in told(tables, tmp_path) for name in ("Omega_m", "sigma_8", "A_SN1")] == [True] * 3


def test_controls_are_told_beside_the_networks(tables, tmp_path):
    text = told(tables, tmp_path, networks=[["T", "A"]], controls=[["T", "A", "B"]], untrained=["T"])
    assert "<strong>T: reads T, never trained, of A</strong>. It was never trained, so its outputs say nothing." in text
    assert text.count("by 0.30 [0.20, 0.40]") == 1


def test_a_parameter_that_is_not_answered_is_not_told(tables, tmp_path):
    table = pd.read_csv(tables["scores"])
    table.loc[table["parameter"] == "sigma_8", "r2"] = np.nan
    write_table(table, tables["scores"])
    assert "sigma_8" not in told(tables, tmp_path)


def test_without_tests_nothing_is_said_of_chance(tables, tmp_path):
    del tables["permutation_tests"]
    text = told(tables, tmp_path)
    assert "``permutation_tests`` it is not known to be more than chance" in text
    assert "beyond chance" not in text


def test_without_intervals_there_are_no_brackets(tables, tmp_path):
    for path in tables.values():
        table = pd.read_csv(path)
        write_table(table.drop(columns=[name for name in table if name.endswith(("_low", "_high"))]), path)
    del tables["permutation_tests"]
    assert "[" not in told(tables, tmp_path)


def test_empty_intervals_of_tests_have_no_brackets(tables, tmp_path):
    table = pd.read_csv(tables["permutation_tests"])
    write_table(table.assign(difference_low=np.nan, difference_high=np.nan), tables["permutation_tests"])
    assert "to 0.80 [0.70, 0.90], by 0.30, p =" in told(tables, tmp_path)


def test_of_a_classifier_the_accuracy_is_told(tables, tmp_path):
    scored = pd.read_csv(tables["scores"]).query("parameter == 'Omega_m'").assign(parameter="kind")
    renamed = {f"r2{end}": f"accuracy{end}" for end in ENDS}
    write_table(scored.rename(columns=renamed).assign(r2=np.nan), tables["scores"])
    assert "the accuracy **falls**: kind 0.90 [0.80, 1.00] to" in told(tables, tmp_path, parameters=["Omega_m"])


def test_without_scores_the_answers_are_not_told(tables, tmp_path):
    write_table(pd.read_csv(tables["scores"]).iloc[:0], tables["scores"])
    assert "Its outputs are not scored on both A and B." in told(tables, tmp_path)


def test_without_scores_the_label_free_are_told(tables, tmp_path):
    write_table(pd.read_csv(tables["scores"]).iloc[:0], tables["scores"])
    case = {"model": "T", "domain": "B", "layer": "", "parameter": ""}
    ends = {"halves_median": 0.5, "halves_low": 0.4, "halves_high": 0.6}
    rows = [{**case, "label": name, "value": value, **ends} for name, value in (("x", 0.5), ("y", 0.7), ("z", 0.1))]
    of_layer = [rows[0] | {"layer": "C01", "label": "layer", "value": 9.0}]
    write_table(pd.DataFrame(rows + of_layer), tmp_path / "shift_scores.csv")
    text = told(tables, tmp_path, shift_scores=tmp_path / "shift_scores.csv")
    assert "Of 3 shift scores, which need no labels, 2 lie outside" in text
    assert 'Farthest outside is "z", 0.1 where halves give 0.5 [0.4, 0.6].' in text


@pytest.mark.parametrize("halves", [True, False])
def test_scores_without_halves_are_not_told(tables, tmp_path, halves):
    write_table(pd.read_csv(tables["scores"]).iloc[:0], tables["scores"])
    ends = dict.fromkeys(("halves_median", "halves_low", "halves_high"), 0.5 if halves else np.nan)
    row = {"model": "T", "domain": "B", "layer": "", "label": "x", "value": 0.5, **ends}
    write_table(pd.DataFrame([row, row | {"layer": "C01"}]), tmp_path / "shift_scores.csv")
    text = told(tables, tmp_path, shift_scores=tmp_path / "shift_scores.csv")
    assert ("shift scores" in text) == halves
    assert "Farthest" not in text


def test_an_untrained_network_has_no_accuracy(tables, tmp_path):
    text = told(tables, tmp_path, untrained=["T"])
    assert "T: reads T, never trained, of A" in text
    assert "R²" not in text


def test_failure_is_told_of_the_published_correlations(tables, tmp_path):
    text = told(tables, tmp_path, correlations=ROOT / "docs/data/failure_correlations.csv")
    assert "**Does the rise predict failure?** Over 96 pairs of network and domain" in text
    assert "is 0.25 [-0.56, 0.77]. The interval holds 0: **the rise was not seen to tell failure**." in text
    assert "of 12 networks in 6 groups and of 9 shifts" in text
    assert "with the loss of accuracy is 0.11 [-0.59, 0.67]." in text
    assert '"linear MMD, last layer", at 0.89 [0.51, 0.98]' in text


def test_correlations_without_the_rise_tell_nothing(tables, tmp_path):
    correlations = pd.read_csv(ROOT / "docs/data/failure_correlations.csv")
    write_table(correlations[correlations["family"] != "cka"], tmp_path / "correlations.csv")
    assert "failure" not in told(tables, tmp_path, correlations=tmp_path / "correlations.csv")


def test_a_case_without_its_row_is_refused(tables, tmp_path):
    with pytest.raises(InputError, match="no debiased CKA of model 'T' shown domain 'C'"):
        told(tables, tmp_path, networks=[["T", "A", "C"]])


def test_a_table_is_a_page_of_its_cells(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("model,in_distribution,r2,n\na,true,0.123456,3\nb,false,,4\n")
    tables_action.run(tables=[path], outputs=[tmp_path / "scores.html"])
    text = (tmp_path / "scores.html").read_text()
    assert [text.count(f"<td>{cell}</td>") for cell in ("a", "true", "0.1235", "3", "", "false")] == [1] * 6
    with pytest.raises(InputError, match="1 tables and 0 pages"):
        tables_action.run(tables=[path], outputs=[])


@pytest.fixture
def provenance(tmp_path):
    """Return the arguments of the action provenance, over a small file of CKA."""
    named = {"model": "T", "field": "T", "train_suite": "A", "domain": "B", "test_suite": "B", "set": "LHT"}
    sums = {"in_distribution": "false", "weights_sha256": "w" * 64, "maps_sha256": "m" * 64}
    variable = ("layer", np.ones(2), {"units": "1", "long_name": "one"})
    write_dataset(xr.Dataset({"cka": variable}, attrs=named | sums), tmp_path / "cka.nc")
    for name in ("config.yaml", "scores.csv"):
        (tmp_path / name).write_text("a: <b>\n")
    names = ("configuration", "versions", "checksums")
    return {
        **{"configuration": tmp_path / "config.yaml", "snakemake": "9.9.9", "cka": [tmp_path / "cka.nc"]},
        **{"tables": [tmp_path / "scores.csv"]},
        **{f"output_{name}": tmp_path / f"{name}.html" for name in names},
    }


def test_provenance_is_what_the_files_say(provenance):
    provenance_action.run(**provenance)
    assert "a: &lt;b&gt;" in provenance["output_configuration"].read_text()
    versions = provenance["output_versions"].read_text()
    assert "<td>9.9.9</td>" in versions
    assert f"<td>{np.__version__}</td>" in versions
    checksums = provenance["output_checksums"].read_text()
    # Of both, as `echo 'a: <b>' | sha256sum` gives it.
    assert checksums.count("8fb4215617f8f37aa156f782cca8f9549f3421c35e5a927c86002f454830003e") == 2
    assert "w" * 64 in checksums
    assert "m" * 64 in checksums


def test_what_the_command_line_set_is_written_down(provenance):
    provenance_action.run(**provenance, overrides=json.dumps({"threads": 4}))
    assert "&quot;threads&quot;: 4" in provenance["output_configuration"].read_text()
    with pytest.raises(InputError, match="not JSON"):
        provenance_action.run(**provenance, overrides="{")


def test_the_packages_are_the_dependencies():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert [re.match(r"[\w-]+", name)[0] for name in project["dependencies"]] == list(PACKAGES)


def test_the_command_line_writes_the_result(tables, tmp_path):
    flags = [word for name, path in tables.items() for word in ("--" + name.replace("_", "-"), str(path))]
    command = ["report", "results", *flags, "--network", "T", "A", "B", "--untrained", "--parameters", "sigma_8"]
    outputs = ["--output", str(tmp_path / "results.rst"), "--output-details", str(tmp_path / "details.html")]
    assert main([*command, *outputs]) == 0
    assert (tmp_path / "results.rst").read_text().count("R² **falls**: sigma_8") == 1
    assert "The first page says all" in (tmp_path / "details.html").read_text()


def test_the_last_step_says_what_is_gone(tables, tmp_path):
    keys = {"model": "T", "estimator": "debiased", "parameter": ""}
    rows = [
        {**keys, "domain": domain, "quantity": "off_diagonal_mean", **estimate("explained", share)}
        for domain, share in (("A", np.nan), ("B", np.nan), ("B-like", 0.1), ("B-liker", 0.7))
    ]
    rows += [row | {"quantity": "r2", "estimator": "", "parameter": "Omega_m"} for row in rows]
    write_table(pd.DataFrame(rows), tmp_path / "shift_steps.csv")
    text = told(tables, tmp_path, shift_steps=tmp_path / "shift_steps.csv")
    share = "0.70 [0.60, 0.80]"
    gone = f"**part of the change is gone**: {share} of R² of Omega_m, {share} of mean CKA."
    assert f":Why: With pixels made more like those of A (B-liker), {gone}" in text
