"""Files of repaired models: the network is read with what its repair put there, or not at all."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from repshift import InputError
from repshift.networks.channels import Channel, Moments
from repshift.networks.cmd import CMDNetwork
from repshift.networks.insertion_places import insert, insertions_of
from repshift.storage.files import sha256
from repshift.storage.models import CMD_NETWORK, Description, read_model, write_model
from repshift.storage.repairs import RepairRecord


@pytest.fixture
def description():
    arguments = {"hidden": 1, "dropout": 0.0, "channels": 1, "size": 16}
    repair = RepairRecord("feature_moments", "T-MockTNG", "abc")
    layers = tuple(CMDNetwork(1, size=16).layers)
    return Description(
        "MockTNG", "T", CMD_NETWORK, arguments, layers, (Channel("T", Moments(4.7, 0.8)),), repair=repair
    )


@pytest.fixture
def network():
    torch.manual_seed(0)
    network = CMDNetwork(1, size=16).eval()
    insert(network, "LeakyReLU:3", torch.tensor([2.0, 1.0, 0.5, 3.0]), torch.arange(4.0))
    insert(network, "outputs", torch.full((12,), 2.0), torch.arange(12.0))
    return network


@pytest.fixture
def model(tmp_path, network, description):
    write_model(network, tmp_path / "model.pt", description=description)
    return tmp_path / "model.pt"


def edit(path, **changes):
    """Change what a description says of its repair."""
    record = json.loads(path.with_suffix(".json").read_text())
    record["repair"] |= changes
    path.with_suffix(".json").write_text(json.dumps(record))


def test_a_repaired_model_is_read_as_written(model, network, rng):
    found, description = read_model(model)
    maps = torch.from_numpy(rng.normal(size=(3, 1, 16, 16))).float()
    assert torch.equal(found(maps), network(maps))
    assert description.repair.method == "feature_moments"
    assert [one["place"] for one in description.repair.insertions] == ["LeakyReLU:3", "outputs"]


def test_a_model_written_again_keeps_its_insertions(model, tmp_path):
    found, description = read_model(model)
    write_model(found, tmp_path / "again.pt", description=replace(description, layers=("C01",)))
    assert (tmp_path / "again.pt").read_bytes() == model.read_bytes()
    assert len(insertions_of(read_model(tmp_path / "again.pt")[0]).held) == 2


def test_a_description_of_no_repair_does_not_name_it(tmp_path, description):
    write_model(CMDNetwork(1, size=16), tmp_path / "a.pt", description=replace(description, repair=None))
    assert "repair" not in json.loads((tmp_path / "a.json").read_text())
    assert read_model(tmp_path / "a.pt")[1].repair is None


def test_a_repair_of_weights_alone_has_no_insertions(tmp_path, description):
    write_model(CMDNetwork(1, size=16), tmp_path / "a.pt", description=description)
    assert read_model(tmp_path / "a.pt")[1].repair == description.repair


def test_insertions_without_a_record_are_not_written(tmp_path, network, description):
    with pytest.raises(InputError, match="has 2 affine maps that a repair put there, but its description names no"):
        write_model(network, tmp_path / "a.pt", description=replace(description, repair=None))
    assert not (tmp_path / "a.pt").exists()


def test_insertions_that_were_cut_from_the_record_are_missed(model):
    edit(model, insertions=[])
    with pytest.raises(InputError, match=r"does not fit the network: missing \[\], unknown \['insertions.0.scale'"):
        read_model(model)


def test_weights_without_the_insertions_are_refused(model):
    torch.save(CMDNetwork(1, size=16).state_dict(), model)
    record = json.loads(model.with_suffix(".json").read_text())
    model.with_suffix(".json").write_text(json.dumps(record | {"sha256": sha256(model)}))
    with pytest.raises(InputError, match=r"does not fit the network: missing \['insertions.0.scale'"):
        read_model(model)


@pytest.mark.parametrize(
    "insertion", [{"place": "C99:0", "channels": 2, "kind": "affine"}, {"place": "outputs"}, "outputs"]
)
def test_insertions_that_do_not_fit_are_refused(model, insertion):
    edit(model, insertions=[insertion])
    with pytest.raises(InputError, match="model.json describes a repair that does not fit its network"):
        read_model(model)


@pytest.mark.parametrize("change", [{"insertions": 3}, {"charm": 1}])
def test_a_repair_of_other_keys_is_refused(model, change):
    edit(model, **change)
    with pytest.raises(InputError, match="model.json does not describe a model"):
        read_model(model)


def test_a_call_that_is_never_made_is_found_at_the_first_pass(model, rng):
    edit(model, insertions=[{"place": "LeakyReLU:30", "channels": 4, "kind": "affine"}, *[OUTPUTS]])
    network, _ = read_model(model)
    with pytest.raises(InputError, match="never made the call 'LeakyReLU:30', where an insertion is"):
        network(torch.from_numpy(rng.normal(size=(1, 1, 16, 16)).astype(np.float32)))


OUTPUTS = {"place": "outputs", "channels": 12, "kind": "affine"}
