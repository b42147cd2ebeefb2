"""The stages repair, pruning and trust in a run: what they make, and what makes it again."""

import json
import shutil

import pytest
import xarray as xr

from planning import plans, running
from running import configure, put, results, run

LADDER, CONTROLS, RUNGS = "repair_1", "rungs_T-MockTNG_MockSIMBA_1", "rungs_T-MockTNG_MockSIMBA_2"
LATENT = "latent_space_T-MockTNG_1"
PRUNING, TRUST = "pruning_T-MockTNG_1", "trust_1"
AFTER = {"all", "summary", "results", "pages"}
"""What reads what any of them makes."""

OF_REPAIR = {*AFTER, "figure7"}


@pytest.fixture(scope="module")
def changed(finished, tmp_path_factory):
    """A copy of the finished directory, to change something in."""
    return shutil.copytree(finished, tmp_path_factory.mktemp("copy") / "changed", copy_function=shutil.copy2)


def planned(finished, tmp_path, *changes):
    """Return which rules a changed configuration would run."""
    (plan,) = plans(finished, {"configuration": configure(tmp_path, *changes)[1]})
    return set(running(plan))


def test_each_case_has_its_ladder(finished):
    with xr.open_dataset(finished / "results/repair/T-MockTNG/MockSIMBA.nc") as ladder:
        rungs = list(dict.fromkeys(ladder["entry_rung"].values.tolist()))
        assert rungs[0] == "none"
        assert {"pixel_moments", "feature_moments", "batch_norm", "batch_norm_mixed", "recalibration"} <= set(rungs)
        assert set(ladder["run_split"].values.tolist()) == {0, 1}
        assert "lower half of Omega_m" in set(ladder["entry_prior"].values.tolist())


def test_a_trained_rung_stands_beside_its_control(finished):
    for rung in ("fine_tuning", "mmd"):
        with xr.open_dataset(finished / f"results/repair/T-MockTNG/MockSIMBA_{rung}.nc") as trained:
            own = trained.isel(entry=trained["entry_rung"] == rung)
            assert set(own["entry_control"].values.tolist()) == {"source_training"}
            assert own["gain_over_control"].notnull().any()
            assert ("candidate" in trained.dims) == (rung == "mmd")


def test_a_repaired_model_is_a_model_with_all_stages(finished):
    described = json.loads((finished / "results/models/T-MockTNG-repaired.json").read_text())
    assert described["repair"]["method"] == "batch_norm"
    stages = ("grams", "cka", "predictions", "scores")
    assert all((finished / f"results/{stage}/T-MockTNG-repaired/MockSIMBA.nc").exists() for stage in stages)


def test_what_is_pruned_and_trusted_lies_in_files(finished):
    names = ("MockTNG", "MockSIMBA", "MockTNG_retrained", "MockSIMBA_retrained", "MockSIMBA_cause")
    assert all((finished / f"results/pruning/T-MockTNG/{name}.nc").exists() for name in names)
    with xr.open_dataset(finished / "results/trust/T-MockTNG/MockSIMBA.nc") as trust:
        assert "dropout_scatter" in trust["score_name"].values.tolist()
        assert "auc_domain" in trust


def test_figures_and_tables_hold_what_was_repaired(finished):
    found = results(finished)
    drawn = (*(f"figure{number}" for number in (7, 8, 9)), "latent_space")
    assert {f"results/figures/{name}/T-MockTNG.png" for name in drawn} <= set(found)
    assert {f"results/summary/{name}.csv" for name in ("repairs", "pruning", "trust")} <= set(found)


CHANGES = [
    (put("repair", "training", "steps", value=3), {CONTROLS, RUNGS, *OF_REPAIR}),
    (put("repair", "mixing", value=0.3), {LADDER, LATENT, *OF_REPAIR, "latent_space_figure"}),
    (put("repair", "latent_space", "maps", value=5), {LATENT, "latent_space_figure", "pages", "all"}),
    (put("pruning", "alike", value=0.8), {PRUNING, *AFTER, "figure8"}),
    (put("trust", "neighbours", value=3), {TRUST, *AFTER, "figure9"}),
]


@pytest.mark.parametrize(("change", "rules"), CHANGES, ids=["training", "mixing", "latent space", "pruning", "trust"])
def test_other_settings_make_again_what_reads_them(finished, tmp_path, change, rules):
    assert planned(finished, tmp_path, change) == rules


def test_the_code_of_a_loss_trains_again(changed):
    path = changed / "src/repshift/adaptation/losses/mmd.py"
    text = path.read_text()
    path.write_text(f"{text}\nEDITED = True\n")
    (plan,) = plans(changed, {"configuration": "config/test.yaml"})
    path.write_text(text)
    assert {RUNGS, *OF_REPAIR} <= set(running(plan))
    assert not {TRUST, "training", "maps"} & set(running(plan))


def test_lost_rungs_are_trained_to_the_same_bytes(changed):
    path = changed / "results/repair/T-MockTNG/MockSIMBA_mmd.nc"
    before = path.read_bytes()
    path.unlink()
    (plan,) = plans(changed, {"configuration": "config/test.yaml"})
    assert set(running(plan)) == {RUNGS, *OF_REPAIR}
    run(changed, str(path.relative_to(changed)), "--configfile", "config/test.yaml")
    assert path.read_bytes() == before
