"""Forward passes: batches of maps through a network on a device, its layers handed over on the way."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any, Literal, Protocol, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from repshift.recording.calls import Consume, recording
from repshift.recording.devices import choose_device, full_precision
from repshift.recording.layers import NONLINEARITIES, LayerChoice, Rule, choose_layers, fits, kind_of
from repshift.recording.memory import BatchSize
from repshift.vocabulary import InputError

Precision = Literal["float32", "bfloat16"]
"""Of the forward pass: as the network is, or what torch's autocast makes of it. Gram products stay in float32."""


class Batches(Protocol):
    """Maps that are read a batch at a time."""

    def __len__(self) -> int:
        """Return how many maps there are."""

    def __getitem__(self, which: slice, /) -> npt.NDArray[np.float32]:
        """Return some of them, (n_maps, channels, size, size)."""


Maps: TypeAlias = npt.NDArray[np.float32] | Tensor | Batches

Progress: TypeAlias = Callable[[int], AbstractContextManager[Callable[[], None]]]
"""Takes how many batches there are; what it yields is called after each."""


def run_network(
    network: nn.Module,
    maps: Maps,
    *,
    batch_size: int | BatchSize,
    device: str = "cpu",
    layers: Sequence[Rule] | None = None,
    consume: Consume | None = None,
    precision: Precision = "float32",
    dropout_seed: int | None = None,
    progress: Progress | None = None,
) -> Tensor:
    """Run all maps through the network and return its answers, on the host.

    Parameters
    ----------
    network
        Moved to the device; runs in evaluation mode, its mode is restored.
    maps
        (n_maps, channels, size, size), preprocessed as the network expects; copied, in the type of its parameters.
    batch_size
        Maps of one forward pass; the last may have fewer. A `BatchSize` is halved where memory is short, a number is
        not.
    device
        ``cpu``, ``cuda`` or ``auto``.
    layers
        As in `repshift.recording.layers.choose_layers`.
    consume
        Called with the name and the output of each layer, for each batch in turn, from the first again where memory was
        short; None records nothing.
    precision
        ``float32``, or ``bfloat16`` for a forward pass under torch's autocast.
    dropout_seed
        Keeps dropout on, its draws seeded by this number; None leaves it off.
    progress
        Entered with how many batches there are; what it yields is called after each.

    Raises
    ------
    InputError
        If there is no map, a layer is unknown, never called or no tensor over the maps, batches call different layers,
        the device is not there, memory is short for one map, or the answer is no tensor (`record_layers` takes any).
    """
    how: dict[str, Any] = {"device": device, "layers": layers, "consume": consume}
    how |= {"precision": precision, "dropout_seed": dropout_seed}

    def attempt(size: int) -> Tensor:
        answers: list[Tensor] = []
        with (progress or _unseen)(-(-len(maps) // max(size, 1))) as advance:

            def keep(answer: object) -> None:
                if not isinstance(answer, Tensor):
                    raise InputError(f"The network answers with a {type(answer).__name__}, not a tensor.")
                answers.append(answer.float().cpu() if precision == "bfloat16" else answer.cpu())
                advance()

            record_layers(network, maps, batch_size=size, keep=keep, **how)
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
    device: str = "cpu",
    layers: Sequence[Rule] | None = None,
    dropout_seed: int | None = None,
    precision: Precision = "float32",
    keep: Callable[[object], None] | None = None,
) -> None:
    """Run all maps through the network and hand its layers over; all batches must call the same layers.

    `keep` is called with the answer to each batch, whatever it is; other arguments and errors as in `run_network`.
    """
    if len(maps) == 0 or batch_size < 1:
        raise InputError(f"{len(maps)} maps in batches of {batch_size}: at least one of each is needed.")
    if precision not in get_args(Precision):
        raise InputError(f"Unknown precision '{precision}'. Choose float32 or bfloat16.")
    taken = keep or (lambda _answer: None)
    target = choose_device(device)
    choice = choose_layers(network, layers)
    first: set[str] | None = None
    with ExitStack() as stack:
        stack.enter_context(_evaluating(network.to(target), dropout_seed))
        stack.enter_context(torch.inference_mode())
        stack.enter_context(nullcontext() if consume is None else full_precision())
        if consume is not None and not choice.convention:
            _probe(network, maps, batch_size, choice, target)
        for start in range(0, len(maps), batch_size):
            batch = _batch(network, maps, slice(start, start + batch_size), target)
            seen: dict[str, None] = {}
            watching = nullcontext() if consume is None else _watching(network, batch, choice, consume, seen)
            with _locating(seen), watching, _forward(target, precision):
                taken(network(batch))
            if consume is not None:
                _require_seen(set(seen), choice, network)
                first = set(seen) if first is None else first
                _require_alike(set(seen), first)


def features_of(output: Tensor) -> Tensor:
    """Return the output of a layer as (n_maps, n_units) in the order of its memory: a view where that is dense.

    The order of units does not matter to a Gram matrix.
    """
    if output.ndim == 4 and output.is_contiguous(memory_format=torch.channels_last):
        output = output.permute(0, 2, 3, 1)
    return output.reshape(len(output), -1)


def _batch(network: nn.Module, maps: Maps, which: slice, device: torch.device) -> Tensor:
    """Return a copy of some maps in the type of the network's parameters: a network may work on its input in place."""
    kinds = (parameter.dtype for parameter in network.parameters() if parameter.is_floating_point())
    return torch.as_tensor(maps[which]).to(device=device, dtype=next(kinds, None), copy=True)


def _probe(
    network: nn.Module,
    maps: Maps,
    batch_size: int,
    choice: LayerChoice,
    device: torch.device,
) -> None:
    """Refuse layers whose first axis is as long as a batch by chance: record one batch of another size, for nothing."""
    n_maps = 3 if min(batch_size, len(maps)) == 2 else 2
    if n_maps > len(maps):
        return
    with torch.random.fork_rng():
        batch = _batch(network, maps, slice(n_maps), device)
        with recording(network, choice=choice, n_maps=n_maps, consume=lambda _name, _output: None):
            network(batch)


def _watching(
    network: nn.Module, batch: Tensor, choice: LayerChoice, consume: Consume, seen: dict[str, None]
) -> AbstractContextManager[None]:
    """Record one batch; what is done with a layer's output is not under the autocast of the forward pass."""

    def hand_over(name: str, output: Tensor) -> None:
        seen[name] = None
        with torch.autocast(output.device.type, enabled=False):
            consume(name, output)

    return recording(network, choice=choice, n_maps=len(batch), consume=hand_over)


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
def _evaluating(network: nn.Module, dropout_seed: int | None) -> Iterator[None]:
    """Put the network into evaluation mode, but for dropout where it is seeded; restore every module's mode."""
    modes = {module: module.training for module in network.modules()}
    network.eval()
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


def _require_seen(seen: set[str], choice: LayerChoice, network: nn.Module) -> None:
    missing = [name for name in choice.named.values() if name not in seen]
    if missing:
        raise InputError(f"The forward pass never made the call of layer {missing}.")
    if not seen and choice.rules == NONLINEARITIES:
        raise InputError("The network called no non-linear activation module, nor function. Name its layers.")
    if choice.rules == NONLINEARITIES:
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
