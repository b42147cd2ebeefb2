"""What the description of a model file says of the repair that made its network."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from repshift.networks.insertion_places import insertions_of
from repshift.vocabulary import InputError


@dataclass(frozen=True)
class RepairRecord:
    """A repair that was made.

    Attributes
    ----------
    method
        Name of the repair.
    of
        Name of the model that was repaired.
    sha256
        Checksum of its ``.pt``.
    insertions
        What the repair, and those before it, put into the network beside its own modules, in their order.
    """

    method: str
    of: str
    sha256: str
    insertions: tuple[dict[str, Any], ...] = ()


def as_built(network: nn.Module, repair: RepairRecord | None) -> RepairRecord | None:
    """Return the record of a repair with what stands in the network.

    Raises
    ------
    InputError
        If something does, and there is no record: the file would not say how the network is built.
    """
    held = tuple(one.record for one in insertions_of(network).held)
    if repair is None and held:
        raise InputError(
            f"The network has {len(held)} affine maps that a repair put there, but its description names no repair."
        )
    return None if repair is None else replace(repair, insertions=held)


def repair_of(record: Mapping[str, Any]) -> RepairRecord | None:
    """Return the repair that a description names, None where it names none; of other keys or types, as of a dataclass.

    Raises
    ------
    TypeError
        If a key is missing or unknown.
    """
    held = record.get("repair")
    return None if held is None else RepairRecord(**held | {"insertions": tuple(held["insertions"])})
