"""Choosing among networks without labels: a number that follows the error chooses well, and the table has the price."""

import numpy as np
import pandas as pd
import pytest

from repshift import InputError
from repshift.stages.summary import choices

SUITES = ("A", "B", "C", "D")
MORE = (*SUITES, "E", "F", "G")


def write_tables(folder, rng, *, suites=SUITES):
    """Write accuracy and label-free numbers of a network a suite on every other; one number follows the error."""
    scores, numbers = [], []
    for train in suites:
        for test in suites:
            case = {"model": f"T-{train}", "field": "T", "train_suite": train, "domain": test, "test_suite": test}
            case["in_distribution"] = str(train == test).lower()
            error = abs(MORE.index(train) - MORE.index(test)) + 0.1 * rng.uniform()
            for maps in ("split", "cka"):
                r2 = 1 - error**2 if maps == "split" else np.nan
                scores.append(case | {"parameter": "Omega_m", "maps": maps, "r2": r2})
            for name, value in (("mmd", error), ("noise", rng.normal())):
                row = {"family": "distances", "score": name, "layer": "", "parameter": "", "value": value}
                numbers.append({key: case[key] for key in ("model", "domain")} | row)
    pd.DataFrame(scores).to_csv(folder / "scores.csv", index=False)
    pd.DataFrame(numbers).to_csv(folder / "shift_scores.csv", index=False)
    return {"scores": folder / "scores.csv", "shift_scores": folder / "shift_scores.csv"}


def choose(folder, rng, **changes):
    output = folder / "choices.csv"
    choices.run(**write_tables(folder, rng, **changes), resamples=200, seed=1, output=output)
    return pd.read_csv(output, keep_default_na=False).set_index(["predictor", "target"])


def test_a_number_that_follows_the_error_chooses_best(tmp_path, rng):
    table = choose(tmp_path, rng)
    assert float(table.loc[("mmd", ""), "regret"]) == 0
    assert float(table.loc[("mmd", ""), "regret_at_random"]) > 0.5
    assert table.loc[("mmd", "A"), ["chosen", "best"]].tolist() == ["T-B", "T-B"]


def test_noise_chooses_worse_and_its_interval_says_so(tmp_path, rng):
    row = choose(tmp_path, rng, suites=MORE).loc[("noise", "")]
    assert 0 < float(row["regret"]) <= float(row["regret_high"])


@pytest.mark.parametrize(("suites", "ends"), [(SUITES, 0), (MORE, 2)])
def test_a_regret_has_no_interval_below_five_suites(tmp_path, rng, suites, ends):
    row = choose(tmp_path, rng, suites=suites).loc[("noise", "")]
    assert sum(row[name] != "" for name in ("regret_low", "regret_high")) == ends


def test_networks_of_the_targets_suite_are_no_candidates(tmp_path, rng):
    assert set(choose(tmp_path, rng)["n_models"]) == {3}


def test_two_suites_leave_nothing_to_choose(tmp_path, rng):
    with pytest.raises(InputError, match="has no choice to make: expected targets of two suites or more"):
        choose(tmp_path, rng, suites=SUITES[:2])


def test_a_model_left_out_is_no_candidate(tmp_path, rng):
    output = tmp_path / "choices.csv"
    choices.run(**write_tables(tmp_path, rng), leave_out=["T-A"], resamples=200, seed=1, output=output)
    table = pd.read_csv(output, keep_default_na=False)
    assert not (table[["chosen", "best"]] == "T-A").any(axis=None)
    assert set(table["n_models"]) == {2, 3}
