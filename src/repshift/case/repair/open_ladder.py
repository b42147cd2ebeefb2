"""A model with everything that a ladder of repairs is made from, opened and divided."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from torch import nn

from repshift.adaptation import Sample, Task
from repshift.case.domain_files import DomainFiles
from repshift.case.domain_maps import DomainMaps, KnownLabels, Places, domain_maps, known_labels
from repshift.case.forward import OpenCase, show
from repshift.case.outputs import Outputs, outputs_of
from repshift.case.repair.settings import LadderFiles, LadderSettings
from repshift.case.task import task_of
from repshift.evidence.map_scores import ACCURACY, R2, MapScore
from repshift.statistics.tuning_splits import TuningSplit, tuning_splits
from repshift.storage.models import Description, read_model
from repshift.vocabulary import InputError, in_short

_SCORED: Final = 2
"""Parameters that are scored where none is named."""


@dataclass(frozen=True)
class OpenLadder:
    """A model, its domains, and which of their simulations tune and judge in each split.

    Attributes
    ----------
    network, description
        The model, in evaluation mode on the device.
    outputs, scored
        What it infers, and the places of what is scored.
    task
        The same for training.
    target, home, prior
        The domain that repairs are for, the model's own, and one of one cosmology or None.
    training, third, choose_on
        Labelled maps of the model's suite or None, of other suites, and of the one that chooses weights or None.
    splits, home_splits, prior_splits
        Of the simulations of the target, of the own domain, and of the one cosmology.
    settings, device
        How it is run, and where.
    """

    network: nn.Module
    description: Description
    outputs: Outputs
    scored: tuple[int, ...]
    task: Task
    target: DomainMaps
    home: DomainMaps
    prior: DomainMaps | None
    training: DomainMaps | None
    third: tuple[DomainMaps, ...]
    choose_on: DomainMaps | None
    splits: list[TuningSplit]
    home_splits: list[TuningSplit]
    prior_splits: list[TuningSplit]
    settings: LadderSettings
    device: torch.device

    @property
    def last_layer(self) -> str:
        """The layer whose features label-free numbers are of."""
        return self.description.layers[-1]

    @property
    def shown(self) -> OpenCase:
        """The model shown the target."""
        return self.target.shown

    @property
    def score(self) -> MapScore:
        """What predictions are scored by."""
        return ACCURACY if self.task.kind == "classification" else R2

    @property
    def scored_names(self) -> tuple[str, ...]:
        """What is scored: parameters, or the one label that holds the class."""
        if self.outputs.label is not None:
            return (self.outputs.label,)
        return tuple(self.outputs.names[place] for place in self.scored)

    def source_maps(self, split: int) -> tuple[DomainMaps, Places]:
        """Return what a repair sees of the model's own suite: the training set, or what tunes of its own domain."""
        if self.training is not None:
            return self.training, np.arange(self.training.n_simulations)
        return self.home, self.home_splits[split].tuned

    def source(self, split: int) -> Sample:
        """Return the maps of `source_maps`, with their labels where there are any."""
        domain, places = self.source_maps(split)
        return domain.sample(places, self.settings.tuned_maps_each)


def open_ladder(
    files: LadderFiles, settings: LadderSettings, *, labels: KnownLabels | None, device: torch.device
) -> OpenLadder:
    """Open a model and its domains, and divide their simulations.

    Parameters
    ----------
    files, settings
        What is opened, and how it is divided.
    labels
        Where the labels of the target are; None: it has none.
    device
        Where torch computes.

    Raises
    ------
    InputError
        If a domain does not fit the model or has too few simulations for a split, or labels are missing.
    """
    network, description = read_model(files.weights, own=files.own)
    network.to(device)

    def shown(one: DomainFiles) -> OpenCase:
        return show(files.model, network, description, files=one.files, domain=one.domain)

    target = shown(files.target)
    outputs = outputs_of(target)
    how: dict[str, Any] = {"maps_each": settings.each, "most_simulations": settings.most_simulations}
    how |= {"seed": settings.seed, "device": device}

    def held(one: DomainFiles) -> DomainMaps:
        return domain_maps(shown(one), outputs, labels=known_labels(one.files), **how)

    of_target, home = domain_maps(target, outputs, labels=labels, **how), held(files.home)
    prior, training, choose_on = (
        None if one is None else held(one) for one in (files.prior, files.training, files.choose_on)
    )
    return OpenLadder(
        network=network,
        description=description,
        outputs=outputs,
        scored=_scored(outputs, settings.outputs),
        task=task_of(target, outputs, device),
        target=of_target,
        home=home,
        prior=prior,
        training=training,
        third=tuple(map(held, files.third)),
        choose_on=choose_on,
        splits=_splits(of_target, settings, settings.n_tuned),
        home_splits=_splits(home, settings, min(settings.n_tuned, home.n_simulations // 2)),
        prior_splits=[] if prior is None else _splits(prior, settings, min(settings.n_tuned, prior.n_simulations // 2)),
        settings=settings,
        device=device,
    )


def _splits(maps: DomainMaps, settings: LadderSettings, n_tuned: int) -> list[TuningSplit]:
    """Divide the simulations of a domain; names it where they are too few."""
    with maps.shown.named():
        return tuning_splits(maps.n_simulations, n_tuned=n_tuned, n_splits=settings.splits, seed=settings.seed)


def _scored(outputs: Outputs, asked: Sequence[str]) -> tuple[int, ...]:
    """Return the places of the outputs that are scored: of a classifier all classes."""
    if outputs.label is not None:
        return tuple(range(len(outputs.names)))
    unknown = [name for name in asked if name not in outputs.names]
    if unknown:
        raise InputError(f"The network infers {in_short(outputs.names)}, but no {in_short(unknown)}.")
    return tuple(outputs.names.index(name) for name in asked or outputs.names[:_SCORED])
