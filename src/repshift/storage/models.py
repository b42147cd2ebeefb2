"""The standard model file: a state dict (``.pt``) and what it belongs to (``.json``). Weights are data, never code."""

import dataclasses
import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import torch
from torch import nn

from repshift.networks.classes import Classes
from repshift.networks.cmd import CMDNetwork
from repshift.networks.preprocessing import UNCHANGED, Moments, Preprocessing
from repshift.storage.constructors import Constructor, construct
from repshift.storage.files import read_json, replacing, sha256, write_json
from repshift.storage.measurement import Measurement
from repshift.storage.weights import load_weights, read_content
from repshift.vocabulary import InputError

_LARGEST: Final = {"hidden": 256, "channels": 64, "size": 4096}
"""Largest arguments of the network of CMD that a description may ask for."""

_MOST_LAYERS: Final = 10_000

CMD_NETWORK: Final = "repshift.networks.CMDNetwork"
"""How a description names the network of CMD."""


@dataclass(frozen=True)
class Description:
    """What a file of weights belongs to: the ``.json`` beside it.

    Attributes
    ----------
    suite, field
        What the network was trained on.
    constructor, arguments
        What builds the network: its class, or a function ``package.module:function`` of the user's own; its arguments.
    layers
        Names of the representations compared, in order.
    moments
        Standardisation constants of the training maps, in dex.
    provenance
        Where the weights come from: free in form, values of JSON.
    sha256
        Checksum of the ``.pt``.
    preprocessing
        What happened to the training maps before they were standardised.
    outputs
        Of a network of the user's own: labels whose posterior mean it answers, and after them, where it has as many
        answers again, their standard deviations; none: the answers mean nothing. CMD's network answers its parameters.
        Of a classifier the one label that holds the class.
    classes
        Of a classifier; None of another network, and then not written.
    """

    suite: str
    field: str
    constructor: str
    arguments: dict[str, Any]
    layers: tuple[str, ...]
    moments: Moments
    provenance: dict[str, Any] = dataclasses.field(default_factory=dict)
    sha256: str = ""
    preprocessing: Preprocessing = UNCHANGED
    outputs: tuple[str, ...] = ()
    classes: Classes | None = None


def write_model(network: nn.Module, path: Path, *, description: Description) -> None:
    """Write the state dict to `path` and its description, with the checksum, to the ``.json`` beside it: both or none.

    Raises
    ------
    InputError
        If the description holds a number that is not finite.
    """
    content = io.BytesIO()  # written to a file, torch would put the file's name into it
    torch.save({name: tensor.detach().cpu() for name, tensor in network.state_dict().items()}, content)
    record = dataclasses.asdict(description) | {"sha256": hashlib.sha256(content.getvalue()).hexdigest()}
    if description.classes is None:
        del record["classes"]
    with replacing(path) as temporary:
        temporary.write_bytes(content.getvalue())
        write_json(record, path.with_suffix(".json"))


def read_model(path: Path, *, own: Constructor | None = None) -> tuple[nn.Module, Description]:
    """Build the network that a standard model file holds, in evaluation mode, on the CPU.

    Code of the user's own is imported only where `own` names it, and the file says the same.

    Raises
    ------
    FileNotFoundError
        If a file of the two is missing.
    InputError
        If the description is not one, the checksum or a tensor's shape differs, or the file holds more than tensors.
    """
    description = read_description(path.with_suffix(".json"))
    if (found := sha256(path)) != description.sha256:
        raise InputError(
            f"{path} has the SHA-256 {found}, but {path.with_suffix('.json')} says {description.sha256}. "
            "One of the two was changed or cut: restore both."
        )
    network = _build_network(description, own, path.with_suffix(".json"))
    load_weights(network, path)
    return network.eval(), description


def read_description(path: Path) -> Description:
    """Read the ``.json`` of a standard model file; errors as in `read_model`."""
    record = read_json(path)
    _require_bounded(record, path)
    try:
        parts = {
            "layers": tuple(record["layers"]),
            "moments": Moments(**record["moments"]),
            "preprocessing": Preprocessing(**record.get("preprocessing", {})),
            "outputs": tuple(record.get("outputs", ())),
            "classes": _classes_of(record),
        }
        return Description(**record | parts)
    except (KeyError, TypeError, AttributeError, InputError) as error:
        raise InputError(f"{path} does not describe a model: {error}.") from error


def _classes_of(record: dict[str, Any]) -> Classes | None:
    """Return the classes of a classifier, None where the description has none."""
    held = record.get("classes")
    return None if held is None else Classes(**held | {"names": tuple(held["names"])})


def _require_bounded(record: dict[str, Any], path: Path) -> None:
    """Refuse a description that asks for absurd sizes, or whose names are none, before anything is built of it."""
    arguments, layers = record.get("arguments"), record.get("layers")
    if record.get("constructor") == CMD_NETWORK and isinstance(arguments, dict):
        for name, largest in _LARGEST.items():
            value = arguments.get(name, 1)
            if type(value) is not int or not 1 <= value <= largest:
                raise InputError(
                    f"{path} has the argument {name} {value!r:.60}. Expected a whole number, 1 to {largest}."
                )
    if not isinstance(layers, list) or len(layers) > _MOST_LAYERS or not all(_is_name(one) for one in layers):
        raise InputError(
            f"{path} has layers {layers!r:.100}. Expected names of up to 200 letters, {_MOST_LAYERS} at most."
        )


def _is_name(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 200 and value.isprintable()


def require_fitting(description: Description, measured: Measurement, path: Path) -> None:
    """Refuse a file of maps whose field, size or preprocessing is not the model's.

    Raises
    ------
    InputError
        With both values.
    """
    if measured.field != description.field:
        raise InputError(f"{path} holds field '{measured.field}', but the model reads field '{description.field}'.")
    size = description.arguments.get("size")
    if description.constructor == CMD_NETWORK and measured.size != size:
        raise InputError(f"{path} holds maps of {measured.size} pixels a side, but the model was built for {size}.")
    if measured.preprocessing != description.preprocessing:
        raise InputError(
            f"{path} was measured with {_words(measured.preprocessing)}, but the model was trained with "
            f"{_words(description.preprocessing)}. Measure the maps as the model takes them."
        )


def write_checkpoint(state: dict[str, Any], path: Path, *, identity: dict[str, Any]) -> None:
    """Write a state of training (tensors, numbers, lists) with what it belongs to."""
    with replacing(path) as temporary:
        torch.save({"identity": json.dumps(identity, sort_keys=True), "state": state}, temporary)


def read_checkpoint(path: Path, *, identity: dict[str, Any]) -> dict[str, Any] | None:
    """Read a state of training; None if there is none, or if it belongs to other settings or data.

    Raises
    ------
    InputError
        If the file is cut, or holds more than data.
    """
    if not path.exists():
        return None
    checkpoint = read_content(path)
    if not isinstance(checkpoint, dict) or checkpoint.get("identity") != json.dumps(identity, sort_keys=True):
        return None
    return cast(dict[str, Any], checkpoint["state"])


def _build_network(description: Description, own: Constructor | None, path: Path) -> nn.Module:
    """Build the network of a description, with weights drawn from torch's generator."""
    known = CMD_NETWORK if own is None else own.name
    if description.constructor != known:
        raise InputError(f"{path} names the constructor '{description.constructor}'. Known: {known}.")
    if own is not None:
        return construct(own, description.arguments)
    try:
        return CMDNetwork(**description.arguments)
    except TypeError as error:
        raise InputError(f"'{description.constructor}' cannot take {description.arguments}: {error}.") from error


def _words(preprocessing: Preprocessing) -> str:
    logarithm = "" if preprocessing.logarithm else ", without the logarithm"
    return f"smoothing {preprocessing.smoothing:g} and monopole {preprocessing.monopole}{logarithm}"
