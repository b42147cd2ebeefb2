"""The steps of training that repairs take, all the same except what they are shown and the term that they add."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor, nn

from repshift.adaptation.batches import batches
from repshift.adaptation.freezing import frozen, frozen_below
from repshift.adaptation.losses.term import Features, Term
from repshift.adaptation.repair import Options
from repshift.adaptation.sample import Sample
from repshift.adaptation.task import Task, task_loss
from repshift.recording.batches import maps_alone
from repshift.recording.calls import recording
from repshift.recording.differentiation import rows_of
from repshift.recording.layers import LayerChoice
from repshift.recording.maps import placed
from repshift.recording.passes import require_seen
from repshift.vocabulary import InputError

LARGEST_GRADIENT: Final = 1.0
"""Norm at which the gradient of the network is clipped: a moment loss of few maps has steep logarithms."""

_TARGET: Final = 1_000
"""Number of the target among domains that draw batches; labelled ones count from 0."""


@dataclass(frozen=True)
class Alignment:
    """A term of the loss and what it is of.

    Attributes
    ----------
    term
        Takes the features of both domains.
    choice
        Layers whose features it takes.
    target
        Maps of the other domain; labels are not read.
    weight
        Of the term.
    """

    term: Term
    choice: LayerChoice
    target: Sample
    weight: float


def trained(
    network: nn.Module,
    labelled: Sequence[Sample],
    options: Options,
    *,
    task: Task,
    alignment: Alignment | None = None,
) -> nn.Module:
    """Train a network in place, and return it.

    Parameters
    ----------
    network
        In evaluation mode from the first step to the last: batch norms keep their statistics and dropout is off.
    labelled
        Domains with labels, the first one that of `alignment` too; their losses are averaged.
    options
        Steps, maps of a batch and domain, learning rate, seed, the layer below which all is frozen.
    task
        What the network infers.
    alignment
        A term that makes the first labelled domain and another alike.

    Raises
    ------
    InputError
        If a loss or a weight is not finite, weights are of half precision, there is no layer to freeze below, a domain
        has fewer than two maps; else as the term.

    Notes
    -----
    AdamW under a learning rate that falls to 0 as half a cosine (Loshchilov & Hutter 2017, arXiv 1608.03983), with
    gradients clipped. Each domain draws its batches by itself: with the same seed a run without `alignment` sees the
    same maps of the labelled domains, which makes it the control of one with it. At a weight of 0 the two are the same
    bit for bit.
    """
    network.eval()
    losses = _Losses(network, labelled, options, task=task, alignment=alignment)
    below = options.freeze
    names = frozenset[str]() if below is None else frozen_below(network, below, losses.few, forward=options.forward)
    with torch.enable_grad(), frozen(network, names) as parameters:
        _require_precision(parameters)
        losses.prepare()
        optimiser = _optimiser(parameters, alignment, options.learning_rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, options.steps)
        for step in range(options.steps):
            loss = losses.following()
            _require_finite(loss, step)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, LARGEST_GRADIENT)
            optimiser.step()
            schedule.step()
    _require_finite_weights(network)
    return network


class _Losses:
    """The losses of a network, step after step: what it is shown, domain by domain."""

    def __init__(
        self,
        network: nn.Module,
        labelled: Sequence[Sample],
        options: Options,
        *,
        task: Task,
        alignment: Alignment | None,
    ) -> None:
        self.network, self.task, self.alignment = network, task, alignment
        self.forward = options.forward or maps_alone
        self.few = placed(network, labelled[0].maps[:2])
        how: dict[str, Any] = {"batch": options.batch, "symmetries": options.symmetries}
        self.labelled = [batches(one, seed=(options.seed, place), **how) for place, one in enumerate(labelled)]
        if alignment is not None:
            self.target = batches(alignment.target, seed=(options.seed, _TARGET), **how)

    def prepare(self) -> None:
        """Make the parameters of the term, for the features that the network has."""
        if self.alignment is not None:
            with torch.no_grad():
                features = self._run(self.few)[1]
            self.alignment.term.prepare(features)

    def following(self) -> Tensor:
        """Return the loss of the next batches."""
        losses, features = zip(*[self._of_labels(next(drawn)) for drawn in self.labelled], strict=True)
        loss = torch.stack(losses).mean()
        if self.alignment is None:
            return loss
        of_target = self._run(placed(self.network, next(self.target).maps))[1]
        term = self.alignment.term(features[0], of_target)
        return self.alignment.term.added(loss, term, weight=self.alignment.weight)

    def _of_labels(self, batch: Sample) -> tuple[Tensor, Features]:
        """Return the loss of a labelled batch, and its features."""
        if batch.labels is None:
            raise InputError("A domain to train with has no labels. Expected labels for every map.")
        outputs, features = self._run(placed(self.network, batch.maps))
        kind = outputs.dtype if batch.labels.is_floating_point() else None
        return task_loss(outputs, batch.labels.to(device=outputs.device, dtype=kind), self.task), features

    def _run(self, maps: Tensor) -> tuple[Tensor, Features]:
        """Return the outputs of a batch, and what the term makes of the layers on the way."""
        if self.alignment is None:
            return rows_of(self.forward(self.network, maps)), {}
        features: dict[str, Tensor] = {}
        term, choice = self.alignment.term, self.alignment.choice

        def keep(name: str, output: Tensor) -> None:
            features[name] = term.made_of(name, output)

        left_out: dict[str, InputError] | None = {} if choice.is_default else None
        with recording(self.network, choice=choice, n_maps=len(maps), consume=keep, left_out=left_out):
            outputs = self.forward(self.network, maps)
        require_seen(set(features), choice, self.network)
        return rows_of(outputs), features


def _optimiser(
    parameters: list[nn.Parameter], alignment: Alignment | None, learning_rate: float
) -> torch.optim.Optimizer:
    """Return an optimiser of the network and, at a rate of its own, of the term."""
    groups: list[dict[str, object]] = [{"params": parameters, "lr": learning_rate}]
    of_term = [] if alignment is None else list(alignment.term.parameters())
    if alignment is not None and of_term:
        groups.append({"params": of_term, "lr": alignment.term.learning_rate, "weight_decay": 0.0})
    return torch.optim.AdamW(groups)


def _require_precision(parameters: list[nn.Parameter]) -> None:
    """Refuse weights whose steps are not finite: AdamW divides by a number that half precision rounds to 0."""
    if any(parameter.dtype == torch.float16 for parameter in parameters):
        raise InputError(
            "The network has weights of torch.float16, in which training does not stay finite. Expected torch.float32, "
            "which network.float() has."
        )


def _require_finite_weights(network: nn.Module) -> None:
    """Refuse what the last step made, which no loss has seen."""
    wrong = [name for name, parameter in network.named_parameters() if not parameter.isfinite().all()]
    if wrong:
        raise InputError(f"After training '{wrong[0]}' is not finite. Lower the learning rate or the weight.")


def _require_finite(loss: Tensor, step: int) -> None:
    if not loss.isfinite():
        raise InputError(
            f"The loss of step {step + 1} is {float(loss.detach())}. Expected a finite number: lower the learning rate "
            "or the weight, or give more simulations a batch."
        )
