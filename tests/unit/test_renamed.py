"""The committed table of names, old and new, says what the package is called now; runs are compared by it."""

import pytest
from benchmarks.tables import differences, main, read_renames

from repshift.cli.commands import STAGES
from repshift.stages.summary.attribution import TABLES as OF_ATTRIBUTION
from repshift.stages.summary.pruning import TABLES as OF_PRUNING
from repshift.stages.summary.repair import TABLES as OF_REPAIR
from repshift.stages.summary.stress import TABLES as OF_STRESS
from repshift.stages.summary.tables import FAILURES, TABLES
from repshift.stages.summary.trust import TABLES as OF_TRUST
from repshift.study.configuration import Study

OLD_TABLES = {
    *("scores", "similarity", "nulls", "independence", "comparisons", "attribution", "culprits", "dominance"),
    *("subsets", "failures"),
}
OLD_STAGES = {
    *("maps", "models", "training", "activations", "grams", "cka", "intervals", "nulls", "dominance", "subsets"),
    *("predictions", "symmetries", "predictors", "examples", "summary", "figures", "pages"),
}


@pytest.fixture
def renames():
    return read_renames()


def now(renames, kind, names):
    """Return what names of one kind are now."""
    new = {one.old: one.new for one in renames if one.kind == kind}
    return {new.get(name, name) for name in names}


def test_every_table_is_as_it_was_or_in_the_map(renames):
    named = {name.removesuffix(".csv") for name in now(renames, "file", {f"{name}.csv" for name in OLD_TABLES})}
    new = {"shift_scores", *OF_STRESS, *OF_ATTRIBUTION, *OF_REPAIR, *OF_PRUNING, *OF_TRUST}
    assert named == {*TABLES, FAILURES} - new


def test_every_stage_is_as_it_was_or_in_the_map(renames):
    assert now(renames, "stage", OLD_STAGES) < set(STAGES)


def test_sections_of_the_map_are_keys_of_the_study(renames):
    sections = [one for one in renames if one.kind == "section"]
    assert {one.new for one in sections} <= set(Study.model_fields)
    assert {one.old for one in sections} & set(Study.model_fields) == {"attribution"}  # of pixels now


def test_no_name_of_the_map_means_two_things(renames):
    keys = [(one.kind, one.old, one.where) for one in renames]
    assert len(keys) == len(set(keys))
    assert all(one.old != one.new for one in renames)


@pytest.fixture
def runs(tmp_path):
    """Two folders of results that agree: before the names, and after."""
    texts = {"nulls.csv": "number,difference,p_value\nmean,0.25,0.01\n", "scores.csv": "r2,n_maps\n0.5,12\n"}
    for name, text in texts.items():
        for folder in ("old", "new"):
            path = (
                tmp_path
                / folder
                / "summary"
                / (name if folder == "old" else name.replace("nulls", "permutation_tests"))
            )
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return tmp_path / "old", tmp_path / "new"


def test_equal_runs_end_with_0(runs, capsys):
    assert main([str(folder) for folder in runs]) == 0
    assert capsys.readouterr().out == "permutation_tests.csv: equal\nscores.csv: equal\n"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("0.25", "0.2500000000001", ""),
        ("0.25", "0.25000001", "row 0, column difference: 0.25, now 0.25000001"),
        ("0.01", "0.0100000000001", "row 0, column p_value: 0.01, now 0.0100000000001"),
        ("mean", "median", "row 0, column number: mean, now median"),
        ("difference", "change", "columns ['number', 'difference', 'p_value'], now ['number', 'change', 'p_value']"),
        ("mean,0.25,0.01\n", "", "1 rows, now 0"),
    ],
)
def test_a_difference_is_named(runs, renames, old, new, expected):
    path = runs[1] / "summary" / "permutation_tests.csv"
    path.write_text(path.read_text().replace(old, new, 1))
    assert dict(differences(*runs, renames))["permutation_tests.csv"] == expected


def test_an_old_name_may_be_that_of_another_table_now(runs, renames):
    for folder in runs:
        for name in ("attribution", "shift_steps"):
            (folder / "summary" / f"{name}.csv").write_text(f"quantity\n{name}\n")
    assert {"attribution.csv", "shift_steps.csv"} <= {name for name, found in differences(*runs, renames) if not found}


def test_a_count_is_compared_exactly(runs, renames):
    path = runs[1] / "summary" / "scores.csv"
    path.write_text(path.read_text().replace("12", "12.000000000001"))
    assert "column n_maps" in dict(differences(*runs, renames))["scores.csv"]


def test_a_table_of_one_run_alone_ends_with_1(runs, capsys):
    (runs[1] / "summary" / "scores.csv").unlink()
    assert main([str(folder) for folder in runs]) == 1
    assert "scores.csv: only in " in capsys.readouterr().out
