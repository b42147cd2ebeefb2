"""Calls of a running network, each of which a rule may answer in its own way, with its own gradient.

A torch function mode sees every call of a function, so an activation that is used twenty times is twenty calls. Tracing
would unroll such a network too, but not one whose Python code depends on the shape of its maps.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from repshift.recording.calls import is_compiled
from repshift.recording.layers import function_of
from repshift.vocabulary import InputError

Change = Callable[[Tensor], Tensor]
"""Takes the gradient by the output of a call, and returns that by its input."""

Compute = Callable[[Tensor], tuple[Tensor, Change]]
"""Takes the input of a call, and returns its output and how a gradient passes back."""


@dataclass(frozen=True)
class Call:
    """One call of a function of torch, not made yet.

    Attributes
    ----------
    function
        As torch hands it over.
    given, named
        Its arguments.
    where
        Path of the module that makes it; empty for the network itself, None where it is made outside the network.
    """

    function: Any
    given: Sequence[Any]
    named: Mapping[str, Any]
    where: str | None

    @property
    def name(self) -> str:
        """What is computed: ``leaky_relu`` of ``F.leaky_relu_``, ``T`` of ``x.T``, ``__getitem__`` of ``x[0]``."""
        known = function_of(self.function)
        name = str(getattr(self.function, "__name__", self.function))
        if name == "__get__":
            name = str(getattr(self.function.__self__, "__name__", name))
        return known or (name if name.startswith("__") else name.strip("_"))

    @property
    def is_in_place(self) -> bool:
        """Whether it writes its output over its first argument."""
        name = str(getattr(self.function, "__name__", ""))
        return bool(self.named.get("inplace")) or (name.endswith("_") and not name.endswith("__"))

    @property
    def dependent(self) -> list[Tensor]:
        """Tensors among the arguments that depend on the maps: parameters do not."""
        return [each for each in tensors_of((self.given, self.named)) if each.requires_grad and not _is_parameter(each)]

    def __str__(self) -> str:
        """Return the call in words, for an error."""
        if self.where is None:
            return f"'{self.name}', called outside the network"
        return f"'{self.name}', called by " + (f"module '{self.where}'" if self.where else "the network itself")

    def output(self) -> Any:  # noqa: ANN401 - whatever the function returns
        """Make the call as it is."""
        return self.function(*self.given, **self.named)

    def of(self, value: Tensor) -> Any:  # noqa: ANN401 - whatever the function returns
        """Make the call with another tensor in place of the one that depends on the maps, which is left as it is."""
        (ours,) = self.dependent

        value = value.clone() if self.is_in_place else value

        def replaced(each: object) -> object:
            return value if each is ours else each

        return self.function(*map(replaced, self.given), **{key: replaced(each) for key, each in self.named.items()})

    def answered(self, compute: Compute) -> Tensor:
        """Return what `compute` makes of the one tensor that depends on the maps; in place where the call is."""
        (ours,) = self.dependent
        output: Tensor = _RuleFunction.apply(ours, compute)  # type: ignore[no-untyped-call]
        return ours.copy_(output) if self.is_in_place else output


Rule = Callable[[Call], Any]
"""Returns the output of a call."""


@contextmanager
def ruling(network: nn.Module, rule: Rule) -> Iterator[None]:
    """Let a rule answer every call of a function of torch until the end, from wherever it is made.

    Raises
    ------
    InputError
        If a module is compiled, so that its calls are not seen.
    """
    running: list[str] = []
    with ExitStack() as stack:
        for path, module in network.named_modules():
            if is_compiled(module):
                raise InputError(
                    f"Module '{path}' is compiled, so the calls within it are not seen. Give the network as it was "
                    "before that."
                )
            stack.callback(module.register_forward_pre_hook(_entering(running, path), prepend=True).remove)
            stack.callback(module.register_forward_hook(_leaving(running), always_call=True).remove)
        stack.enter_context(_Rules(rule, running))
        yield


def slope_of(call: Call, value: Tensor) -> Tensor:
    """Return the derivative of an elementwise call at a value of its input, in the shape of the value."""
    with torch.enable_grad():
        leaf = value.detach().requires_grad_()
        (slope,) = torch.autograd.grad(call.of(leaf).sum(), leaf)
    return slope


class _RuleFunction(torch.autograd.Function):
    """The output of a rule, and its own gradient."""

    @staticmethod
    def forward(context: Any, value: Tensor, compute: Compute) -> Tensor:  # noqa: ANN401 - torch's own signature
        output, context.change = compute(value.detach())
        return output

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401
        return context.change(gradients[0]), None


class _Rules(TorchFunctionMode):
    """Hands every torch function that is called from Python to a rule."""

    def __init__(self, rule: Rule, running: Sequence[str]) -> None:
        super().__init__()
        self.rule, self.running = rule, running

    def __torch_function__(
        self,
        func: Any,  # noqa: ANN401 - torch's own signature
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        return self.rule(Call(func, args, kwargs or {}, self.running[-1] if self.running else None))


def _entering(running: list[str], path: str) -> Callable[[nn.Module, object], None]:
    def push(_module: nn.Module, _arguments: object) -> None:
        running.append(path)

    return push


def _leaving(running: list[str]) -> Callable[[nn.Module, object, object], None]:
    def pop(_module: nn.Module, _arguments: object, _output: object) -> None:
        running.pop()

    return pop


def _is_parameter(tensor: Tensor) -> bool:
    return isinstance(tensor, nn.Parameter)


def tensors_of(given: object) -> Iterator[Tensor]:
    """Yield the tensors in arguments, also in lists of them."""
    if isinstance(given, Tensor):
        yield given
    elif isinstance(given, Mapping):
        for each in given.values():
            yield from tensors_of(each)
    elif isinstance(given, tuple | list):
        for each in given:
            yield from tensors_of(each)
