"""Replaced networks trained again beside the unchanged network, as the action retrain writes it."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr
from torch import Tensor, nn

from repshift.adaptation.loop import trained
from repshift.adaptation.repair import Options
from repshift.adaptation.replacement import replaced
from repshift.adaptation.sample import Sample
from repshift.adaptation.task import Task
from repshift.case.domain_maps import DomainMaps, KnownLabels, domain_maps
from repshift.case.forward import OpenCase
from repshift.case.outputs import Outputs, outputs_of
from repshift.case.pruning.dataset import (
    PruningCase,
    numbers_of,
    numbers_of_changes,
    prepared_case,
    pruning_dataset,
)
from repshift.case.pruning.replacements import judged_outputs
from repshift.case.pruning.settings import JudgingSettings, PruningSettings, TrainingSettings
from repshift.case.pruning.subject import PrunedMaps
from repshift.case.task import task_of
from repshift.recording.devices import full_precision
from repshift.recording.passes import evaluating, run_network
from repshift.vocabulary import InputError

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Trainings:
    """What networks are trained on, and how.

    Attributes
    ----------
    home
        The model's own domain, with labels where it is trained on.
    training
        Labelled maps of the model's suite; None: what fits of the own domain.
    task, settings, batch_size
        What the network infers, how it is trained, maps of a forward pass.
    first_seed
        Random seed of the first of the trainings of a split; those of the others follow.
    """

    home: PrunedMaps
    training: DomainMaps | None
    task: Task
    settings: TrainingSettings
    batch_size: int
    first_seed: int

    def sample(self, split: int) -> Sample:
        """Return the labelled maps that the networks of a split are trained on.

        Raises
        ------
        InputError
            If there are no labels.
        """
        if self.training is not None:
            n_maps = self.training.positions.shape[1]
            return self.training.sample(np.arange(self.training.n_simulations), n_maps)
        found = self.home.sample(split)
        if found.labels is None:
            name = self.home.shown.domain.name
            raise InputError(
                f"Nothing to train on has labels: domain '{name}' was given without them. Give --training-set, or "
                "--reference-parameters."
            )
        return found

    def options(self, number: int) -> Options:
        """Return how the networks of one of the seeds, counted from 0, are trained: all alike, on the same batches."""
        how = self.settings
        return Options(
            steps=how.steps,
            batch=how.batch,
            learning_rate=how.learning_rate,
            seed=self.first_seed + number,
            batch_size=self.batch_size,
            symmetries=how.symmetries,
        )

    def attributes(self) -> dict[str, Any]:
        """Return what a file says of the trainings."""
        trained_on = self.home.shown if self.training is None else self.training.shown
        about = vars(self.settings) | {"symmetries": str(self.settings.symmetries).lower()}
        return about | {"trained_on": trained_on.domain.name, "trained_on_sha256": trained_on.simulations.sha256}


def trainings_of(
    shown: OpenCase,
    home: PrunedMaps,
    judging: JudgingSettings,
    training: TrainingSettings,
    *,
    training_set: OpenCase | None,
    device: torch.device,
) -> Trainings:
    """Return what the networks of a case are trained on, and how; arguments as `retrained_layers`."""
    outputs = outputs_of(shown)
    return Trainings(
        home=home,
        training=None if training_set is None else _labelled(training_set, outputs, judging, device),
        task=task_of(shown, outputs, device),
        settings=training,
        batch_size=judging.batch_size,
        first_seed=judging.seed,
    )


def retrained_layers(
    shown: OpenCase,
    settings: PruningSettings,
    training: TrainingSettings,
    *,
    home: OpenCase | None,
    labels: KnownLabels | None,
    home_labels: KnownLabels | None,
    training_set: OpenCase | None,
    device: torch.device,
    advance: Callable[[], None] = lambda: None,
) -> xr.Dataset:
    """Replace the layers of a network, train each replaced network and the unchanged one, and judge them on a domain.

    Parameters
    ----------
    shown, settings, home, labels, device
        As in `repshift.case.pruning.dataset.replaced_layers`.
    training
        How networks are trained.
    home_labels
        Where the labels of the own domain are, beside another; None: it is not trained on.
    training_set
        The model shown labelled maps of its suite; None: what fits of the own domain is trained on.
    advance
        Called after each seed of each split.

    Returns
    -------
    As `repshift.stages.pruning.retrain` describes it.

    Raises
    ------
    InputError
        If nothing to train on has labels; else as there.
    """
    case = prepared_case(shown, settings, home=home, labels=labels, home_labels=home_labels, device=device)
    trainings = trainings_of(shown, case.home, settings, training, training_set=training_set, device=device)
    with evaluating(shown.network, None), full_precision():
        unchanged, changed = judged_outputs(case.maps, case.found, shown.network, settings, advance=lambda: None)
        control, after = _trained(case, trainings, settings, advance)
    before = numbers_of(case, settings, unchanged[None], changed)
    numbers = numbers_of(case, settings, control, after, repeats=training.seeds)
    variables = numbers_of_changes(case, settings) | {
        "score_unchanged": before["reference"],
        "score_lost_before": before["score_lost"],
        "score_control": numbers.pop("reference"),
    }
    return pruning_dataset(case, settings, variables | numbers).assign_attrs(trainings.attributes())


def _labelled(shown: OpenCase, outputs: Outputs, settings: JudgingSettings, device: torch.device) -> DomainMaps:
    """Return labelled maps of the model's suite."""
    return domain_maps(
        shown,
        outputs,
        maps_each=min(settings.maps_each, shown.maps_per_simulation),
        most_simulations=None,
        seed=settings.seed,
        device=device,
        labels=KnownLabels(None),
    )


def _trained(
    case: PruningCase, trainings: Trainings, settings: PruningSettings, advance: Callable[[], None]
) -> tuple[Values, Values]:
    """Train the unchanged network and each with a change, and return their outputs of the maps that are judged.

    Returns
    -------
    (runs, n_maps, n_outputs), and (changes, ways, runs, n_maps, n_outputs): a run is a seed of a split; NaN where a map
    is not judged or a change is not possible.
    """
    found, seeds, network = case.found, trainings.settings.seeds, case.maps.shown.network
    changes, judged = found.changes.changes, case.maps.judged
    n_runs, n_outputs = len(judged) * seeds, _answered(network, case.maps.inputs[:1], 1).shape[1]
    control = np.full((n_runs, judged.shape[1], n_outputs), np.nan)
    outputs = np.full((len(changes), len(settings.ways), *control.shape), np.nan)
    for number, (split, seed) in enumerate(np.ndindex(len(judged), seeds)):
        places = np.flatnonzero(judged[split])
        run = _Run(trainings, split, seed, case.maps.inputs[places])
        control[number, places] = run.outputs(copy.deepcopy(network))
        for place, change in enumerate(changes):
            for which, way in enumerate(settings.ways):
                if not found.refusals[change.name, way]:
                    start = replaced(network, change, found.module(change, way, split))
                    outputs[place, which, number, places] = run.outputs(start)
        advance()
    return control, outputs


@dataclass(frozen=True)
class _Run:
    """What the networks of a split and a seed are trained on, and the maps that judge them."""

    trainings: Trainings
    split: int
    seed: int
    judged: Tensor

    def outputs(self, start: nn.Module) -> Values:
        """Train a network, which changes, and return its outputs of the maps that judge it, (n_maps, n_outputs)."""
        how = self.trainings
        trained(start, [how.sample(self.split)], how.options(self.seed), task=how.task)
        return _answered(start, self.judged, how.batch_size)


def _answered(network: nn.Module, maps: Tensor, batch_size: int) -> Values:
    """Return the outputs of some maps, (n_maps, n_outputs)."""
    found = run_network(network, maps, batch_size=batch_size, device=maps.device)
    return np.asarray(found.flatten(1).double().numpy())
