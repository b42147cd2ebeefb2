"""Which calls of a network are its layers, and what they are called.

A layer is a call, not a module: one activation module called twenty times is twenty layers. Calls are counted from 0 in
the order in which they return, within one forward pass, and named

- ``module:call`` for a call of a module: ``block.1.relu:0``, ``relu:1``; the network itself is ``:0``,
- ``module:function:call`` for a call of one of `FUNCTIONS` inside a module's own forward pass, whether it is written
  ``F.relu(x)``, ``torch.relu(x)``, ``x.relu()`` or in place: ``block.1:leaky_relu:0``, and ``:relu:0`` where the
  network itself calls it.

A non-linearity written in other words (``x.clamp(min=0)``, ``x * (x > 0)``) or within a function that ``torch.jit``
compiled is not seen: name the module around it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, TypeAlias, TypeGuard

import torch
from torch import Tensor, nn

from repshift.vocabulary import InputError

Rule: TypeAlias = str | type[nn.Module]
"""A name, a pattern of names, or a type of module."""

NONLINEARITIES = (
    nn.ReLU, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.SELU, nn.CELU, nn.GELU, nn.SiLU, nn.Mish, nn.ReLU6, nn.RReLU,
    nn.Tanh, nn.Sigmoid, nn.Softplus, nn.Softsign, nn.Hardswish, nn.Hardtanh, nn.Hardsigmoid, nn.LogSigmoid,
    nn.GLU, nn.Hardshrink, nn.Softshrink, nn.Tanhshrink, nn.Threshold,
)  # fmt: skip
"""Modules whose calls, as modules or as functions, are the layers of a network that has no convention of its own."""

FUNCTIONS: Mapping[str, type[nn.Module]] = {
    "relu": nn.ReLU, "leaky_relu": nn.LeakyReLU, "prelu": nn.PReLU, "elu": nn.ELU, "selu": nn.SELU, "celu": nn.CELU,
    "gelu": nn.GELU, "silu": nn.SiLU, "mish": nn.Mish, "relu6": nn.ReLU6, "rrelu": nn.RReLU, "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid, "softplus": nn.Softplus, "softsign": nn.Softsign, "hardswish": nn.Hardswish,
    "hardtanh": nn.Hardtanh, "hardsigmoid": nn.Hardsigmoid, "logsigmoid": nn.LogSigmoid, "glu": nn.GLU,
    "hardshrink": nn.Hardshrink, "softshrink": nn.Softshrink, "tanhshrink": nn.Tanhshrink, "threshold": nn.Threshold,
    "conv1d": nn.Conv1d, "conv2d": nn.Conv2d, "conv3d": nn.Conv3d, "linear": nn.Linear,
}  # fmt: skip
"""Functions whose calls can be layers, and the type of module that does the same."""

_WRITTEN: Mapping[Any, str] = {
    getattr(holder, spelling): name
    for holder in (torch, nn.functional, Tensor)
    for name in FUNCTIONS
    for spelling in (name, f"{name}_")
    if hasattr(holder, spelling)
}


@dataclass(frozen=True)
class LayerChoice:
    """Which calls of a network are layers.

    Attributes
    ----------
    named
        Calls to the names of layers; each has to be made.
    rules
        Types and patterns; a call that fits one is a layer under its own name.
    convention
        Whether these are the layers that the network itself names, and no others.
    """

    named: Mapping[str, str]
    rules: tuple[Rule, ...] = ()
    convention: bool = False

    @property
    def sees_functions(self) -> bool:
        """Whether calls of functions can be layers, beside those of modules."""
        return bool(self.rules) or any(call.count(":") == 2 for call in self.named)

    def layer_of(self, call: str, kind: type[nn.Module]) -> str | None:
        """Return the name of the layer that a call is, None where it is none; `kind` is the type of module it is of."""
        return self.named.get(call, call if any(fits(rule, call, kind) for rule in self.rules) else None)

    def watches(self, path: str, kind: type[nn.Module]) -> bool:
        """Say whether a call of the module at `path` may be a layer."""
        if any(call.count(":") == 1 and call.partition(":")[0] == path for call in self.named):
            return True
        return any(":" in str(rule) or fits(rule, f"{path}:0", kind) for rule in self.rules)


def fits(rule: Rule, call: str, kind: type[nn.Module]) -> bool:
    """Say whether a call fits a type, or a pattern: with a colon one of calls, without one of the modules called."""
    if not isinstance(rule, str):
        return issubclass(kind, rule)
    path, _, rest = call.partition(":")
    return fnmatchcase(call, rule) if ":" in rule else bool(path) and ":" not in rest and fnmatchcase(path, rule)


def kind_of(network: nn.Module, call: str) -> type[nn.Module]:
    """Return the type of the module that a call is of, or that does the same as the function it is of."""
    path, *function, _ = call.split(":")
    return FUNCTIONS[function[0]] if function else type(network.get_submodule(path))


def choose_layers(network: nn.Module, layers: Sequence[Rule] | None) -> LayerChoice:
    """Return which calls of a network are its layers.

    Parameters
    ----------
    network
        Where it has an attribute ``layers``, a mapping of names to calls, that is its own convention.
    layers
        None for the convention, or, without one, every call of a non-linear activation. Else any mixture of

        - names of the convention, or of calls (module docstring); ``module`` alone is its first call;
        - patterns with ``*``, ``?`` or ``[``, as `fnmatch` reads them: of the names of the convention where one fits,
          else of calls if there is a colon in the pattern (``*:relu:*``), else of modules, whose calls are layers;
        - types of module, whose calls are layers, and those of the function that does the same where it is one of
          `FUNCTIONS`; a type whose function is not is seen as a module alone.

    Raises
    ------
    InputError
        If there is no rule, a name is neither in the convention nor of a module and a known function, or two are of the
        same call.
    """
    found = getattr(network, "layers", None)
    own: Mapping[str, str] = found if _is_convention(found) else {}
    if layers is None:
        return LayerChoice(_inverted(own), convention=True) if own else LayerChoice({}, NONLINEARITIES)
    if not layers:
        raise InputError("The list of layers is empty. Leave it out for all, or name one.")
    named: dict[str, str] = {}
    rules: list[Rule] = []
    for rule in [layers] if isinstance(layers, str | type) else layers:
        matched = [name for name in own if isinstance(rule, str) and (name == rule or fnmatchcase(name, rule))]
        if matched:
            named.update((name, own[name]) for name in matched)
        elif not isinstance(rule, str) or set(rule) & set("*?["):
            rules.append(rule)
        else:
            named[rule] = rule if ":" in rule else f"{rule}:0"
    _require_known(network, named)
    return LayerChoice(_inverted(named), tuple(rules))


def _is_convention(layers: object) -> TypeGuard[Mapping[str, str]]:
    return isinstance(layers, Mapping) and all(isinstance(text, str) for pair in layers.items() for text in pair)


def function_of(function: Callable[..., object] | str) -> str | None:
    """Return the name in `FUNCTIONS` of a function, or of the name of a tensor's method; None where it has none."""
    if isinstance(function, str):
        return function.rstrip("_") if function.rstrip("_") in FUNCTIONS else None
    return _WRITTEN.get(function)


def _inverted(named: Mapping[str, str]) -> dict[str, str]:
    calls: dict[str, str] = {}
    for name, call in named.items():
        if calls.setdefault(call, name) != name:
            raise InputError(f"Layers '{calls[call]}' and '{name}' are the same call, '{call}'. Name it once.")
    return calls


def _require_known(network: nn.Module, named: Mapping[str, str]) -> None:
    modules = dict(network.named_modules())
    unknown = []
    for name, call in named.items():
        path, _, rest = call.partition(":")
        function, colon, _ = rest.rpartition(":")
        if path not in modules or (colon and function not in FUNCTIONS):
            unknown.append(name)
    if unknown:
        raise InputError(f"The network has no layer {unknown}. Its modules are {sorted(filter(None, modules))}.")
