"""What the report says of repairs, pruning and trust is what their tables hold; cards have the same fields for each."""

import json
import math
import re

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from pruning_datasets import cause_dataset, pruning_dataset, retrained_dataset
from repair_datasets import TRAINED, repair_dataset
from repshift import InputError
from repshift.case.tables import table_of
from repshift.stages.report import cards, results
from repshift.stages.report.card import CardSubject, CardTables, card_of
from repshift.stages.report.pruning import pruning_results
from repshift.stages.report.repair import repair_results
from repshift.stages.report.trust import trust_results
from repshift.stages.summary import pruning, repair, trust
from repshift.storage.datasets import write_dataset
from repshift.storage.files import write_json
from repshift.storage.tables import write_table
from repshift.vocabulary import about
from repshift.wording.card import TITLES
from running import ROOT
from trust_datasets import trust_dataset

OF_STAGES = {
    **{name: repair.TABLES[name] for name in ("repairs", "repair_correlations")},
    **{name: one for name, one in pruning.TABLES.items() if name != "pruning_cause_runs"},
    **{name: trust.TABLES[name] for name in ("trust", "trust_intervals")},
}


@pytest.fixture
def paths(tmp_path, rng):
    """Write the tables of one model, and return their paths."""
    trained = repair_dataset(rng, rungs={"none": TRAINED["none"], "mmd": TRAINED["mmd"]})
    whole = repair.stack_repairs([repair_dataset(rng), trained])
    whole = whole.merge(pruning.stack_pruning([pruning_dataset(rng), retrained_dataset(rng)]))
    whole = whole.merge(pruning.stack_causes([cause_dataset(rng, domain="home")]))
    whole = whole.merge(trust.stack_trust([trust_dataset(rng), trust_dataset(rng, domain="other", suite="Two")]))
    for name, table in OF_STAGES.items():
        write_table(table_of(whole, table), tmp_path / f"{name}.csv")
    return {name: tmp_path / f"{name}.csv" for name in OF_STAGES}


def repaired(paths, parameters=()):
    (found,) = repair_results(paths["repairs"], paths["repair_correlations"], parameters=parameters)
    return found


def test_rungs_hold_the_numbers_of_the_table(paths):
    table = pd.read_csv(paths["repairs"], keep_default_na=False)
    rows = table[(table["rung"] == "batch_norm") & (table["judged_on"] == "target") & (table["prior"] == "same")]
    rows = rows[rows["parameter"] == "sigma_8"]
    (rung,) = [one for one in repaired(paths).rungs if one.rung == "batch_norm"]
    held = rung.scores["target", "sigma_8"]
    assert [one.n_simulations for one in held] == [1, 5, 25]
    assert [one.gain.low for one in held] == [float(value) for value in rows["gain_low"]]


def test_the_ladder_knows_bounds_controls_and_labels(paths):
    found = repaired(paths)
    assert [one.name for one in found.bounds] == ["second"]
    assert {one.rung: (one.trains, one.labelled) for one in found.rungs} == {
        "batch_norm": (False, False),
        "recalibration": (False, True),
        "mmd": (True, False),
    }
    assert {one.needs_same_prior for one in found.rungs} == {"not known"}


def test_only_outputs_asked_for_are_said_of_repairs(paths):
    assert repaired(paths, ["sigma_8"]).outputs == ["sigma_8"]
    assert repaired(paths, ["other"]).outputs == ["Omega_m", "sigma_8"]


def pruned(paths, *, with_cause=True):
    more = [paths[name] if with_cause else None for name in ("pruning_cause", "pruning_cause_correlations")]
    (found,) = pruning_results(paths["pruning"], paths["pruning_correlations"], *more, parameters=[])
    return found


def test_layers_can_go_only_for_every_output(paths):
    table = pd.read_csv(paths["pruning"], keep_default_na=False)
    table = table[table["loss_from"] == "the network as it is"]
    words = {(one.layers, one.way): one.can_go for one in pruned(paths).changes}
    for at, rows in table.groupby(["layers", "way"]):
        assert (words[at] == "yes") == (set(rows["can_go"]) == {"yes"})
    assert set(words.values()) == {"yes", "no", "not possible"}


def test_retrained_layers_are_apart(paths):
    found = pruned(paths)
    assert len(found.changes) == len(found.retrained)
    at = {(one.layers, one.way): one for one in found.retrained}
    before = {(one.layers, one.way): one for one in found.changes}
    assert at["C11", "linear"].lost["Omega_m"].value == pytest.approx(
        before["C11", "linear"].lost["Omega_m"].value / 10, abs=0.01
    )


def test_moved_cka_is_beside_its_control(paths):
    moved, control = pruned(paths).moved, pd.read_csv(paths["pruning_cause"]).query("entry_kind == 'control'")
    assert {one.kind for one in moved} == {"build", "remove", "match"}
    assert {one.control_reached for one in moved} == set(control["entry_cka_reached"])
    assert pruned(paths, with_cause=False).moved == ()


def test_trust_has_the_asked_level_of_each_kind(paths):
    home, away = trust_results(paths["trust"], paths["trust_intervals"], parameters=["Omega_m"])
    assert [(one.domain, one.is_own) for one in (home, away)] == [("home", True), ("other", False)]
    kinds = {one.kind: (one.level, one.coverage.value) for one in away.intervals["Omega_m"]}
    assert kinds["plain"] == pytest.approx((0.9, 0.45))
    assert kinds["predicted"] == pytest.approx((0.9, 0.36))
    assert [one.label for one in home.scores["Omega_m"] if one.is_baseline] == ["pixel standard deviation"]


def write_cases(tmp_path):
    case = {"model": "first", "field": "T", "train_suite": "A"}
    estimate = {"off_diagonal_mean": 0.5, "n_maps": 12, "measure": "cka_debiased"}
    similarity = [{**case, "domain": domain, **estimate} for domain in ("home", "other")]
    scores = [{**case, "domain": "home", "parameter": "Omega_m", "maps": "split", "r2": 0.9, "n_maps": 8}]
    found = {"similarity": similarity, "scores": [scores[0] | {"r2_low": 0.8, "r2_high": "", "n_simulations": 4}]}
    for name, rows in found.items():
        write_table(pd.DataFrame(rows), tmp_path / f"{name}.csv")
    return {name: tmp_path / f"{name}.csv" for name in found}


def test_the_result_says_all_three(tmp_path, paths):
    files = write_cases(tmp_path) | paths
    outputs = {"output": tmp_path / "results.rst", "output_details": tmp_path / "details.html"}
    results.run(**files, networks=[["first", "home", "other"]], **outputs)
    first, text = (path.read_text() for path in outputs.values())
    assert [name in first for name in (":Repaired by:", ":Trusted when:", ":How far:")] == [True, True, False]
    for title in (
        "What brings the network home?",
        "Which layers can the network do without?",
        "can the network be bel",
    ):
        assert title in text


DESCRIPTION = {
    "suite": "One",
    "field": "T",
    "constructor": "package.module:build",
    "arguments": {},
    "layers": ["C01", "C41"],
    "outputs": ["Omega_m", "sigma_8"],
    "sha256": "abc",
    "provenance": {"n_training_maps": 10, "configuration": {"set": "LH"}},
}
CASE = {"model": "first", "set": "LHT", "split": "all", "train_suite": "One", "field": "T"}
CASES = [
    CASE | {"domain": "home", "test_suite": "One", "in_distribution": "true", "maps_sha256": "11"},
    CASE | {"domain": "other", "test_suite": "Two", "in_distribution": "false", "maps_sha256": "22"},
]


def read(path):
    return pd.read_csv(path, keep_default_na=False)


@pytest.fixture
def tables(tmp_path, paths):
    files = write_cases(tmp_path) | paths
    named = ("similarity", "scores", "repairs", "trust", "trust_intervals")
    return CardTables(**{name: read(files[name]) for name in named})


def card(tables, description=DESCRIPTION, **more):
    return card_of(CardSubject("first", description, CASES, ["One", "Two", "Three"]), tables, **more)


def test_every_card_has_the_same_fields(tables):
    whole, bare = card(tables), card(CardTables(tables.similarity, tables.scores))
    assert list(whole) == list(bare)
    assert list(whole["trained_on"]) == list(bare["trained_on"])


def test_a_field_without_numbers_says_so(tables):
    bare = card(CardTables(tables.similarity, tables.scores.iloc[:0]))
    empty = [name for name in TITLES if not bare[name]["rows"]]
    assert empty == ["scores", "critical_strengths", "repairs", "trust_scores", "trust_intervals"]
    assert all(bare[name]["missing"] for name in empty)
    assert bare["scores"]["missing"] == "None of the domains has labels of what it infers."


def test_numbers_of_a_card_are_those_of_the_tables(tables):
    found = card(tables)
    assert found["scores"]["rows"] == [
        {"domain": "home", "output": "Omega_m", "score": "r2", "value": 0.9, "low": 0.8, "high": None}
        | {"maps": 8, "simulations": 4}
    ]
    (row,) = [
        one
        for one in found["repairs"]["rows"]
        if (one["rung"], one["simulations"], one["output"]) == ("mmd", 5, "sigma_8")
    ]
    table = tables.repairs.query("rung == 'mmd' and n_simulations == 5 and parameter == 'sigma_8' and prior == 'same'")
    at = table.set_index("judged_on")
    assert row["on_target"]["value"] == at.loc["target", "score"]
    assert row["gain_at_home"]["low"] == at.loc["home", "gain_low"]
    assert row["gain_over_control"]["high"] == pytest.approx(float(at.loc["target", "gain_over_control_high"]))


def test_a_critical_strength_that_is_not_reached_says_so(tables):
    row = {"model": "first", "domain": "home", "output": "Omega_m", "axis": "noise", "label": "noise", "units": "dex"}
    row |= {"direction": "up", "largest": 0.1, "critical": math.inf, "critical_low": 0.05, "critical_high": math.inf}
    broken = CardTables(tables.similarity, tables.scores, critical_strengths=pd.DataFrame([row]))
    (found,) = card(broken)["critical_strengths"]["rows"]
    assert (found["reached"], found["value"], found["low"], found["high"]) == (False, None, 0.05, None)


def test_what_was_not_tested_is_said(tables):
    said = card(CardTables(tables.similarity, tables.scores))["not_tested"]
    assert said[:2] == [
        "Suites of the configuration that it was not shown: Three.",
        "Its accuracy on other: there are no labels.",
    ]
    assert "What brings it home on another suite, and at what price (stage repair)." in said
    assert not [one for one in card(tables)["not_tested"] if "stage repair" in one]


def repaired_by(method, checksum="22"):
    target = {"domain": "other", "maps_sha256": checksum, "simulations": [3, 1, 2], "maps_each": 5}
    target["labelled"] = method == "recalibration"
    provenance = DESCRIPTION["provenance"] | {"repair": {"target": target, "source": None}}
    return DESCRIPTION | {"repair": {"method": method, "of": "origin", "sha256": "x"}, "provenance": provenance}


@pytest.mark.parametrize(("method", "words"), [("batch_norm", "without labels"), ("recalibration", "with labels")])
def test_a_domain_that_a_repair_saw_is_marked(tables, method, words):
    found = card(tables, repaired_by(method))
    (mark,) = found["marks"]
    assert mark.startswith("Scores on other are not of held-out simulations alone")
    assert mark.endswith(f"saw 3 of them, {words}.")
    seen = {row["domain"]: row["simulations_seen_by_repair"] for row in found["shown"]["rows"]}
    assert seen == {"home": 0, "other": 3}


def test_other_maps_than_a_repair_saw_are_not_marked(tables):
    assert card(tables, repaired_by("recalibration", checksum="33"))["marks"] == []
    assert card(tables)["marks"] == []


def write_card_files(tmp_path, paths):
    files = write_cases(tmp_path) | {name: paths[name] for name in ("repairs", "trust", "trust_intervals")}
    write_json(DESCRIPTION, tmp_path / "first.json")
    for case in CASES:
        write_dataset(
            xr.Dataset({"cka": ((), np.float64(0.5), about("CKA"))}, attrs=case), tmp_path / f"{case['domain']}.nc"
        )
    named = {"models": ["first"], "descriptions": [tmp_path / "first.json"], "suites": ["One", "Two"]}
    named |= {"cka": [tmp_path / f"{case['domain']}.nc" for case in CASES]}
    outputs = {"outputs_text": [tmp_path / "card.md"], "outputs_json": [tmp_path / "card.json"]}
    return files | named | outputs


def test_cards_are_written_for_readers_and_programs(tmp_path, paths):
    cards.run(**write_card_files(tmp_path, paths))
    document, page = json.loads((tmp_path / "card.json").read_text()), (tmp_path / "card.md").read_text()
    assert document["shown"]["rows"][1]["domain"] == "other"
    assert page.startswith("# first\n")
    assert [title for title in TITLES.values() if f"\n## {title}\n" not in page] == []
    assert "| home | Omega_m | r2 | 0.9 [0.8, open] | 8 | 4 |" in page


def test_a_card_has_the_same_bytes_again(tmp_path, paths):
    given = write_card_files(tmp_path, paths)
    written = []
    for _ in range(2):
        cards.run(**given)
        written.append([(tmp_path / name).read_bytes() for name in ("card.md", "card.json")])
    assert written[0] == written[1]


def test_each_model_needs_a_description_and_outputs(tmp_path, paths):
    given = write_card_files(tmp_path, paths) | {"models": ["first", "second"]}
    with pytest.raises(InputError, match="2 models, 1 descriptions, 1 and 1 outputs: each model needs one of each"):
        cards.run(**given)


def fields_of(value, name=""):
    """Return the names of all fields of a document, with those that they lie in."""
    if isinstance(value, dict):
        inner = [fields_of(one, f"{name}.{key}" if name else key) for key, one in value.items()]
        return [name, *(field for fields in inner for field in fields)]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return fields_of(value[0], name)
    return [name]


def test_every_field_of_a_card_is_documented(tables):
    row = {"model": "first", "domain": "home", "output": "Omega_m", "axis": "noise", "label": "noise", "units": "dex"}
    row |= {"direction": "up", "largest": 0.1, "critical": 0.1, "critical_low": 0.05, "critical_high": 0.2}
    named = {name: getattr(tables, name) for name in ("similarity", "scores", "repairs", "trust", "trust_intervals")}
    whole = card(CardTables(**named, critical_strengths=pd.DataFrame([row])), repaired_by("batch_norm"))
    known = set(re.findall(r"`([a-z0-9_.]+)`", (ROOT / "docs/card.md").read_text()))
    fields = {name.replace(".rows", "") for name in fields_of(whole)} - {""}
    numbers = re.compile(r"\..*\..*(value|low|high)$|\.missing$")
    bare = {name for name in fields if not numbers.search(name)}
    assert sorted(bare - known) == []
