"""The calls of a running network, handed over one by one, at the moment they return."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from repshift.recording.layers import FUNCTIONS, LayerChoice, fits, function_of, is_parametrisation, is_part
from repshift.vocabulary import InputError

Consume = Callable[[str, Tensor], None]
"""Takes the name of a layer and its output for one batch, (n_maps, ...), at the moment of the call."""


@contextmanager
def recording(
    network: nn.Module,
    *,
    choice: LayerChoice,
    n_maps: int,
    consume: Consume,
    left_out: dict[str, InputError] | None = None,
) -> Iterator[None]:
    """Hand the output of every layer to `consume` while the network runs once; hooks are removed at the end.

    The output is handed over inside the call, before a later in-place operation could change it. Of a tuple or a list
    it is the first entry: an attention module returns its output and its weights.

    Modules are seen by hooks. Functions are seen by a torch function mode, entered only where `choice` may hold one; a
    function that a module of its own type calls (``nn.ReLU`` calls ``F.relu``) is not counted again. torch's fused
    transformer layers, which call none of their modules, are off meanwhile.

    Raises
    ------
    InputError
        If a layer returns no floating-point tensor whose first axis is the maps (with `left_out` its name is put there
        instead), or a rule is after a module whose parameters are used outside its call, or that cannot be looked into.
    """
    calls = _Calls(network, choice, n_maps, consume, left_out)
    fused = torch.backends.mha.get_fastpath_enabled()
    with ExitStack() as stack:
        for path, module in network.named_modules():
            if choice.sees_functions and not isinstance(module, torch.jit.ScriptModule):
                # first: weight norm and pruning work on the parameters in hooks of their own
                stack.callback(module.register_forward_pre_hook(calls.enter(path), prepend=True).remove)
                stack.callback(module.register_forward_hook(calls.leave, always_call=True).remove)
            if choice.watches(path, type(module)):
                stack.callback(module.register_forward_hook(calls.hook(path)).remove)
        stack.callback(torch.backends.mha.set_fastpath_enabled, fused)
        torch.backends.mha.set_fastpath_enabled(False)
        if choice.sees_functions:
            stack.enter_context(_Functions(calls))
        yield


class _Calls:
    """What one forward pass has called so far, and which modules it is inside."""

    def __init__(
        self,
        network: nn.Module,
        choice: LayerChoice,
        n_maps: int,
        consume: Consume,
        left_out: dict[str, InputError] | None,
    ) -> None:
        self.choice, self.n_maps, self.consume, self.left_out = choice, n_maps, consume, left_out
        self.modules = dict(network.named_modules())
        self.counts: Counter[str] = Counter()
        self.running: list[str] = []
        self.activations: set[str] = set()
        self.consuming = False
        self._refuse_compiled()
        self.owners = self._owners() if choice.rules else {}

    def _refuse_compiled(self) -> None:
        """Refuse compiled modules that may hold a layer."""
        for path, module in self.modules.items():
            if is_compiled(module) and (self.choice.rules or any(_is_within(path, call) for call in self.choice.named)):
                raise InputError(
                    f"Module '{path}' is compiled, so the calls within it are not seen. Give it as it was before that, "
                    "or name layers outside it."
                )

    def _owners(self) -> Mapping[int, str]:
        """Return the module of every parameter whose module fits a rule, by the parameter's identity."""
        owners = {}
        for path, module in self.modules.items():
            if self.choice.layer_of(f"{path}:0", type(module)) is not None:
                owners.update({id(parameter): path for parameter in module.parameters(recurse=False)})
        return owners

    def enter(self, path: str) -> Callable[[nn.Module, object], None]:
        def push(_module: nn.Module, _arguments: object) -> None:
            self.running.append(path)

        return push

    def leave(self, module: nn.Module, _arguments: object, output: object) -> None:
        """Leave a module; where it called a non-linearity and is nothing but an activation, its output is the layer."""
        path = self.running.pop()
        if path in self.activations:
            self.activations.remove(path)
            if output is not None:
                self.hand_over(path, type(module), output, chosen=True)

    def hook(self, path: str) -> Callable[[nn.Module, object, object], None]:
        def hand_over(module: nn.Module, _arguments: object, output: object) -> None:
            self.hand_over(path, type(module), output)

        return hand_over

    def hand_over(self, called: str, kind: type[nn.Module], output: object, *, chosen: bool = False) -> bool:
        """Count a call of a module or a function; hand its output over if it is a layer, and say whether."""
        call = f"{called}:{self.counts[called]}"
        self.counts[called] += 1
        name = call if chosen and not self.choice.excludes(call) else self.choice.layer_of(call, kind)
        if name is None:
            return False
        self.consuming = True
        try:
            self.consume(name, _first_tensor(name, output, self.n_maps))
        except _UnusableError as error:
            if self.left_out is None:
                raise
            self.left_out.setdefault(name, error)
        finally:
            self.consuming = False
        return True

    def hand_over_function(self, function: Any, given: Sequence[object], output: object) -> None:  # noqa: ANN401
        """Do the same for a call of a function, from inside the module that runs."""
        where = self.running[-1] if self.running else ""
        if is_parametrisation(where):
            return
        name = function_of(function)
        if self.choice.is_default and (name is not None or is_part(function)) and self._is_function(where):
            kind = type(self.modules[where])
            if not any(fits(rule, f"{where}:0", kind) for rule in self.choice.rules):
                self.activations.add(where)
            return
        ours = name is not None and not isinstance(self.modules[where], FUNCTIONS[name])
        ours = ours and not isinstance(given[0] if given else None, nn.Parameter)
        if ours and self.hand_over(f"{where}:{name}", FUNCTIONS[str(name)], output):
            return
        if self.owners and isinstance(_first(output), Tensor):
            self._require_inside(function, given)

    def _is_function(self, where: str) -> bool:
        """Say whether a module below the network itself is nothing but a function: no parameters, no children."""
        module = self.modules[where]
        return bool(where) and next(module.children(), None) is None and next(module.parameters(), None) is None

    def _require_inside(self, function: Any, given: Sequence[object]) -> None:  # noqa: ANN401
        """Refuse the use of a layer's parameters by another: its own call is then never made, or not all of it seen."""
        bypassed = {self.owners[id(each)] for each in given if id(each) in self.owners} - set(self.running)
        if bypassed:
            raise InputError(
                f"The parameters of {sorted(bypassed)} are used outside its call, by '{function.__name__}', so a rule "
                "does not see all it computes. Name the layers one by one, or choose a rule that leaves it out."
            )


class _Functions(TorchFunctionMode):
    """Sees every torch function that is called from Python."""

    def __init__(self, calls: _Calls) -> None:
        super().__init__()
        self.calls = calls

    def __torch_function__(
        self,
        func: Any,  # noqa: ANN401 - torch's own signature
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        output = func(*args, **(kwargs or {}))
        if not self.calls.consuming:
            self.calls.hand_over_function(func, (*args, *(kwargs or {}).values()), output)
        return output


def is_compiled(module: nn.Module) -> bool:
    """Say whether a module runs code of a compiler of torch: scripted, traced, ``torch.compile`` or its own."""
    made = isinstance(module, torch.jit.ScriptModule) or type(module).__name__ == "OptimizedModule"
    return made or getattr(module, "_compiled_call_impl", None) is not None


def _is_within(path: str, call: str) -> bool:
    """Say whether a call is made by the module at `path`, or below it; its own call is not."""
    where, *rest = call.split(":")
    return len(rest) == 2 if where == path else where.startswith(f"{path}." if path else "")


class _UnusableError(InputError):
    """What a layer returns is no representation."""


def _first(output: object) -> object:
    return output[0] if isinstance(output, tuple | list) and output else output


def _first_tensor(name: str, output: object, n_maps: int) -> Tensor:
    """Return what a layer returns, or the first entry of it, as a floating-point tensor (n_maps, ...)."""
    tensor = _first(output)
    is_dense = isinstance(tensor, Tensor) and not tensor.is_nested and tensor.layout == torch.strided
    if not isinstance(tensor, Tensor) or not is_dense or not tensor.is_floating_point():
        found = _kind_of(tensor) if isinstance(tensor, Tensor) else f"a {type(tensor).__name__}"
        raise _UnusableError(f"Layer '{name}' returns {found}, not a tensor of real numbers. Choose a call within it.")
    if tensor.ndim == 0 or len(tensor) != n_maps:
        raise _UnusableError(
            f"Layer '{name}' returns shape {tuple(tensor.shape)} for {n_maps} maps: its first axis is not the maps. "
            f'Leave it out, as "!{name.partition(":")[0] or name}", or give a network whose batch comes first '
            "(batch_first=True)."
        )
    return tensor


def _kind_of(tensor: Tensor) -> str:
    kind = "nested" if tensor.is_nested else "dense" if tensor.layout == torch.strided else "sparse"
    return f"a {tensor.dtype} tensor" if kind == "dense" else f"a {kind} tensor"
