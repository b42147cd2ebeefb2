"""Where a repair may put an affine map into a network, by the name of a layer."""

from torch import nn

from repshift.adaptation.last_layer import layers_before_outputs
from repshift.adaptation.repair import Options
from repshift.adaptation.sample import Sample
from repshift.networks.insertion_places import insert, insertions_of
from repshift.networks.insertions import INPUT, OUTPUTS
from repshift.recording.layers import choose_layers
from repshift.vocabulary import InputError

__all__ = ["INPUT", "OUTPUTS", "call_of", "insert", "insertions_of"]


def call_of(network: nn.Module, sample: Sample, options: Options) -> str:
    """Return the call of a module that a layer is, ``LeakyReLU:12``.

    Parameters
    ----------
    network
        Run in evaluation mode where no layer is named.
    sample
        Maps to run it with.
    options
        Of them `layer`; None: the last layer before the outputs that is a call of a module.

    Raises
    ------
    InputError
        If there is no such layer, or it is the call of a function, which an affine map cannot follow.
    """
    if options.layer is not None:
        return _named_call(network, options.layer)
    modules = calls_of_modules(network, sample, options)
    if not modules:
        raise InputError(
            "All layers of the network are calls of functions, which an affine map cannot follow. Name a module as the "
            f"layer: {sorted(path for path, _ in network.named_modules() if path)}."
        )
    return modules[-1]


def calls_of_modules(network: nn.Module, sample: Sample, options: Options) -> list[str]:
    """Return the layers before the outputs that are calls of modules, in their order; arguments as in `call_of`."""
    calls = {name: call for call, name in choose_layers(network, None).named.items()}
    before = layers_before_outputs(network, sample.maps, forward=options.forward)
    return [call for call in (calls.get(name, name) for name in before) if _is_of_a_module(call)]


def _named_call(network: nn.Module, layer: str) -> str:
    choice = choose_layers(network, [layer])
    if choice.rules or len(choice.named) != 1:
        raise InputError(f"The layer '{layer}' fits {sorted(choice.named.values()) or 'a pattern'}. Name one.")
    (call,) = choice.named
    if not _is_of_a_module(call):
        raise InputError(
            f"The layer '{layer}' is the call of a function or of the network itself, which an affine map cannot "
            f"follow. Name a module: {sorted(path for path, _ in network.named_modules() if path)}."
        )
    return call


def _is_of_a_module(call: str) -> bool:
    return call.count(":") == 1 and not call.startswith(":")
