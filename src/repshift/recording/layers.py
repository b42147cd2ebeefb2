"""Which calls of a network are its layers, and what they are called.

A layer is a call, not a module: one activation module called twenty times is twenty layers. Calls are counted from 0 in
the order in which they return, within one forward pass, and named

- ``module:call`` for a call of a module: ``block.1.relu:0``, ``relu:1``; the network itself is ``:0``,
- ``module:function:call`` for a call of one of `FUNCTIONS` inside a module's own forward pass, whether it is written
  ``F.relu(x)``, ``torch.relu(x)``, ``x.relu()`` or in place: ``block.1:leaky_relu:0``, and ``:relu:0`` where the
  network itself calls it.

Where nothing is said, a module that is nothing but a function, without parameters or children, is the activation that
it computes: of ``x * sigmoid(1.702 x)`` the product is the layer, not its gate. Elsewhere a non-linearity written in
other words (``x.clamp(min=0)``, ``x * (x > 0)``), or within a function that ``torch.jit`` compiled, is not seen: name
the module around it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, TypeAlias, TypeGuard

import torch
from torch import Tensor, nn

from repshift.vocabulary import InputError

Rule: TypeAlias = str | type[nn.Module] | nn.Module
"""A name, a pattern of names, a type of module or one module; a name or pattern with ``!`` before it leaves out."""

_PARTS = ("erf", "erf_")
"""Functions that are no layer themselves, but part of an activation."""

_PARAMETRISATION = "parametrizations"
"""What torch calls the modules that compute a parameter: what they return is no representation."""

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
    excluded
        Patterns of calls and of modules that are no layers, nor is what they call.
    """

    named: Mapping[str, str]
    rules: tuple[str | type[nn.Module], ...] = ()
    convention: bool = False
    excluded: tuple[str, ...] = ()

    @property
    def is_default(self) -> bool:
        """Whether nothing was said of layers: every call of a non-linear activation is one."""
        return self.rules == NONLINEARITIES

    @property
    def sees_functions(self) -> bool:
        """Whether calls of functions can be layers, beside those of modules."""
        return bool(self.rules) or any(call.count(":") == 2 for call in self.named)

    def layer_of(self, call: str, kind: type[nn.Module]) -> str | None:
        """Return the name of the layer that a call is, None where it is none; `kind` is the type of module it is of."""
        if self.excludes(call):
            return None
        return self.named.get(call, call if any(fits(rule, call, kind) for rule in self.rules) else None)

    @cached_property
    def _paths(self) -> frozenset[str]:
        """Paths of the modules whose calls have names."""
        return frozenset(call.partition(":")[0] for call in self.named if call.count(":") == 1)

    def excludes(self, call: str) -> bool:
        """Say whether a call is left out, by its own name or by that of its module."""
        path = call.partition(":")[0]
        return any(fnmatchcase(call if ":" in pattern else path, pattern) for pattern in self.excluded)

    def watches(self, path: str, kind: type[nn.Module]) -> bool:
        """Say whether a call of the module at `path` may be a layer."""
        if path in self._paths:
            return True
        return any(":" in str(rule) or fits(rule, f"{path}:0", kind) for rule in self.rules)


def fits(rule: str | type[nn.Module], call: str, kind: type[nn.Module]) -> bool:
    """Say whether a call fits a type, or a pattern: with a colon one of calls, without one of the modules called."""
    path, _, rest = call.partition(":")
    if is_parametrisation(path):
        return False
    if not isinstance(rule, str):
        return issubclass(kind, rule)
    return fnmatchcase(call, rule) if ":" in rule else bool(path) and ":" not in rest and fnmatchcase(path, rule)


def is_parametrisation(path: str) -> bool:
    """Say whether a module computes a parameter: what it returns is no representation."""
    return _PARAMETRISATION in path.split(".")


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
          `FUNCTIONS`; a type whose function is not is seen as a module alone;
        - modules of the network, whose calls are layers;
        - any of these names and patterns with ``!`` before it: what fits is no layer, nor is what a module that fits
          calls by itself. Where all have one, it is left out of what None chooses.

        A module that the network holds under several names may be named by each; its calls are counted together.

    Raises
    ------
    InputError
        If layers are no list, there is no rule, a name is neither in the convention nor of a module and a known
        function, a module is not of the network, or two names are of the same call.
    """
    found = getattr(network, "layers", None)
    own: Mapping[str, str] = found if _is_convention(found) else {}
    given = [layers] if isinstance(layers, str | type | nn.Module) else layers
    if given is not None and not hasattr(given, "__len__"):
        raise InputError(f"layers is {given!r:.100}. Expected a name, or a list of names, patterns, types and modules.")
    if given is not None and len(given) == 0:
        raise InputError("The list of layers is empty. Leave it out for all, or name one.")
    chosen = [rule for rule in given or () if not _leaves_out(rule)]
    patterns = tuple(str(rule)[1:] for rule in given or () if _leaves_out(rule))
    _require_fitting(network, patterns, own)
    excluded = tuple(own.get(pattern, pattern) for pattern in patterns)
    if not chosen:
        return _default(own, patterns, excluded)
    named, rules = _read(network, chosen, own)
    _require_known(network, named)
    choice = LayerChoice({}, rules, excluded=excluded)
    calls = {name: call for name, call in _canonical(network, named).items() if not choice.excludes(call)}
    return replace(choice, named=_inverted(calls))


def _default(own: Mapping[str, str], patterns: Sequence[str], excluded: tuple[str, ...]) -> LayerChoice:
    """Return the layers of a network where none are named: its convention, or its activations, without some."""
    if not own:
        return LayerChoice({}, NONLINEARITIES, excluded=excluded)
    choice = LayerChoice({}, excluded=excluded)
    by_name = {name: call for name, call in own.items() if not any(fnmatchcase(name, one) for one in patterns)}
    kept = {name: call for name, call in by_name.items() if not choice.excludes(call)}
    if not kept:
        raise InputError(f"The layers leave out all {len(own)} of the network. Leave one.")
    return LayerChoice(_inverted(kept), convention=True, excluded=excluded)


def _require_fitting(network: nn.Module, patterns: Sequence[str], own: Mapping[str, str]) -> None:
    """Refuse to leave out what is not there: no name of the convention, and no module."""
    paths = [path for path, _ in network.named_modules(remove_duplicate=False)]
    for pattern in patterns:
        names = [*own, *paths] if ":" not in pattern else [*own, *own.values(), *paths]
        wanted = pattern.partition(":")[0]
        if not any(fnmatchcase(name, pattern) or fnmatchcase(name, wanted) for name in names):
            raise InputError(
                f"Nothing of the network fits '!{pattern}'. Its modules are {sorted(filter(None, paths))}."
            )


def _leaves_out(rule: Rule) -> bool:
    return isinstance(rule, str) and rule.startswith("!")


def _read(
    network: nn.Module, rules: Sequence[Rule], own: Mapping[str, str]
) -> tuple[dict[str, str], tuple[str | type[nn.Module], ...]]:
    """Return names of layers to their calls, and the rules."""
    named: dict[str, str] = {}
    read: list[str | type[nn.Module]] = []
    for rule in rules:
        matched = [name for name in own if isinstance(rule, str) and (name == rule or fnmatchcase(name, rule))]
        if matched:
            named.update((name, own[name]) for name in matched)
        elif isinstance(rule, nn.Module):
            path = _path_of(network, rule)
            if path:
                read.append(path)
            else:
                named[":0"] = ":0"
        elif not isinstance(rule, str | type):
            raise InputError(f"A layer is a name, a pattern, a type of module or a module; found {rule!r:.100}.")
        elif not isinstance(rule, str) or set(rule) & set("*?["):
            read.append(rule)
        else:
            named[rule] = rule if ":" in rule else f"{rule}:0"
    return named, tuple(read)


def _path_of(network: nn.Module, module: nn.Module) -> str:
    """Return the first name of a module in a network."""
    paths: list[str] = [path for path, found in network.named_modules() if found is module]
    if paths:
        return paths[0]
    raise InputError(f"The network does not hold the module {module!r:.100} that was given as a layer.")


def _canonical(network: nn.Module, named: Mapping[str, str]) -> dict[str, str]:
    """Return names of layers to the calls as they are counted: of a module of several names under its first."""
    first = {id(module): path for path, module in network.named_modules()}
    paths: dict[str, str] = {path: first[id(module)] for path, module in network.named_modules(remove_duplicate=False)}
    return {
        name: ":".join((paths.get(call.partition(":")[0], ""), call.partition(":")[2])) for name, call in named.items()
    }


def _is_convention(layers: object) -> TypeGuard[Mapping[str, str]]:
    return isinstance(layers, Mapping) and all(isinstance(text, str) for pair in layers.items() for text in pair)


def is_part(function: Callable[..., object]) -> bool:
    """Say whether a function is part of an activation, and no layer itself."""
    return getattr(function, "__name__", "") in _PARTS


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
    modules = dict(network.named_modules(remove_duplicate=False))
    unknown = []
    for name, call in named.items():
        path, _, rest = call.partition(":")
        function, colon, _ = rest.rpartition(":")
        if path not in modules or (colon and function not in FUNCTIONS):
            unknown.append(name)
    if unknown:
        raise InputError(f"The network has no layer {unknown}. Its modules are {sorted(filter(None, modules))}.")
