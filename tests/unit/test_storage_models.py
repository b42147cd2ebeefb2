"""Models: read as written, refused where their bytes or their description are others."""

import dataclasses
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from repshift import InputError
from repshift.networks.channels import Channel, Moments, Preprocessing
from repshift.networks.classes import Classes
from repshift.networks.cmd import CMDNetwork
from repshift.storage.checkpoints import read_checkpoint, write_checkpoint
from repshift.storage.files import sha256
from repshift.storage.measurement import Measurement
from repshift.storage.models import (
    CMD_NETWORK,
    Description,
    read_model,
    require_fitting,
    write_model,
)
from repshift.storage.simulations import MapFile, Simulations
from repshift.storage.weights import load_weights

MEASURED = Measurement("T", Moments(4.5, 0.7), 75, (16, 16), "abc")


def in_a_file(*measured):
    channels = tuple(MapFile(Path("a.npy"), np.empty(0), one) for one in measured)
    return Simulations(channels, np.empty((5, 6)))


@pytest.fixture
def description():
    network = CMDNetwork(1, size=16)
    arguments = {"hidden": 1, "dropout": 0.0, "channels": 1, "size": 16}
    return Description(
        "MockTNG", "T", CMD_NETWORK, arguments, tuple(network.layers), (Channel("T", Moments(4.7, 0.8)),)
    )


@pytest.fixture
def model(tmp_path, description):
    path = tmp_path / "model.pt"
    torch.manual_seed(0)
    write_model(CMDNetwork(1, size=16), path, description=description)
    return path


def rewrite(path, state):
    """Replace the weights, and the checksum with them."""
    torch.save(state, path)
    record = json.loads(path.with_suffix(".json").read_text())
    path.with_suffix(".json").write_text(json.dumps(record | {"sha256": sha256(path)}))


def test_a_model_is_read_as_written(model, description):
    network, found = read_model(model)
    assert found.moments == description.moments
    assert found.layers == description.layers
    assert not network.training


def test_the_classes_of_a_classifier_are_kept(tmp_path, description):
    classes = Classes(("spiral", "2"), "probabilities")
    write_model(
        CMDNetwork(1, size=16), tmp_path / "a.pt", description=dataclasses.replace(description, classes=classes)
    )
    assert read_model(tmp_path / "a.pt")[1].classes == classes


def test_a_description_of_no_classes_does_not_name_them(model):
    assert "classes" not in json.loads(model.with_suffix(".json").read_text())


@pytest.mark.parametrize("classes", [{"names": ["a"]}, {"names": 3}, {"kinds": ["a", "b"]}, []])
def test_a_description_of_other_classes_is_refused(model, classes):
    path = model.with_suffix(".json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"classes": classes}))
    with pytest.raises(InputError, match="model.json does not describe a model"):
        read_model(model)


def test_the_same_weights_are_the_same_bytes_under_any_name(model, description):
    other = model.with_name("another.pt")
    network, _ = read_model(model)
    write_model(network, other, description=description)
    assert other.read_bytes() == model.read_bytes()


def test_a_changed_file_is_refused_by_its_checksum(model):
    model.write_bytes(model.read_bytes()[:-1] + b"x")
    with pytest.raises(InputError, match=r"model.pt has the SHA-256 .* but .*model.json says"):
        read_model(model)


def test_weights_of_another_width_are_refused(model):
    rewrite(model, CMDNetwork(2, size=16).state_dict())
    with pytest.raises(InputError, match=r"'C01.weight' of shape \(4, 1, 3, 3\); the network needs \(2, 1, 3, 3\)"):
        read_model(model)


def test_weights_of_another_network_are_refused(model):
    rewrite(model, {"somewhere.weight": torch.ones(2)})
    with pytest.raises(InputError, match=r"does not fit the network: missing .*'B01.bias'.* unknown \['somewhere"):
        read_model(model)


def test_a_truncated_file_is_refused(model):
    cut = model.read_bytes()[:-3000]
    model.write_bytes(cut)
    record = json.loads(model.with_suffix(".json").read_text())
    model.with_suffix(".json").write_text(json.dumps(record | {"sha256": sha256(model)}))
    with pytest.raises(InputError, match=r"model.pt is not a whole file of weights"):
        read_model(model)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>", "begins like neither"),
        (b"", "begins like neither"),
        (b"\x80\x02}q\x00", "not a whole file of weights"),
    ],
)
def test_what_is_no_file_of_weights_is_refused(tmp_path, content, message):
    (tmp_path / "a.pt").write_bytes(content)
    with pytest.raises(InputError, match=message):
        load_weights(CMDNetwork(1, size=16), tmp_path / "a.pt")


class Explosive:
    """Runs code when it is unpickled."""

    def __reduce__(self):
        return (exec, ("raise SystemExit('the file ran code')",))


@pytest.mark.parametrize("save", [torch.save, lambda content, path: path.write_bytes(pickle.dumps(content, 2))])
def test_a_pickle_that_would_run_code_is_refused(model, save):
    save({"C01.weight": Explosive()}, model)
    record = json.loads(model.with_suffix(".json").read_text())
    model.with_suffix(".json").write_text(json.dumps(record | {"sha256": sha256(model)}))
    with pytest.raises(InputError, match="holds more than tensors, so it was not loaded"):
        read_model(model)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"constructor": "os.system"}, "names the constructor 'os.system'"),
        ({"arguments": {"depth": 3}}, r"cannot take \{'depth': 3\}"),
        ({"moments": {"mean": 1}}, "does not describe a model"),
        ({"preprocessing": {"smoothing": -1}}, "does not describe a model: The smoothing is -1 pixels"),
        ({"colour": "red"}, "does not describe a model"),
        (
            {"arguments": {"hidden": 10**9, "dropout": 0.0, "channels": 1, "size": 16}},
            "hidden 1000000000. Expected a whole",
        ),
        (
            {"arguments": {"hidden": 2, "dropout": 0.0, "channels": 1, "size": 2**40}},
            "size 1099511627776. Expected a whole",
        ),
        ({"arguments": {"hidden": True, "dropout": 0.0, "channels": 1, "size": 16}}, "hidden True. Expected a whole"),
        ({"arguments": {"hidden": "2", "dropout": 0.0, "channels": 1, "size": 16}}, "hidden '2'. Expected a whole"),
        ({"layers": "A01"}, "has layers 'A01'. Expected names"),
        ({"layers": ["A01", 3]}, "Expected names of up to 200 letters"),
        ({"layers": ["\x1b[31m"]}, "Expected names of up to 200 letters"),
        ({"layers": ["a" * 201]}, "Expected names of up to 200 letters"),
        ({"moments": {"mean": "0", "std": 1.0}}, "does not describe a model"),
        ({"moments": {"mean": 0.0, "std": 0.0}}, "does not describe a model"),
        ({"moments": {"mean": float("nan"), "std": 1.0}}, "does not describe a model"),
    ],
)
def test_a_description_of_something_else_is_refused(model, change, message):
    record = json.loads(model.with_suffix(".json").read_text())
    model.with_suffix(".json").write_text(json.dumps(record | change))
    with pytest.raises(InputError, match=message):
        read_model(model)


def test_a_description_before_preprocessing_is_read(model):
    record = json.loads(model.with_suffix(".json").read_text())
    assert record.pop("preprocessing") == {"smoothing": 0.0, "monopole": "kept", "logarithm": True}
    model.with_suffix(".json").write_text(json.dumps(record))
    assert read_model(model)[1].channels[0].preprocessing == Preprocessing()


def test_a_model_keeps_its_preprocessing(model, description):
    channel = dataclasses.replace(description.channels[0], preprocessing=Preprocessing(2.0, "removed"))
    described = dataclasses.replace(description, channels=(channel,))
    write_model(read_model(model)[0], model, description=described)
    assert read_model(model)[1].channels == (channel,)


def test_maps_of_another_preprocessing_do_not_fit(description):
    require_fitting(description, in_a_file(MEASURED))
    other = dataclasses.replace(MEASURED, preprocessing=Preprocessing(2.5, "removed"))
    message = (
        "a.npy was measured with smoothing 2.5 and monopole removed, .* trained with smoothing 0 and monopole kept"
    )
    with pytest.raises(InputError, match=message):
        require_fitting(description, in_a_file(other))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([{"field": "Mtot"}], r"a.npy holds field 'Mtot', but the model reads field 'T'"),
        ([{"size": (32, 32)}], "a.npy holds maps of 32 pixels a side, but the model was built for 16"),
        ([{"size": (16, 32)}], "a.npy holds maps of 16 x 32 pixels, but the model was built for 16"),
        ([{}, {"field": "Mtot"}], "a.npy, a.npy: 2 channels of maps, but the model reads 1: T"),
    ],
)
def test_maps_that_the_model_was_not_built_for_do_not_fit(description, changes, message):
    with pytest.raises(InputError, match=message):
        require_fitting(description, in_a_file(*(dataclasses.replace(MEASURED, **change) for change in changes)))


def test_a_checkpoint_of_other_settings_is_left_alone(tmp_path):
    path = tmp_path / "checkpoint.pt"
    write_checkpoint({"curve": [{"epoch": 1}]}, path, identity={"seed": 1})
    assert read_checkpoint(path, identity={"seed": 1}) == {"curve": [{"epoch": 1}]}
    assert read_checkpoint(path, identity={"seed": 2}) is None
    assert read_checkpoint(tmp_path / "none.pt", identity={"seed": 1}) is None
