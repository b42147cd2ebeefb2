"""Networks that know less: weights shuffled from the last layer down, and a network before any training.

What a map of attribution still shows when the weights are shuffled comes from the input and the architecture, not from
what the network has learned.

References
----------
Adebayo et al. 2018, "Sanity checks for saliency maps", arXiv 1810.03292.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from repshift.attribution.rules import tensors_of
from repshift.recording.batches import Forward, maps_alone
from repshift.recording.maps import placed
from repshift.recording.passes import evaluating
from repshift.training.initialisation import set_batch_statistics
from repshift.vocabulary import ALL_WEIGHTS, InputError


def randomised(
    network: nn.Module, maps: Tensor, *, depths: int, seed: int, forward: Forward | None = None
) -> Iterator[tuple[str, nn.Module]]:
    """Yield copies of a network, one at a time, with more and more of its layers shuffled from the last down.

    Parameters
    ----------
    network
        Runs once, in evaluation mode, to learn the order of its layers; it is not changed.
    maps
        (n_maps, channels, y, x), as the network reads them; the first is run.
    depths
        How many copies, 1 or more: evenly spaced between the last layer alone and all of them. Of fewer layers as many
        as there are; of one depth all layers are shuffled.
    seed
        Of the shuffles, 0 or more. A layer is shuffled alike at every depth.
    forward
        As in `repshift.recording.passes.run_network`.

    Yields
    ------
    The path of the first layer that is shuffled, and the copy; `ALL_WEIGHTS` where every layer is.

    Raises
    ------
    InputError
        If `depths` is below 1, or no weight is used.

    Notes
    -----
    A layer is a module with a weight of two axes or more and, after it until the next one, what has weights of one axis
    alone: batch norms and slopes. The order is that of the last use of a weight within the forward pass. The numbers of
    each parameter are put in a random order, so their distribution stays; running statistics of batch norms stay too.
    """
    if depths < 1:
        raise InputError(f"'depths' is {depths}. Expected 1 or more.")
    layers = weight_layers(network, maps, forward=forward)
    most = len(layers)
    for n_shuffled in sorted({round(n) for n in np.linspace(1, most, depths)}) if depths > 1 else [most]:
        shuffled = layers[most - n_shuffled :]
        copied = copy.deepcopy(network)
        _shuffle(copied, [name for layer in shuffled for name in layer], seed)
        yield ALL_WEIGHTS if n_shuffled == most else _path_of(shuffled[0][0]), copied


def untrained(
    network: nn.Module, maps: Tensor, *, seed: int, batch_size: int, forward: Forward | None = None
) -> nn.Module:
    """Return a copy of a network with weights as before training, in evaluation mode.

    Parameters
    ----------
    network
        Not changed. Each of its modules draws its weights as torch does, and its batch norms are set on `maps`.
    maps
        (n_maps, channels, y, x), as the network reads them.
    seed
        Of the weights, 0 or more.
    batch_size
        Maps of one forward pass, 2 or more; a last batch of one map is left out.
    forward
        As in `repshift.recording.passes.run_network`.

    Raises
    ------
    InputError
        If a parameter is held by a module that does not say how it is drawn: it has no ``reset_parameters``. If no
        batch has two maps: one has no statistics.
    """
    n_maps = len(maps) - (len(maps) % batch_size == 1)
    if min(n_maps, batch_size) < 2:
        raise InputError(f"{len(maps)} maps in batches of {batch_size} have no statistics. Expected two maps in each.")
    held = placed(network, maps[:n_maps])
    copied = copy.deepcopy(network).cpu()  # every device has random numbers of its own
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for path, module in copied.named_modules():
            _reset(path, module)
        copied.to(held.device)
        set_batch_statistics(copied, held, batch_size=batch_size, forward=forward or maps_alone)
    return copied


def weight_layers(network: nn.Module, maps: Tensor, *, forward: Forward | None = None) -> list[list[str]]:
    """Return the names of parameters, layer by layer, in the order of the forward pass.

    Arguments as in `randomised`.

    Raises
    ------
    InputError
        If the forward pass uses no parameter that is a weight.
    """
    used = _ParameterUse(network)
    fused = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # as one call, a transformer layer would hide its order
    try:
        with evaluating(network, None), torch.no_grad(), used:
            (forward or maps_alone)(network, placed(network, maps[:1]))
    finally:
        torch.backends.mha.set_fastpath_enabled(fused)
    layers: list[list[str]] = [[]]
    owners: set[str] = set()
    for name, parameter in used.parameters():
        owner = _path_of(name)
        if parameter.ndim > 1 and owner not in owners:
            layers += [[]] if owners else []
            owners.add(owner)
        layers[-1].append(name)
    if not owners:
        raise InputError("The forward pass of the network uses no weights, so there is nothing to shuffle.")
    return layers


class _ParameterUse(TorchFunctionMode):
    """Notes which parameters of a network are used, in the order of their last use."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.names = {id(parameter): (name, parameter) for name, parameter in network.named_parameters()}
        self.used: dict[int, None] = {}

    def parameters(self) -> list[tuple[str, nn.Parameter]]:
        """Return names and parameters."""
        return [self.names[each] for each in self.used]

    def __torch_function__(
        self,
        func: Any,  # noqa: ANN401 - torch's own signature
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        for tensor in tensors_of((args, kwargs or {})):
            if id(tensor) in self.names:
                self.used.pop(id(tensor), None)
                self.used[id(tensor)] = None
        return func(*args, **(kwargs or {}))


def _path_of(name: str) -> str:
    """Return the path of the module of a parameter, or the name of one that the network itself holds."""
    path = name.rpartition(".")[0] or name
    return path.partition(".parametrizations")[0]


def _shuffle(network: nn.Module, names: Sequence[str], seed: int) -> None:
    """Put the numbers of parameters in a random order, the same whatever else is shuffled."""
    places = {name: place for place, (name, _) in enumerate(network.named_parameters())}
    for name in names:
        parameter = network.get_parameter(name)
        order = np.random.default_rng([seed, places[name]]).permutation(parameter.numel())
        with torch.no_grad():
            parameter.copy_(parameter.flatten()[torch.from_numpy(order).to(parameter.device)].reshape(parameter.shape))


def _reset(path: str, module: nn.Module) -> None:
    own = [name for name, _ in module.named_parameters(recurse=False)]
    reset: Callable[[], None] | None = getattr(module, "reset_parameters", None)
    if own and reset is None:
        raise InputError(
            f"Module '{path}' holds the parameters {own}, but has no 'reset_parameters' that draws them. An untrained "
            "network cannot be made from it."
        )
    if reset is not None:
        reset()
