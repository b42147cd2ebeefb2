"""Forward passes: batches of maps through a network on a device, its layers handed over on the way."""

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any, Literal, TypeAlias, get_args

import torch
from torch import Tensor, nn

from repshift.recording.batches import (
    Forward,
    LoaderBatches,
    batches_of,
    held_maps,
    maps_alone,
    require_maps_alone,
    sizes_of,
)
from repshift.recording.calls import Consume, recording
from repshift.recording.devices import choose_device, full_precision
from repshift.recording.layers import LayerChoice, Rule, choose_layers, fits, kind_of
from repshift.recording.maps import Maps, readable
from repshift.recording.memory import BatchSize
from repshift.recording.pooling import Pool, pooled, require_pool
from repshift.recording.probe import probed
from repshift.vocabulary import InputError

Precision = Literal["float32", "bfloat16", "float64"]
"""Of the forward pass: as the network is, what torch's autocast makes of it, or that of a copy in double precision."""

Progress: TypeAlias = Callable[[int], AbstractContextManager[Callable[[], None]]]
"""Takes how many batches there are; what it yields is called after each."""


def run_network(
    network: nn.Module,
    maps: Maps,
    *,
    batch_size: int | BatchSize,
    device: str | torch.device = "cpu",
    layers: Sequence[Rule] | None = None,
    consume: Consume | None = None,
    precision: Precision = "float32",
    dropout_seed: int | None = None,
    progress: Progress | None = None,
    forward: Forward | None = None,
) -> Tensor:
    """Run all maps through the network and return its outputs, on the host.

    Parameters
    ----------
    network
        Moved to the device; runs in evaluation mode, its mode is restored.
    maps
        (n_maps, channels, y, x), preprocessed as the network expects; copied, in the type of its parameters. See
        `repshift.recording.maps`.
    batch_size
        Maps of one forward pass; the last may have fewer. A `BatchSize` is halved where memory is short, a number is
        not.
    device
        As in `repshift.recording.devices.choose_device`.
    layers
        As in `repshift.recording.layers.choose_layers`.
    consume
        Called with the name and the output of each layer, for each batch in turn, from the first again where memory was
        short; None records nothing.
    precision
        ``float32``: the network as it is; ``bfloat16``: under torch's autocast; ``float64``: a copy in double
        precision.
    dropout_seed
        Keeps dropout on, its draws seeded by this number; None leaves it off.
    progress
        Entered with how many batches there are; what it yields is called after each.
    forward
        Runs a batch of maps through the network; None calls it with them.

    Raises
    ------
    InputError
        If there is no map, a layer is unknown, never called or no tensor over the maps, batches call different layers,
        the device is not there, memory is short for one map, or the answer is no tensor (`record_layers` takes any).
    """
    held = readable(maps)
    how: dict[str, Any] = {"device": device, "layers": layers, "consume": consume}
    how |= {"precision": precision, "dropout_seed": dropout_seed, "progress": progress, "forward": forward}

    def attempt(size: int) -> Tensor:
        answers: list[Tensor] = []

        record_layers(network, held, batch_size=size, keep=lambda answer: answers.append(answer_of(answer)), **how)
        return torch.cat(answers)

    if isinstance(batch_size, int):
        return attempt(batch_size)
    return batch_size.fit(attempt, device=choose_device(device))


@contextmanager
def _unseen(_total: int) -> Iterator[Callable[[], None]]:
    """Yield what follows no progress."""
    yield lambda: None


def record_layers(
    network: nn.Module,
    maps: Maps,
    *,
    batch_size: int,
    consume: Consume | None,
    device: str | torch.device = "cpu",
    layers: Sequence[Rule] | None = None,
    dropout_seed: int | None = None,
    precision: Precision = "float32",
    keep: Callable[[object], None] | None = None,
    progress: Progress | None = None,
    forward: Forward | None = None,
    pool: Pool | None = None,
) -> None:
    """Run all maps through the network and hand its layers over; all batches must call the same layers.

    `keep` is called with the answer to each batch, whatever it is. `forward` runs a batch through the network; None
    calls it with the maps alone. `pool` is of `repshift.recording.pooling.pooled`. Other arguments and errors as in
    `run_network`; batches that a loader gave for `forward` stay as they are, whatever their size.
    Where nothing is said of layers, calls that return no representation, as of a side branch whose first axis is not
    the maps, are left out with a warning.

    Nothing is differentiated, but tensors are such as a later gradient may pass through: a network may keep some.
    """
    held = held_maps(maps, forward)
    require_pool(pool)
    if len(held) == 0 or batch_size < 1:
        raise InputError(f"{len(held)} maps in batches of {batch_size}: at least one of each is needed.")
    if precision not in get_args(Precision):
        raise InputError(f"Unknown precision '{precision}'. Choose {', '.join(get_args(Precision))}.")
    require_network(network, forward)
    run = forward or maps_alone
    taken = keep or (lambda _answer: None)
    target = choose_device(device)
    choice = choose_layers(network, layers)
    if precision == "float64":
        if target.type == "mps":
            raise InputError("Device 'mps' has no double precision. Choose 'cpu' for precision float64.")
        network = in_double(network)
    first: set[str] | None = None
    with ExitStack() as stack:
        stack.enter_context(evaluating(network.to(target), dropout_seed))
        stack.enter_context(torch.no_grad())
        stack.enter_context(nullcontext() if consume is None else full_precision())
        if consume is not None and not choice.convention and not isinstance(held, LoaderBatches):
            choice = probed(network, held, batch_size, choice, target, forward=forward)
        sizes = sizes_of(held, batch_size)
        advance = stack.enter_context((progress or _unseen)(len(sizes)))
        for batch, n_maps in zip(batches_of(network, held, sizes, target, forward), sizes, strict=True):
            seen: dict[str, None] = {}
            watching = nullcontext() if consume is None else _watching(network, n_maps, choice, consume, seen, pool)
            with _locating(seen), watching, _forward(target, precision):
                taken(run(network, batch))
            if consume is not None:
                require_seen(set(seen), choice, network)
                first = set(seen) if first is None else first
                _require_alike(set(seen), first)
            advance()


def require_network(network: nn.Module, forward: Forward | None) -> None:
    """Refuse what is no network, and without `forward` a network that takes more than maps.

    Raises
    ------
    InputError
        With what was found.
    """
    if not isinstance(network, nn.Module):
        raise InputError(f"A network is a torch.nn.Module; found a {type(network).__name__}.")
    if not (forward is None or callable(forward)):
        raise InputError(f"forward is {forward!r:.100}. Expected a function of the network and a batch.")
    if forward is None:
        require_maps_alone(network)


def features_of(output: Tensor) -> Tensor:
    """Return the output of a layer as (n_maps, n_units) in the order of its memory: a view where that is dense.

    The order of units does not matter to a Gram matrix.
    """
    if is_channels_last(output):
        output = output.permute(0, 2, 3, 1)
    return output.reshape(len(output), -1)


def is_channels_last(output: Tensor) -> bool:
    """Say whether an output (n_maps, channels, y, x) lies in memory with its channels last."""
    return output.ndim == 4 and output.is_contiguous(memory_format=torch.channels_last)


def in_double(network: nn.Module) -> nn.Module:
    """Return a copy of a network in double precision; of one that is, or that has no numbers, itself.

    Raises
    ------
    InputError
        If the network cannot be copied.
    """
    tensors = [one for one in (*network.parameters(), *network.buffers()) if one.is_floating_point()]
    if all(one.dtype == torch.float64 for one in tensors):
        return network
    try:
        return copy.deepcopy(network).double()
    except Exception as error:  # whatever the code of a network raises
        raise InputError(f"The network cannot be copied to double precision: {error!r:.200}") from error


def answer_of(answer: object) -> Tensor:
    """Return what a network returns, on the host, half precision in single.

    Raises
    ------
    InputError
        If it is no tensor.
    """
    if not isinstance(answer, Tensor):
        raise InputError(f"The network returns a {type(answer).__name__}, not a tensor.")
    is_half = answer.is_floating_point() and answer.dtype.itemsize < 4
    return (answer.float() if is_half else answer).cpu()


def _watching(
    network: nn.Module,
    n_maps: int,
    choice: LayerChoice,
    consume: Consume,
    seen: dict[str, None],
    pool: Pool | None,
) -> AbstractContextManager[None]:
    """Record one batch; what is done with a layer's output is not under the autocast of the forward pass."""

    def hand_over(name: str, output: Tensor) -> None:
        seen[name] = None
        with torch.autocast(output.device.type, enabled=False):
            consume(name, pooled(name, output, pool))

    left_out: dict[str, InputError] | None = {} if choice.is_default else None
    return recording(network, choice=choice, n_maps=n_maps, consume=hand_over, left_out=left_out)


@contextmanager
def _locating(seen: dict[str, None]) -> Iterator[None]:
    """Note in an error of torch which layer came before it."""
    try:
        yield
    except RuntimeError as error:
        if seen:
            error.add_note(f"after layer '{list(seen)[-1]}'")
        raise


def _forward(device: torch.device, precision: Precision) -> AbstractContextManager[None]:
    return torch.autocast(device.type, dtype=torch.bfloat16) if precision == "bfloat16" else nullcontext()


@contextmanager
def evaluating(network: nn.Module, dropout_seed: int | None) -> Iterator[None]:
    """Put the network into evaluation mode, except dropout where it is seeded; restore every module's mode."""
    modes = {module: module.training for module in network.modules()}
    try:
        network.eval()
    except NotImplementedError as error:
        raise InputError("The network is what torch.export made from one. Give the network itself.") from error
    with torch.random.fork_rng(enabled=dropout_seed is not None):
        if dropout_seed is not None:
            torch.manual_seed(dropout_seed)
            for module in network.modules():
                if isinstance(module, nn.modules.dropout._DropoutNd):
                    module.train()
        try:
            yield
        finally:
            network.train(modes[network])
            for module, mode in modes.items():
                module.training = mode


def require_seen(seen: set[str], choice: LayerChoice, network: nn.Module) -> None:
    """Refuse a forward pass that made no call of a layer that was chosen.

    Raises
    ------
    InputError
        With what it never called.
    """
    missing = [name for name in choice.named.values() if name not in seen]
    if missing:
        raise InputError(f"The forward pass never made the call of layer {missing}.")
    if not seen and choice.is_default:
        raise InputError("The network called no non-linear activation module, nor function. Name its layers.")
    if choice.is_default:
        return
    named = {call for call, name in choice.named.items() if name in seen}
    calls = {call: kind_of(network, call) for call in named | (seen - set(choice.named.values()))}
    for rule in choice.rules:
        if not any(fits(rule, call, kind) for call, kind in calls.items()):
            modules = sorted(path for path, _ in network.named_modules() if path)
            raise InputError(f"The forward pass made no call that fits '{rule}'. The modules are {modules}.")


def _require_alike(seen: set[str], first: set[str]) -> None:
    if seen != first:
        raise InputError(f"Layers {sorted(seen ^ first)} are called for some batches of maps and not for others.")
