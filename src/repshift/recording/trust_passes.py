"""What trust scores need of some maps: one pass that records layers, and passes that turn maps or draw dropout."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from repshift.evidence.trust_scores.score import TrustMaps, Values
from repshift.networks.symmetries import symmetric_copies
from repshift.recording.batches import Forward
from repshift.recording.layers import Rule
from repshift.recording.memory import BatchSize
from repshift.recording.passes import run_network
from repshift.recording.representations import record_representations
from repshift.vocabulary import InputError

Outputs = dict[str, Values]
"""``mean`` and ``std`` (n_maps, n_parameters), or ``probability`` (n_maps, n_classes)."""

LAST_LAYERS: Final = 2
"""Layers that distances are in where none are chosen: the last ones."""


@dataclass(frozen=True)
class TrustPasses:
    """How maps are run through a network.

    Attributes
    ----------
    network
        As it is, for passes that draw dropout.
    fast
        What runs else: the same, or rewritten.
    layers
        That are recorded of `fast`, their outputs pooled over positions.
    n_last
        How many of these are kept, the last ones; None: all.
    read
        Takes what the network returns, (n_maps, n_answers), and returns what it means.
    batch_size, device, forward
        As in `repshift.recording.passes.run_network`.
    """

    network: nn.Module
    fast: nn.Module
    layers: Sequence[Rule] | None
    n_last: int | None
    read: Callable[[Values], Outputs]
    batch_size: BatchSize
    device: torch.device
    forward: Forward | None = None

    def maps(
        self,
        inputs: npt.NDArray[np.floating],
        simulations: npt.NDArray[np.int64],
        *,
        symmetries: bool,
        trials: Sequence[Outputs] = (),
        dropout_passes: int | None = None,
        seed: int,
    ) -> TrustMaps:
        """Return what is known of maps.

        Parameters
        ----------
        inputs
            (n_maps, channels, y, x), as the network reads them.
        simulations
            (n_maps,): number of the simulation of each, from 0.
        symmetries
            Whether maps are turned and flipped.
        trials
            What other trials say of the maps; none: their disagreement is not known.
        dropout_passes, seed
            Passes that draw dropout, and what draws it; None: none.

        Raises
        ------
        InputError
            If a layer or an answer is not finite, or dropout is to be drawn of a network that has none.
        """
        features, outputs = self._recorded(inputs)
        scatters = {}
        if symmetries:
            scatters["symmetries"] = _scatter([outputs, *self._symmetric(inputs)])
        if trials:
            scatters["trials"] = _scatter([outputs, *trials])
        if dropout_passes is not None:
            require_dropout(self.network)
            scatters["dropout"] = _scatter(
                [self._run(self.network, inputs, dropout_seed=seed + number) for number in range(dropout_passes)]
            )
        return TrustMaps(simulations, _pixels(inputs), features, outputs, scatters)

    def outputs(self, inputs: npt.NDArray[np.floating], *, network: nn.Module | None = None) -> Outputs:
        """Return what the network, or another trial, says of maps."""
        return self._run(self.fast if network is None else network, inputs)

    def _recorded(self, inputs: npt.NDArray[np.floating]) -> tuple[dict[str, npt.NDArray[np.floating]], Outputs]:
        """Return the features of layers and the outputs, of one pass."""
        answers: list[Tensor] = []
        how: dict[str, Any] = {"batch_size": self.batch_size, "device": self.device, "forward": self.forward}
        found = record_representations(self.fast, inputs, layers=self.layers, pool="mean", answers=answers, **how)
        names = list(found) if self.n_last is None else list(found)[-self.n_last :]
        for name in names:
            if not np.isfinite(found[name]).all():
                raise InputError(f"Layer '{name}' returns values that are not finite.")
        return {name: found[name] for name in names}, self._meaning(torch.cat(answers))

    def _symmetric(self, inputs: npt.NDArray[np.floating]) -> list[Outputs]:
        """Return the outputs under each turn and flip but none."""
        copies = symmetric_copies(torch.from_numpy(inputs), shifts=np.empty((0, 2), dtype=np.int64))
        next(copies)  # the maps as they are
        return [self._run(self.fast, copy.contiguous()) for copy in copies]

    def _run(self, network: nn.Module, maps: Any, *, dropout_seed: int | None = None) -> Outputs:  # noqa: ANN401
        how: dict[str, Any] = {"batch_size": self.batch_size, "device": self.device, "forward": self.forward}
        return self._meaning(run_network(network, maps, dropout_seed=dropout_seed, **how))

    def _meaning(self, answers: Tensor) -> Outputs:
        """Return what answers mean; refuse those that are not finite."""
        values = answers.reshape(len(answers), -1).double().numpy()
        if not np.isfinite(values).all():
            number = int(np.argwhere(~np.isfinite(values))[0][0])
            raise InputError(f"The network returns a number that is not finite for map {number} of {len(values)}.")
        return self.read(values)


def require_dropout(network: nn.Module) -> None:
    """Refuse to draw dropout of a network that has none, or has it at a rate of 0: it would not scatter, silently.

    Raises
    ------
    InputError
        With what was found.
    """
    rates = [float(module.p) for module in network.modules() if isinstance(module, nn.modules.dropout._DropoutNd)]
    if not any(rates):
        found = "has no dropout" if not rates else "has dropout of rate 0"
        raise InputError(f"The network {found}, so passes that draw it do not scatter. Leave dropout passes out.")


def _scatter(passes: Sequence[Outputs]) -> Values:
    """Return the standard deviation of means over passes, (n_maps, n_parameters); of classes one, (n_maps, 1)."""
    inferred = "probability" if "probability" in passes[0] else "mean"
    widths = sorted({one[inferred].shape[1] for one in passes})
    if len(widths) > 1:
        raise InputError(f"The network and its trials return {widths} numbers a map. Expected as many of each.")
    found = np.asarray(np.std([one[inferred] for one in passes], axis=0))
    return found if inferred == "mean" else np.sqrt(np.square(found).sum(1, keepdims=True))


def _pixels(inputs: npt.NDArray[np.floating]) -> Values:
    """Return mean and standard deviation of each channel of maps (n_maps, channels, y, x)."""
    moments = [inputs.mean((2, 3), dtype=np.float64), inputs.std((2, 3), dtype=np.float64)]
    return np.concatenate(moments, axis=1)
