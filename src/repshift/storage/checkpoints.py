"""States of a training, kept so that it can go on: tensors, numbers and lists, with what they belong to."""

import json
from pathlib import Path
from typing import Any, cast

import torch

from repshift.storage.files import replacing
from repshift.storage.weights import read_content


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
