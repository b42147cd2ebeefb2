"""Which calls of a network are its layers, and what they return."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from torch import Tensor, nn

from repshift.vocabulary import InputError

Consume = Callable[[str, Tensor], None]
"""Takes the name of a layer and its output for one batch, (n_maps, ...), at the moment of the call."""

NONLINEARITIES = (
    nn.ReLU, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.SELU, nn.CELU, nn.GELU, nn.SiLU, nn.Mish, nn.ReLU6, nn.RReLU,
    nn.Tanh, nn.Sigmoid, nn.Softplus, nn.Softsign, nn.Hardswish, nn.Hardtanh, nn.Hardsigmoid,
)  # fmt: skip
"""Modules whose calls are the layers of a network that has no convention of its own."""


def convention(network: nn.Module, layers: Sequence[str] | None) -> Mapping[str, str] | None:
    """Return layer names to calls; None where every call of a non-linear activation module is a layer.

    Parameters
    ----------
    network
        Where it has an attribute ``layers``, a mapping of names to calls, that is its own convention.
    layers
        None for the convention; else names from it, or, without one, calls written as ``module`` or ``module:call``,
        calls counted from 0.

    Raises
    ------
    InputError
        If a name is neither in the convention nor a module of the network.
    """
    own: Mapping[str, str] | None = getattr(network, "layers", None)
    own = own if isinstance(own, Mapping) else None
    if layers is None:
        return own
    modules = dict(network.named_modules())
    chosen = {name: own[name] if own and name in own else name for name in layers}
    unknown = [name for name, call in chosen.items() if call.partition(":")[0] not in modules]
    if unknown:
        raise InputError(f"The network has no layer {unknown}. Its modules are {sorted(filter(None, modules))}.")
    return {name: call if ":" in call else f"{call}:0" for name, call in chosen.items()}


@contextmanager
def recording(network: nn.Module, *, layers: Mapping[str, str] | None, consume: Consume) -> Iterator[None]:
    """Hand the output of every layer to `consume` while the network runs; hooks are removed at the end.

    A layer is a call, not a module: one activation module called twenty times is twenty layers. The output is handed
    over inside the call, before a later in-place operation could change it.
    """
    calls: Counter[str] = Counter()
    names = None if layers is None else {call: name for name, call in layers.items()}
    watched = {
        path: module
        for path, module in network.named_modules()
        if (isinstance(module, NONLINEARITIES) if names is None else any(c.partition(":")[0] == path for c in names))
    }

    def hook(path: str) -> Callable[[nn.Module, object, Tensor], None]:
        def hand_over(_module: nn.Module, _arguments: object, output: Tensor) -> None:
            call = f"{path}:{calls[path]}"
            calls[path] += 1
            name = call if names is None else names.get(call)
            if name is not None:
                consume(name, output)

        return hand_over

    with ExitStack() as stack:
        for path, module in watched.items():
            stack.callback(module.register_forward_hook(hook(path)).remove)
        yield
