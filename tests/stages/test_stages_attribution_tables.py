"""Tables of the summary of what the stage attribution writes."""

import pandas as pd
import pytest

from attribution_datasets import METHODS, OUTPUTS, attribution_dataset, shift_dataset, write_attribution, write_shift
from repshift.case.tables import table_of
from repshift.evidence.attribution.quantities import MAP_QUANTITIES, SHIFT_QUANTITIES
from repshift.evidence.attribution.verdicts import BELOW_INPUT, BEYOND_INPUT, FAITHFUL
from repshift.stages.summary import stack, tables
from repshift.stages.summary.attribution import TABLES, stack_attribution, stack_attribution_of_shift
from world import compare, multiply


@pytest.fixture(scope="module")
def of_maps():
    stacked = stack_attribution([attribution_dataset(), attribution_dataset("away", inside=False)])
    return table_of(stacked, TABLES["attribution"])


@pytest.fixture(scope="module")
def of_shift():
    return table_of(stack_attribution_of_shift([shift_dataset()]), TABLES["attribution_of_shift"])


def of(table, **labels):
    for name, label in labels.items():
        table = table[table[name] == label]
    return table


def test_columns_begin_with_what_a_number_is_of(of_maps, of_shift):
    common = ["output", "method", "quantity", "place", "units", "verdict", "value", "low", "high"]
    assert list(of_maps) == ["model", "domain", "in_distribution", *common]
    shorter = [name for name in common if name not in ("method", "verdict")]
    assert list(of_shift) == ["model", "domain", "twin", "in_distribution", *shorter]


def test_every_number_with_ends_has_rows(of_maps, of_shift):
    expected = {name for name, one in MAP_QUANTITIES.items() if one.has_ends and "insertion" not in name}
    assert set(of_maps["quantity"]) == expected
    assert set(of_shift["quantity"]) == {name for name, one in SHIFT_QUANTITIES.items() if one.has_ends}


def test_changes_are_of_other_domains_alone(of_maps):
    changed = of_maps[of_maps["quantity"].str.endswith("_change")]
    assert set(changed["domain"]) == {"away"}
    assert set(changed["in_distribution"]) == {"false"}


def test_a_row_holds_the_number_of_its_place(of_maps):
    (row,) = of(
        of_maps, domain="away", quantity="share", output="sigma_8", method="gradient", place="environment top 1 %"
    ).to_dict("records")
    where = {"output": "sigma_8", "method": "gradient", "environment": "top 1 %"}
    home = attribution_dataset("away", inside=False).sel(where)
    assert [row["value"], row["low"], row["high"]] == [float(home[f"share{end}"]) for end in ("", "_low", "_high")]


def test_places_name_every_other_dimension(of_maps):
    curves = of(of_maps, domain="home", quantity="deletion_curve", output="Omega_m")
    assert set(curves["method"]) == {*METHODS, "input", "random"}
    assert "fill blur, step 0.5" in set(curves["place"])
    agreement = of(of_maps, domain="home", quantity="agreement", output="Omega_m", method="gradient")
    assert list(agreement["place"]) == [f"with {name}" for name in METHODS]


def test_places_have_numbers_of_four_digits(of_shift):
    scales = of_shift.loc[of_shift["quantity"] == "scale_shift", "place"]
    assert {"scale 0", "scale 1", "scale 2.449"} <= set(scales)


def test_gains_alone_have_a_verdict(of_maps):
    gains = of_maps[of_maps["quantity"] == "deletion_gain"]
    assert FAITHFUL in set(gains["verdict"])
    beside = of_maps[of_maps["quantity"] == "deletion_gain_over_input"]
    assert set(beside["verdict"]) == {BEYOND_INPUT, BELOW_INPUT}
    judged = ("deletion_gain", "deletion_gain_over_input")
    assert (of_maps.loc[~of_maps["quantity"].isin(judged), "verdict"] == "").all()


def test_parts_of_a_shift_add_up_in_the_table(of_shift):
    for output in OUTPUTS:
        rows = of_shift[of_shift["output"] == output].set_index("quantity")["value"]
        assert rows["environment_shift"].sum() + rows["remainder"] == pytest.approx(rows["shift"])


def test_both_tables_come_from_the_summary(world, tmp_path):
    summary, paths = tmp_path / "summary.nc", [tmp_path / f"{name}.csv" for name in TABLES]
    of_files = {"attribution": [write_attribution(tmp_path)], "attribution_of_shift": [write_shift(tmp_path)]}
    stack.run(cka=[compare(multiply(world))], output=summary, **of_files)
    tables.run(summary=summary, tables=list(TABLES), outputs=paths)
    for path, quantity in zip(paths, ("share", "environment_shift"), strict=True):
        assert quantity in set(pd.read_csv(path)["quantity"])
