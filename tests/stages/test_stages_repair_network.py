"""The stage repair, action network: a model that every other stage takes."""

import json

import numpy as np
import pytest
import torch
import xarray as xr

from case_inputs import on_case
from repshift import InputError
from repshift.adaptation import REPAIRS, Options
from repshift.case.repair.domain_share import Share
from repshift.cli.commands import call_of
from repshift.networks.insertion_places import insertions_of
from repshift.stages.repair.network import METHODS, run
from repshift.statistics.tuning_splits import tuning_splits
from repshift.storage.models import read_model
from world import AWAY, HOME, activate, compare, multiply, once, paths_of, predict

UNTRAINED = [name for name in METHODS if not REPAIRS[name].trains]
OF_OUTPUTS = ("mean", "std")


def repair(world, method, *, name="repaired", write=None, **changes):
    """Make a repaired model in the small world, once for what it is given, and return the world with it."""
    home = {f"reference_{key}": path for key, path in paths_of(world["home"]).items()}
    given = {"name": "new", "model": "T-MockTNG", "weights": world["weights"], "method": method, "threads": 1}
    given |= {"options": Options(), "device": "cpu", "maps_each": 3, "reference": HOME, "domain": AWAY}
    output = world["folder"] / f"{name}.pt"
    (on_case(write) if write else once(on_case(run)))(output=output, **given | home | paths_of(world["away"]) | changes)
    return {**world, "weights": output}


def predicted(world, domain=AWAY, **changes):
    with xr.open_dataset(predict(world, domain, **changes)) as found:
        return found.load()


@pytest.mark.parametrize("method", UNTRAINED)
def test_every_stage_takes_a_repaired_model(method, world):
    before, after = predicted(world), predicted(repair(world, method))
    for name in OF_OUTPUTS:
        assert not np.allclose(after[name], before[name])
        assert np.isfinite(after[name]).all()


def test_a_model_repaired_again_has_both_repairs(world):
    first = repair(world, "feature_moments")
    second = repair(first, "recalibration", name="twice")
    network, description = read_model(second["weights"])
    assert [one.place for one in insertions_of(network).held] == ["LeakyReLU:7", "outputs"]
    assert description.repair.sha256 == read_model(first["weights"])[1].sha256


def test_similarity_is_that_of_the_repaired_features(world):
    at_first = repair(world, "feature_moments", options=Options(layer="C01"))
    files = activate(at_first, AWAY, name="repaired"), activate(world, AWAY, name="before")
    with xr.open_dataset(files[0]) as found, xr.open_dataset(files[1]) as before:
        scale, shift = read_model(at_first["weights"])[0].insertions[0].buffers()
        features = before["C01"].values.reshape(8, len(scale), -1)
        expected = features * scale[:, None].numpy() + shift[:, None].numpy()
        assert found["C01"].values.reshape(expected.shape) == pytest.approx(expected, abs=1e-5)
    with xr.open_dataset(compare(multiply(at_first, AWAY))) as found:
        assert np.isfinite(found["cka_debiased"]).all()


def test_a_repair_says_what_it_saw(world):
    description = read_model(repair(world, "feature_moments", simulations=2)["weights"])[1]
    assert description.repair.of == "T-MockTNG"
    assert description.repair.sha256 == read_model(world["weights"])[1].sha256
    said = description.provenance["repair"]
    assert said["options"] == {"layer": None}
    assert (said["target"]["domain"], said["source"]["domain"]) == ("away", "home")
    (split,) = tuning_splits(12, n_tuned=2, n_splits=1, seed=0)
    assert said["target"]["simulations"] == split.tuned.tolist()
    assert said["source"]["simulations"] == list(range(12))
    assert said["target"]["maps_each"] == 3


@pytest.mark.parametrize(("method", "labelled"), [("batch_norm", False), ("recalibration", True)])
def test_a_repair_says_whether_it_saw_labels(world, method, labelled):
    said = read_model(repair(world, method)["weights"])[1].provenance["repair"]
    assert said["target"]["labelled"] == labelled


def test_what_came_before_is_kept(world):
    before = read_model(world["weights"])[1]
    after = read_model(repair(world, "batch_norm")["weights"])[1]
    assert after.provenance.items() >= before.provenance.items()
    assert (after.suite, after.layers, after.channels) == (before.suite, before.layers, before.channels)


def test_the_same_repair_is_the_same_bytes(world):
    one, other = (repair(world, "batch_norm", name=name, write=run)["weights"] for name in ("one", "other"))
    assert one.read_bytes() == other.read_bytes()
    assert one.with_suffix(".json").read_text() == other.with_suffix(".json").read_text()


@pytest.mark.parametrize("method", [name for name in UNTRAINED if not REPAIRS[name].uses_target_labels])
def test_labels_of_the_target_do_not_matter(method, world):
    table = np.loadtxt(world["away"].parameters)
    first = repair(world, method, name="first", write=run)["weights"].read_bytes()
    np.savetxt(world["away"].parameters, table[::-1])
    assert repair(world, method, name="second", write=run)["weights"].read_bytes() == first


def test_a_domain_without_labels_will_do(world):
    with_labels, without = (
        repair(world, "batch_norm", name=name, write=run, **changes)["weights"]
        for name, changes in {"with": {}, "without": {"parameters": None}}.items()
    )
    assert with_labels.read_bytes() == without.read_bytes()


def test_layers_may_be_others(world):
    description = read_model(repair(world, "batch_norm", layers=["C1*", "FC1"])["weights"])[1]
    assert description.layers == ("C11", "C12", "C13", "FC1")


def test_training_repairs_are_made_too(world):
    options = Options(steps=1, batch=4)
    network = read_model(repair(world, "mmd", options=options)["weights"])[0]
    before = read_model(world["weights"])[0]
    assert not torch.equal(network.C01.weight, before.C01.weight)


@pytest.mark.parametrize("method", ["recalibration", "fine_tuning"])
def test_labels_that_are_not_there_are_refused(method, world):
    with pytest.raises(InputError, match=f"on domain 'away': The repair '{method}' needs labels of the target"):
        repair(world, method, parameters=None, write=run)


def test_a_repair_without_the_own_domain_is_refused(world):
    with pytest.raises(InputError, match="'feature_moments' needs maps of the network's own domain"):
        repair(world, "feature_moments", reference=None, write=run)


def test_a_domain_of_another_suite_is_not_the_own(world):
    with pytest.raises(
        InputError, match="Domain 'away' is of suite 'MockSIMBA', but the model was trained on 'MockTNG'"
    ):
        repair(world, "feature_moments", reference=AWAY, write=run)


def test_too_few_simulations_to_judge_are_refused(world):
    with pytest.raises(InputError, match="12 simulations are too few for a split: 3 tune"):
        repair(world, "batch_norm", simulations=3, write=run)


def test_one_map_is_refused(world):
    with pytest.raises(InputError, match="on domain 'away': 1 map has no statistics"):
        repair(world, "batch_norm", simulations=1, maps_each=1, write=run)


def test_all_simulations_are_in_their_order():
    assert Share(None, 1, 1).places(4).tolist() == Share(4, 1, 1).places(4).tolist() == [0, 1, 2, 3]


def test_the_command_line_says_all_of_it(world):
    files = paths_of(world["away"])
    words = "repair network --model new --of T-MockTNG --method batch_norm_mixed --mixing 0.25 --seed 3 --device cpu"
    words += " --domain away --suite MockSIMBA --set LHT --split all --standardisation training --threads 1"
    words += f" --batch-size 9 --maps {files['maps']} --measured {files['measured']} --maps-each 3"
    words += f" --weights {world['weights']} --output {world['folder'] / 'new.pt'}"
    call = call_of(words.split())
    call.run(**call.arguments)
    record = json.loads((world["folder"] / "new.json").read_text())
    assert record["repair"]["method"] == "batch_norm_mixed"
    assert record["provenance"]["repair"]["options"] == {"mixing": 0.25}
