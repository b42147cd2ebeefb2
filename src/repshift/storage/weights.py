"""Files of tensors, as torch writes them: read as data, never as code, and loaded into the network they fit alone."""

import pickle
import zipfile
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

from repshift.vocabulary import InputError

StateDict = dict[str, Tensor]

_DATA_PARALLEL: Final = "module."
"""What ``torch.nn.DataParallel`` puts before the name of every tensor."""


def load_weights(network: nn.Module, path: Path) -> None:
    """Load a state dict strictly into `network`; one saved from ``DataParallel`` loses the prefix of its names.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it is cut, far too large or holds more than tensors; else as in `require_state`.
    """
    expected = network.state_dict()
    found, n_bytes = path.stat().st_size, sum(tensor.nbytes for tensor in expected.values())
    if found > 2 * n_bytes + 1_000_000:
        raise InputError(f"{path} has {found} bytes, but the weights of the network are {n_bytes}: it is another file.")
    state = _read_tensors(path, expected)
    require_state(state, network, str(path))
    network.load_state_dict({name: state[name] for name in expected})


def require_state(state: StateDict, network: nn.Module, source: str) -> None:
    """Refuse a state dict that does not fit `network` as it was built; `source` says where it comes from.

    Raises
    ------
    InputError
        If it has other names, shapes or types, or a value not finite in a tensor unlike the network's own.
    """
    expected = network.state_dict()
    missing, unknown = sorted(expected.keys() - state.keys()), sorted(state.keys() - expected.keys())
    if missing or unknown:
        raise InputError(f"{source} does not fit the network: missing {missing[:4]}, unknown {unknown[:4]}.")
    for name, tensor in expected.items():
        _require_tensor(state[name], tensor, f"{source} has '{name}'")


def read_content(path: Path) -> object:
    """Read a file of torch's without running code that it may carry, or unpacking more than the file has bytes.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it is no file of torch's, is cut, compressed, or holds more than data.
    """
    with path.open("rb") as file:
        if file.read(1) not in (b"P", b"\x80"):
            raise InputError(f"{path} is not a file of weights: it begins like neither a zip archive nor a pickle.")
    try:
        if zipfile.is_zipfile(path):
            _require_stored(path)
        content: object = torch.load(path, map_location="cpu", weights_only=True)
    except InputError:
        raise
    except pickle.UnpicklingError as error:
        # Before it comes advice to load the file all the same; after it, how to.
        reason = str(error).rpartition("WeightsUnpickler error: ")[2].partition("\n")[0].partition(". ")[0]
        raise InputError(f"{path} holds more than tensors, so it was not loaded: {reason:.200}.") from error
    except Exception as error:  # whatever a damaged file may do to torch
        raise InputError(f"{path} is not a whole file of weights: {error!r:.200}") from error
    return content


def _require_tensor(found: Tensor, expected: Tensor, what: str) -> None:
    """Refuse a tensor of another shape or type, which torch would convert without a word, or of values not finite.

    A tensor equal to the network's own may hold them: the mask of an attention is zeros and minus infinity.
    """
    if found.shape != expected.shape:
        raise InputError(
            f"{what} of shape {tuple(found.shape)}; the network needs {tuple(expected.shape)}. "
            "Was it trained with another width or map size?"
        )
    if (found.dtype, found.layout, found.device) != (expected.dtype, expected.layout, expected.device):
        raise InputError(
            f"{what} of {found.dtype}, {found.layout} on {found.device}; "
            f"the network needs {expected.dtype}, {expected.layout} on {expected.device}."
        )
    if not torch.isfinite(found).all() and not torch.allclose(found, expected, rtol=0, atol=0, equal_nan=True):
        raise InputError(
            f"{what} with values that are not finite, unlike the network as it is built. "
            "Did its training diverge, or is the file damaged?"
        )


def _read_tensors(path: Path, expected: StateDict) -> StateDict:
    """Read a state dict; where it was saved from ``DataParallel``, every name has a prefix, which is taken off."""
    state = read_content(path)
    if not isinstance(state, dict) or not all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in state.items()
    ):
        raise InputError(f"{path} is not a state dict: expected names with tensors.")
    if state.keys() != expected.keys() and all(name.startswith(_DATA_PARALLEL) for name in state):
        return {name.removeprefix(_DATA_PARALLEL): tensor for name, tensor in state.items()}
    return state


def _require_stored(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    stored = all(entry.compress_type == zipfile.ZIP_STORED for entry in entries)
    if not stored or sum(entry.file_size for entry in entries) > path.stat().st_size:
        raise InputError(f"{path} is a compressed archive. Weights are stored as they are.")
