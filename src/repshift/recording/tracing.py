"""A network traced by ``torch.fx``: which node of its graph each call became."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from torch import fx, nn

from repshift.recording.layers import function_of


class Tracer(fx.Tracer):
    """Traces a network, and notes which node each call of a module or a function became.

    Attributes
    ----------
    nodes
        The node of each call, by its name as `repshift.recording.layers` writes it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()
        self.nodes: dict[str, fx.Node] = {}
        self.running = [""]
        self.thread = threading.get_ident()

    def call_module(
        self, m: nn.Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:  # noqa: ANN401
        """Trace a call of a module, and note what it returns."""
        if threading.get_ident() != self.thread:  # all modules are patched meanwhile
            return forward(*args, **kwargs)
        path = self.path_of_module(m)
        self.running.append(path)
        output = super().call_module(m, forward, args, kwargs)
        self.running.pop()
        self._note(path, output.node if isinstance(output, fx.Proxy) else None)
        return output

    def create_node(self, kind: str, target: Any, *arguments: Any, **named: Any) -> fx.Node:  # noqa: ANN401
        """Create a node, and note it where it calls a function that can be a layer."""
        node = super().create_node(kind, target, *arguments, **named)
        name = function_of(target) if kind in ("call_function", "call_method") else None
        if name is not None:
            self._note(f"{self.running[-1]}:{name}", node)
        return node

    def _note(self, called: str, node: fx.Node | None) -> None:
        call = f"{called}:{self.counts[called]}"
        self.counts[called] += 1
        if node is not None:
            self.nodes[call] = node
