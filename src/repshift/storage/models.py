"""The standard model file: a state dict (``.pt``) and what it belongs to (``.json``). Weights are data, never code."""

import dataclasses
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from repshift.networks.channels import Channel, Moments, Preprocessing
from repshift.networks.classes import Classes
from repshift.networks.cmd import CMDNetwork
from repshift.networks.insertion_places import rebuild
from repshift.storage.constructors import construct
from repshift.storage.files import read_json, replacing, sha256, write_json
from repshift.storage.functions import Constructor
from repshift.storage.measurement import as_tuples
from repshift.storage.repairs import RepairRecord, as_built, repair_of
from repshift.storage.simulations import MapFile, Simulations
from repshift.storage.weights import load_weights
from repshift.vocabulary import InputError, size_in_words

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
        What the network was trained on; several fields with plus signs between them.
    constructor, arguments
        What builds the network: its class, or a function ``package.module:function`` of the user's own; its arguments.
    layers
        Names of the representations compared, in order.
    channels
        What the network reads, in the order of its input: of each its field and how its maps are prepared.
    provenance
        Where the weights come from: free in form, values of JSON.
    sha256
        Checksum of the ``.pt``.
    outputs
        Of a network of the user's own: labels whose posterior mean it answers, and after them, where it has as many
        answers again, their standard deviations; none: the answers mean nothing. CMD's network answers its parameters.
        Of a classifier the one label that holds the class.
    classes
        Of a classifier; None of another network, and then not written.
    repair
        Of a network that was repaired; None of another, and then not written.
    """

    suite: str
    field: str
    constructor: str
    arguments: dict[str, Any]
    layers: tuple[str, ...]
    channels: tuple[Channel, ...]
    provenance: dict[str, Any] = dataclasses.field(default_factory=dict)
    sha256: str = ""
    outputs: tuple[str, ...] = ()
    classes: Classes | None = None
    repair: RepairRecord | None = None

    @property
    def moments(self) -> tuple[Moments, ...]:
        """What standardises the maps of each channel."""
        return tuple(channel.moments for channel in self.channels)

    @property
    def record(self) -> dict[str, Any]:
        """What its file says: of one channel, which is the field, its parts without a list around them."""
        values = dataclasses.asdict(self)
        for name in ("channels", *(name for name in ("classes", "repair") if values[name] is None)):
            del values[name]
        written = [
            {"field": one.field, "moments": dataclasses.asdict(one.moments), "preprocessing": one.preprocessing.record}
            for one in self.channels
        ]
        if [one.field for one in self.channels] != [self.field]:
            return values | {"channels": written}
        record: dict[str, Any] = {}
        for name, value in values.items():  # in the order of files that know of one channel
            record |= {"moments": written[0]["moments"]} if name == "provenance" else {}
            record |= {"preprocessing": written[0]["preprocessing"]} if name == "outputs" else {}
            record[name] = value
        return record


def write_model(network: nn.Module, path: Path, *, description: Description) -> None:
    """Write the state dict to `path` and its description, with the checksum, to the ``.json`` beside it: both or none.

    Raises
    ------
    InputError
        If the description holds a number that is not finite, or says nothing of the repair of a network that has one.
    """
    description = dataclasses.replace(description, repair=as_built(network, description.repair))
    content = io.BytesIO()  # written to a file, torch would put the file's name into it
    torch.save({name: tensor.detach().cpu() for name, tensor in network.state_dict().items()}, content)
    record = description.record | {"sha256": hashlib.sha256(content.getvalue()).hexdigest()}
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
        of_one = {name: record.pop(name, {}) for name in ("moments", "preprocessing")}
        channels = record.pop("channels", [{"field": record["field"], **of_one}])
        parts = {
            "layers": tuple(record["layers"]),
            "channels": tuple(_channel(**one) for one in channels),
            "outputs": tuple(record.get("outputs", ())),
            "classes": _classes_of(record),
            "repair": repair_of(record),
        }
        return Description(**record | parts)
    except (KeyError, TypeError, AttributeError, InputError) as error:
        raise InputError(f"{path} does not describe a model: {error}.") from error


def _channel(field: str, moments: dict[str, float], preprocessing: dict[str, Any]) -> Channel:
    """Return a channel as its file describes it."""
    return Channel(field, Moments(**moments), Preprocessing(**as_tuples(preprocessing)))


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


def require_fitting(description: Description, simulations: Simulations) -> None:
    """Refuse files of maps whose number, fields, size or preprocessing are not the model's.

    Raises
    ------
    InputError
        With both values.
    """
    if len(simulations.channels) != len(description.channels):
        raise InputError(
            f"{simulations.names}: {len(simulations.channels)} channels of maps, but the model reads "
            f"{len(description.channels)}: {', '.join(one.field for one in description.channels)}."
        )
    for file, channel in zip(simulations.channels, description.channels, strict=True):
        _require_channel(channel, file, of_cmd=description.constructor == CMD_NETWORK, arguments=description.arguments)


def _require_channel(channel: Channel, file: MapFile, *, of_cmd: bool, arguments: dict[str, Any]) -> None:
    measured, path = file.measured, file.path
    if measured.field != channel.field:
        raise InputError(f"{path} holds field '{measured.field}', but the model reads field '{channel.field}'.")
    side = arguments.get("size")
    if of_cmd and measured.size != (side, side):
        raise InputError(
            f"{path} holds maps of {size_in_words(measured.size)}, but the model was built for {side} pixels a side."
        )
    if measured.preprocessing != channel.preprocessing:
        raise InputError(
            f"{path} was measured with {measured.preprocessing.words}, but the model was trained with "
            f"{channel.preprocessing.words}. Measure the maps as the model takes them."
        )


def by_channel(values: Sequence[Any]) -> Any:  # noqa: ANN401 - values of JSON
    """Return what the provenance says of each channel; of the only one, it alone."""
    return values[0] if len(values) == 1 else list(values)


def _build_network(description: Description, own: Constructor | None, path: Path) -> nn.Module:
    """Build the network of a description, with what a repair put into it and weights drawn from torch's generator."""
    network = _constructed(description, own, path)
    try:
        rebuild(network, () if description.repair is None else description.repair.insertions)
    except InputError as error:
        raise InputError(f"{path} describes a repair that does not fit its network: {error}") from error
    return network


def _constructed(description: Description, own: Constructor | None, path: Path) -> nn.Module:
    """Build the network as it was before any repair."""
    known = CMD_NETWORK if own is None else own.name
    if description.constructor != known:
        raise InputError(f"{path} names the constructor '{description.constructor}'. Known: {known}.")
    if own is not None:
        return construct(own, description.arguments)
    try:
        return CMDNetwork(**description.arguments)
    except TypeError as error:
        raise InputError(f"'{description.constructor}' cannot take {description.arguments}: {error}.") from error
