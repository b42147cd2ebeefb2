"""Files of tensors, of torch and of safetensors: read as data, never as code, and loaded into the network they fit."""

import pickle
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

from repshift.storage.files import require_file
from repshift.vocabulary import InputError

StateDict = dict[str, Tensor]

PREFIXES: Final = ("module.", "model.", "_orig_mod.")
"""Before the names of tensors: of DataParallel and averaged models, of Lightning, of compiled networks."""

_COMPILED: Final = "._orig_mod."
_DEEPEST: Final = 4
"""Dictionaries within each other in which a state dict is looked for."""

_COPIES: Final = 16
"""How often a checkpoint may hold the weights: with averages and the state of an optimiser, in double precision."""


def load_weights(network: nn.Module, path: Path) -> None:
    """Load a state dict strictly into `network`, wherever in a checkpoint it lies.

    Parameters
    ----------
    network
        Whose names and shapes the tensors must have; tensors of another floating-point type are converted to its own.
    path
        What ``torch.save`` wrote, or a file of safetensors (``.safetensors``): a state dict, or dictionaries that hold
        one. Where its names begin with one of `PREFIXES`, these are taken off, and what stands beside them is left.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it is cut, far too large, holds more than data, or not exactly one state dict that fits; else as in
        `require_state`.
    """
    expected = network.state_dict()
    found, n_bytes = path.stat().st_size, sum(tensor.nbytes for tensor in expected.values())
    if found > _COPIES * (n_bytes + 1_000_000):
        raise InputError(f"{path} has {found} bytes, but the weights of the network are {n_bytes}: it is another file.")
    state = {name: _converted(tensor, expected.get(name)) for name, tensor in _read_state(path, expected).items()}
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
    for name, tensor in state.items():
        if name.rpartition(".")[2] == "running_var" and (tensor < 0).any():
            raise InputError(
                f"{source} has '{name}' below zero, {float(tensor.min()):.3g}. A variance is not negative."
            )


def read_content(path: Path) -> object:
    """Read a file of torch's without running code that it may carry, or unpacking more than the file has bytes.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it is no file of torch's, is cut, compressed, or holds more than data.
    """
    require_file(path)
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


def _read_state(path: Path, expected: StateDict) -> StateDict:
    """Return the one state dict of a file whose names are those expected; where none is, the nearest."""
    content = _read_safetensors(path) if path.suffix.lower() == ".safetensors" else read_content(path)
    held = dict(_state_dicts(content))
    if not held:
        raise InputError(f"{path} is not a state dict: expected names with tensors, found {_words(content)}.")
    fitting = {
        f"{place}{'/' * bool(place and prefix)}{prefix}": state
        for place, part in held.items()
        for prefix, state in _unprefixed(part)
        if state.keys() == expected.keys()
    }
    if len(fitting) > 1:
        raise InputError(
            f"{path} holds {len(fitting)} state dicts that fit the network: "
            f"{', '.join(name or 'names without a prefix' for name in fitting)}. Save the one you mean alone."
        )
    if not fitting and len(held) > 1:
        said = ", ".join(f"'{place}' of {len(state)} tensors" for place, state in list(held.items())[:8])
        raise InputError(f"{path} holds no state dict that fits the network; it holds {said}.")
    if fitting:
        return next(iter(fitting.values()))
    parts = [state for _, state in _unprefixed(next(iter(held.values())))]
    return max(parts, key=lambda state: len(state.keys() & expected.keys()))


def _state_dicts(content: object, place: str = "") -> Iterator[tuple[str, StateDict]]:
    """Yield what in dictionaries of dictionaries has nothing but tensors by name, and where."""
    if not isinstance(content, Mapping) or place.count("/") > _DEEPEST:
        return
    if content and all(isinstance(name, str) and isinstance(value, Tensor) for name, value in content.items()):
        yield place, dict(content)
    elif not content and not place:
        yield place, {}
    else:
        for name, value in content.items():
            yield from _state_dicts(value, f"{place}/{name}" if place else str(name))


def _unprefixed(state: StateDict, before: str = "") -> Iterator[tuple[str, StateDict]]:
    """Yield the tensors of a state dict by the prefixes of their names: all, those without any, and those of each."""
    names = {name.replace(_COMPILED, "."): tensor for name, tensor in state.items()}
    yield before, names
    bare = {name: tensor for name, tensor in names.items() if not name.startswith(PREFIXES)}
    if bare and len(bare) < len(names):
        yield f"{before}(bare)", bare
    for prefix in PREFIXES:
        inside = {name.removeprefix(prefix): tensor for name, tensor in names.items() if name.startswith(prefix)}
        if inside:
            yield from _unprefixed(inside, f"{before}{prefix}")


def _converted(tensor: Tensor, expected: Tensor | None) -> Tensor:
    """Return a tensor of real numbers in the type of the network's own."""
    both = expected is not None and tensor.is_floating_point() and expected.is_floating_point()
    dense = tensor.layout == torch.strided and tensor.device.type == "cpu"
    return tensor.to(expected.dtype) if both and dense and expected is not None else tensor


def _read_safetensors(path: Path) -> StateDict:
    """Read a file of safetensors, which holds tensors and nothing else."""
    from safetensors import SafetensorError  # of this kind of file alone
    from safetensors.torch import load_file

    require_file(path)
    try:
        return dict(load_file(path))
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(f"{path} is not a whole file of safetensors: {error}.") from error


def _words(content: object) -> str:
    """Say what a file holds."""
    if isinstance(content, Mapping):
        return f"a dictionary of {', '.join(f'{name!s:.40}' for name in list(content)[:6]) or 'nothing'}"
    return f"a {type(content).__name__}"


def _require_stored(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    stored = all(entry.compress_type == zipfile.ZIP_STORED for entry in entries)
    if not stored or sum(entry.file_size for entry in entries) > path.stat().st_size:
        raise InputError(f"{path} is a compressed archive. Weights are stored as they are.")
