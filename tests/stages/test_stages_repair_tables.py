"""Tables of the summary of what the stages repair, pruning and trust write."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from pruning_datasets import cause_dataset, pruning_dataset, retrained_dataset
from repair_datasets import TRAINED, repair_dataset
from repshift.case.tables import table_of
from repshift.evidence.pruning.verdicts import can_go
from repshift.evidence.repair.correlations import correlations_with_gain
from repshift.stages.summary import pruning, repair, stack, tables, trust
from repshift.storage.datasets import write_dataset
from repshift.vocabulary import about
from trust_datasets import trust_dataset
from world import compare, multiply

TABLES = {**repair.TABLES, **pruning.TABLES, **trust.TABLES}


def with_choice(dataset):
    """Return a file of a trained rung whose weight was chosen of two."""
    found = {"choice_weight": [1.0, 5.0], "choice_score": [0.5, 0.7], "choice_chosen": [0, 1]}
    chosen = {name: ("candidate", np.array(values), about(name)) for name, values in found.items()}
    return dataset.assign(chosen).assign_attrs(choice_judged_on="third")


@pytest.fixture
def ladder(rng):
    return repair_dataset(rng)


@pytest.fixture
def untrained(rng):
    """Return a ladder of ten repairs, enough for a correlation."""
    return repair_dataset(rng, sizes=(1, 2, 3, 5, 25))


@pytest.fixture
def trained(rng):
    return with_choice(repair_dataset(rng, rungs={"none": TRAINED["none"], "mmd": TRAINED["mmd"]}))


def repairs(*files, name="repairs"):
    return table_of(repair.stack_repairs(files), TABLES[name])


def test_entries_of_all_files_are_there_once(ladder, trained):
    table = repairs(ladder, trained)
    entries = table.drop_duplicates(["rung", "setting", "n_simulations", "prior"])
    assert len(table) == 6 * len(entries)
    assert list(entries["rung"].unique()) == ["none", "bound", "batch_norm", "recalibration", "mmd"]


def test_trained_rungs_stand_beside_batch_norm_on_their_maps(ladder, trained):
    """Scores are of the runs: those that the files of the fixture hold are others."""
    table = repairs(ladder, trained)
    known = table[table["gain_over_batch_norm"].notna()]
    assert set(known["rung"]) == {"mmd"}
    assert set(known["prior"]) == {"same"}
    assert set(known["n_simulations"]) == {1, 5, 25}
    assert (known["gain_over_batch_norm_low"] <= known["gain_over_batch_norm"]).all()
    assert table["gain_over_mmd"].isna().all()


def test_where_no_rung_trains_there_is_no_yardstick(ladder):
    assert "gain_over_batch_norm" not in repairs(ladder)


def test_a_row_of_repairs_holds_its_numbers(ladder, trained):
    table = repairs(ladder, trained)
    at = {"rung": "mmd", "n_simulations": 5, "prior": "same", "judged_on": "home", "parameter": "sigma_8"}
    (row,) = table[(table[list(at)] == pd.Series(at)).all(axis=1)].to_dict("records")
    entry = np.flatnonzero(trained["entry_n_simulations"].to_numpy() == 5)[0]
    of_file = trained.isel(entry=entry).sel(judged_on="home", parameter="sigma_8")
    for name in ("score", "gain_low", "gain_over_control_high", "score_lowest"):
        assert row[name] == float(of_file[name])
    assert [row[name] for name in ("control", "labelled", "needs_same_prior")] == [
        *("source_training", "false", "not known")
    ]


def test_numbers_of_the_prior_are_of_the_target(ladder):
    table = repairs(ladder)
    others = table[table["judged_on"] != "target"]
    assert others["prior_difference"].isna().all()
    assert table.loc[table["judged_on"] == "target", "prior_difference"].notna().all()


def test_a_target_without_labels_keeps_its_home(rng):
    unlabelled = repair_dataset(rng, labels=False)
    for name in ("score", "gain", "gain_over_control", "score_lowest", "score_highest"):
        for end in ("", "_low", "_high"):
            if f"{name}{end}" in unlabelled:
                unlabelled[f"{name}{end}"].loc[{"judged_on": ["target", "mixed"]}] = np.nan
    found = unlabelled.drop_vars([name for name in unlabelled if str(name).startswith(("prior_", "cosmology_"))])
    assert set(repairs(found)["judged_on"]) == {"home"}


def test_models_of_other_outputs_stand_side_by_side(rng, ladder):
    classifier = repair_dataset(rng, classes=("elliptical", "spiral"), model="second")
    table = repairs(ladder, classifier)
    of_class = table[table["model"] == "second"]
    assert set(of_class["parameter"]) == {"quality"}
    assert set(of_class["score_name"]) == {"accuracy"}


def test_weights_that_were_tried_are_a_table(ladder, trained):
    table = repairs(ladder, trained, name="repair_weights")
    assert table[["weighed", "judged_by", "chosen", "choice_weight"]].to_numpy().tolist() == [
        ["mmd", "third", "false", 1.0],
        ["mmd", "third", "true", 5.0],
    ]


def test_correlations_are_over_the_repairs_of_all_files(untrained, trained):
    alone, both = (repairs(*files, name="repair_correlations") for files in ((untrained,), (untrained, trained)))
    assert [set(table["entries"]) for table in (alone, both)] == [{10}, {13}]


def test_correlations_need_ten_repairs(ladder):
    changes, gains = np.arange(10.0)[:, None], np.arange(10.0)[:, None] ** 3
    assert correlations_with_gain(changes, gains)[0].item() == pytest.approx(1)
    assert np.isnan(correlations_with_gain(changes[:9], gains[:9])[0]).all()
    assert repairs(ladder, name="repair_correlations").empty


def test_shift_scores_after_repair_are_a_table(ladder):
    table = repairs(ladder, name="repair_label_free")
    assert set(table["number"]) == {"mmd_rbf_last", "off_diagonal_mean"}
    assert len(table) == 2 * ladder.sizes["entry"]


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        *((-0.1, 0.05, "yes"), (0.02, 0.05, "yes"), (0.02, 0.3, "no"), (-0.1, 0.3, "not known")),
        (np.nan, np.nan, "not possible"),
    ],
)
def test_layers_can_go_where_no_large_loss_is_open(low, high, word):
    ends = np.array([low]), np.array([high])
    assert can_go(*ends, reference_low=np.array([0.5]), guess=0.0).item() == word


@pytest.mark.parametrize(("guess", "word"), [(0.0, "nothing to lose"), (None, "yes")])
def test_a_network_like_a_guess_has_nothing_to_lose(guess, word):
    ends = np.array([-2.0]), np.array([-1.0])
    assert can_go(*ends, reference_low=np.array([-0.1]), guess=guess).item() == word


def test_changes_that_are_not_possible_say_so(rng):
    table = table_of(pruning.stack_pruning([pruning_dataset(rng)]), TABLES["pruning"])
    refused = table[table["can_go"] == "not possible"]
    assert set(refused["layers"] + " " + refused["way"]) == {"C02 identity"}
    assert refused["score_lost"].isna().all()


def test_a_loss_says_which_network_it_is_from(rng):
    stacked = pruning.stack_pruning([pruning_dataset(rng), retrained_dataset(rng)])
    table = table_of(stacked, TABLES["pruning"])
    known = table.groupby("loss_from")["score_control"].count()
    assert known.to_dict() == {"the control": 44, "the network as it is": 0}


def test_a_row_of_pruning_has_the_numbers_of_its_change(rng):
    dataset = pruning_dataset(rng)
    table = table_of(pruning.stack_pruning([dataset]), TABLES["pruning"])
    where = {"change": "C22", "way": "linear", "parameter": "sigma_8"}
    (row,) = table[(table["layers"] == "C22") & (table["way"] == "linear") & (table["parameter"] == "sigma_8")].to_dict(
        "records"
    )
    assert row["score_lost"] == float(dataset["score_lost"].sel(where))
    assert row["cka_with_neighbour"] == float(dataset["cka_with_neighbour"].sel(change="C22"))


def test_runs_that_move_cka_are_a_table(rng):
    stacked = pruning.stack_causes([cause_dataset(rng)])
    runs, entries = (table_of(stacked, TABLES[name]) for name in ("pruning_cause_runs", "pruning_cause"))
    assert set(runs["run_kind"]) == set(entries["entry_kind"]) == {"none", "control", "build", "remove", "match"}
    assert set(runs["home_held"]) == {"true", "false"}
    assert runs["run_cka_reached"].notna().all()
    assert entries["entry_cka_difference"].between(0.5, 0.9).all()


def test_what_goes_with_moved_cka_is_a_table(rng):
    table = table_of(pruning.stack_causes([cause_dataset(rng)]), TABLES["pruning_cause_correlations"])
    assert list(table["beside"].unique()) == ["cka_reached", "cka_at_home", "cka_difference"]
    assert list(table["moved"].unique()) == ["all", "build", "remove", "match"]
    assert set(table["runs_held"]) == {6}
    assert set(table["rank_correlation_held_low"]) == {-0.2}


@pytest.fixture
def trusted(rng):
    cases = [("home", True), ("other", True), ("real", False)]
    return trust.stack_trust([trust_dataset(rng, domain=name, labels=known) for name, known in cases])


def test_domains_without_labels_are_told_apart_alone(trusted):
    table = table_of(trusted, TABLES["trust"]).set_index("domain")
    assert table.loc["real", "rank_correlation"].isna().all()
    assert table.loc["real", "auc_domain"].notna().all()
    assert table.loc["home", "auc_domain"].isna().all()


def test_intervals_of_the_network_stand_beside_conformal(trusted):
    table = table_of(trusted, TABLES["trust_intervals"])
    asked = table[(table["is_asked"] == "true") & (table["parameter"] == "Omega_m") & (table["domain"] == "other")]
    assert dict(zip(asked["kind"], asked["coverage"], strict=True)) == pytest.approx(
        {"predicted": 0.36, "plain": 0.45, "weighted": 0.45, "over_std": 0.45, "over_distance": 0.45}
    )


def test_a_number_of_trust_is_that_of_its_file(rng, trusted):
    table = table_of(trusted, TABLES["trust"])
    row = table[(table["score"] == "predicted_std") & (table["parameter"] == "sigma_8")].iloc[0]
    home = trust_dataset(rng).sel(score="predicted_std", parameter="sigma_8")
    assert row["auc_worst_tenth"] == pytest.approx(float(home["auc_worst_tenth"]))
    assert row["simulations"] == 16


def written(path, dataset: xr.Dataset):
    write_dataset(dataset, path)
    return path


def test_all_tables_come_from_the_summary(world, tmp_path, rng, untrained, trained):
    files = {"repair": [written(tmp_path / "a.nc", untrained), written(tmp_path / "b.nc", trained)]}
    files |= {"pruning": [written(tmp_path / "c.nc", pruning_dataset(rng))]}
    files |= {"pruning_cause": [written(tmp_path / "d.nc", cause_dataset(rng))]}
    files |= {"trust": [written(tmp_path / "e.nc", trust_dataset(rng))]}
    summary, paths = tmp_path / "summary.nc", [tmp_path / f"{name}.csv" for name in TABLES]
    stack.run(cka=[compare(multiply(world))], output=summary, **files)
    tables.run(summary=summary, tables=list(TABLES), outputs=paths)
    lengths = {path.stem: len(pd.read_csv(path)) for path in paths}
    assert lengths.pop("trust_calibration") == 0
    assert min(lengths.values()) > 0
