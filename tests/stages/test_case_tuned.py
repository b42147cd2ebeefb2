"""What a repair saw of a domain: left out where trust is judged, marked where all maps are scored."""

import pytest
import xarray as xr

from case_inputs import on_case
from repshift import InputError
from repshift.adaptation import Options
from repshift.case.trust import sample
from repshift.stages.repair.network import run
from repshift.storage.models import read_model
from trust_run import trust
from world import AWAY, HOME, once, paths_of, predict, score

SEEN = "simulations_seen_by_repair"


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch):
    """Each test makes its own samples."""
    monkeypatch.setattr(sample, "_KNOWN", {})


def repair(world, method="batch_norm", *, name="repaired", **changes):
    """Make a repaired model in the small world, and return the world with it."""
    home = {f"reference_{key}": path for key, path in paths_of(world["home"]).items()}
    given = {"name": "new", "model": "T-MockTNG", "weights": world["weights"], "method": method, "threads": 1}
    given |= {"options": Options(), "device": "cpu", "maps_each": 3, "reference": HOME, "domain": AWAY}
    output = world["folder"] / f"{name}.pt"
    once(on_case(run))(output=output, **given | home | paths_of(world["away"]) | changes)
    return {**world, "weights": output}


def seen_by(world, side="target"):
    return read_model(world["weights"])[1].provenance["repair"][side]["simulations"]


def attributes(path):
    with xr.open_dataset(path) as found:
        return found.attrs, found.sizes.get("map", 0)


def test_trust_leaves_out_what_a_repair_saw(world):
    repaired = repair(world, simulations=2)
    found = trust(repaired, AWAY, home=HOME)
    assert set(found["simulation"].values) == set(range(12)) - set(seen_by(repaired))
    assert (found.attrs[SEEN], found.attrs[f"own_{SEEN}"]) == (2, 0)


def test_trust_leaves_out_what_a_repair_saw_at_home(world):
    repaired = repair(world, "feature_moments", simulations=2, reference_simulations=2)
    assert set(trust(repaired)["simulation"].values) == set(range(12)) - set(seen_by(repaired, "source"))
    assert trust(repaired, AWAY, home=HOME).attrs[f"own_{SEEN}"] == 2


def test_trust_of_a_model_that_is_not_repaired_is_of_all(world):
    found = trust(world, AWAY, home=HOME)
    assert set(found["simulation"].values) == set(range(12))
    assert found.attrs[SEEN] == 0


def test_trust_where_a_repair_saw_all_is_refused(world):
    with pytest.raises(InputError, match="saw 12 of the 12 simulations of domain 'away', and 0 are left to be judged"):
        trust(repair(world), AWAY, home=HOME)


def test_a_second_repair_does_not_hide_what_the_first_saw(world):
    first = repair(world, name="first", simulations=2, options=Options(seed=1))
    second = repair(first, "batch_norm_mixed", name="second", simulations=2, options=Options(seed=2))
    seen = set(seen_by(first)) | set(seen_by(second))
    assert len(seen) > 2
    with pytest.raises(InputError, match=f"saw {len(seen)} of the 12 simulations"):
        trust(second, AWAY, home=HOME)


def test_predictions_and_scores_keep_all_maps_and_say_so(world):
    repaired = repair(world, simulations=2)
    for path in (predict(repaired, AWAY), score(repaired, AWAY)):
        assert attributes(path)[0][SEEN] == 2
    assert attributes(predict(repaired, AWAY))[1] == attributes(predict(world, AWAY))[1]
    assert attributes(predict(repaired, HOME))[0][SEEN] == 0
    assert SEEN not in attributes(predict(world, AWAY))[0]
