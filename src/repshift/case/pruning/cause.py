"""Networks whose CKA the loss moves while they train on their own domain, as the action cause writes them."""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
import xarray as xr
from torch import nn

from repshift.adaptation.cka_loss import Kind as TermKind
from repshift.adaptation.loop import Alignment, trained
from repshift.adaptation.losses.cka import LayerSimilarity
from repshift.case.domain_maps import KnownLabels
from repshift.case.forward import OpenCase
from repshift.case.pruning.retraining import Trainings, trainings_of
from repshift.case.pruning.settings import JudgingSettings, TrainingSettings
from repshift.case.pruning.subject import PrunedMaps, Truth, pruned_maps, truth_of_maps
from repshift.evidence.pruning.cause import (
    CONTROL,
    HELD,
    KINDS,
    MOVED,
    NONE,
    REACHED,
    CauseRun,
    Kind,
    RunScores,
    cause_numbers,
    cause_variables,
)
from repshift.recording.devices import full_precision
from repshift.recording.grams import record_grams
from repshift.recording.layers import choose_layers
from repshift.recording.passes import evaluating, run_network
from repshift.similarity.cka import cka_matrix
from repshift.vocabulary import InputError

Values = npt.NDArray[np.float64]

_TERMS: Final[dict[Kind, tuple[TermKind, float]]] = {
    "build": ("off_diagonal", -1.0),
    "remove": ("off_diagonal", 1.0),
    "match": ("match", 1.0),
}
"""The term of each kind, and the sign of its weight."""


@dataclass(frozen=True)
class CauseSettings:
    """How CKA is moved.

    Attributes
    ----------
    kinds
        What the loss makes of layers.
    weights
        Of its term, above 0, each in turn.
    layers
        Whose CKA; None: all that the model records.
    """

    kinds: tuple[Kind, ...]
    weights: tuple[float, ...]
    layers: Sequence[str] | None = None

    def __post_init__(self) -> None:
        """Refuse what is no movement."""
        unknown = [kind for kind in self.kinds if kind not in KINDS]
        if unknown or not self.kinds or len(set(self.kinds)) < len(self.kinds):
            raise InputError(f"The kinds are {list(self.kinds)}. Expected some of {', '.join(KINDS)}, once.")
        wrong = [weight for weight in self.weights if not 0 < weight < float("inf")]
        if wrong or not self.weights or len(set(self.weights)) < len(self.weights):
            raise InputError(
                f"The weights are {list(self.weights)}. Expected numbers above 0, once: the control has a weight of 0."
            )


def moved_networks(
    shown: OpenCase,
    cause: CauseSettings,
    judging: JudgingSettings,
    training: TrainingSettings,
    *,
    home: OpenCase,
    labels: KnownLabels,
    home_labels: KnownLabels,
    training_set: OpenCase | None,
    device: torch.device,
    advance: Callable[[], None] = lambda: None,
) -> xr.Dataset:
    """Train a network with and without a term by CKA, and judge what it becomes on two domains.

    Parameters
    ----------
    shown, home
        The model shown the domain, and its own.
    cause, judging, training
        How CKA is moved, how networks are judged, and how they are trained.
    labels, home_labels
        Where those of either domain are; training sees none of the domain's.
    training_set
        The model shown labelled maps of its suite; None: what fits of the own domain is trained on.
    device
        Where torch computes.
    advance
        Called after each training.

    Returns
    -------
    As `repshift.stages.pruning.cause` describes it.

    Raises
    ------
    InputError
        If a domain has no labels, or too few simulations; else as training does.
    """
    target = _judged_domain(shown, judging, labels, device)
    source = _judged_domain(home, judging, home_labels, device)
    if target.truth.names != source.truth.names:
        raise InputError(
            f"The domain has labels of {', '.join(target.truth.names)}, and the own one of "
            f"{', '.join(source.truth.names)}. Choose outputs that both have."
        )
    layers = list(cause.layers or shown.description.layers)
    trainings = trainings_of(shown, source.maps, judging, training, training_set=training_set, device=device)
    runs, answers, matrices = [], [], []
    with evaluating(shown.network, None), full_precision():
        for run, network in _networks(shown.network, target.maps, trainings, cause, layers):
            runs.append(run)
            answers.append([_answers(network, one.maps, run.split, judging) for one in (target, source)])
            matrices.append([_matrix(network, one.maps, run.split, layers, judging) for one in (target, source)])
            advance()
    domains = zip((target, source), zip(*answers, strict=True), strict=True)
    (of_target, n_target), (of_home, n_home) = (_scores(one, runs, found, judging) for one, found in domains)
    scores = RunScores(of_target, of_home, n_target, n_home)
    entries, numbers = cause_numbers(runs, scores, _reached(np.array(matrices)), seed=judging.seed)
    found = xr.Dataset(cause_variables(numbers), coords=_coordinates(runs, entries, target.truth.names))
    return found.assign_attrs(_attributes(target, source, cause, judging, trainings, layers))


def _networks(
    network: nn.Module, target: PrunedMaps, trainings: Trainings, cause: CauseSettings, layers: list[str]
) -> Iterator[tuple[CauseRun, nn.Module]]:
    """Yield the network as it is, and what becomes of it without and with a term, split by split and seed by seed."""
    for split in range(len(target.splits)):
        yield CauseRun(NONE, 0.0, split, 0), network
        source, unlabelled = trainings.sample(split), target.sample(split).unlabelled()
        for seed in range(trainings.settings.seeds):
            how = trainings.options(seed)
            yield (
                CauseRun(CONTROL, 0.0, split, seed),
                trained(copy.deepcopy(network), [source], how, task=trainings.task),
            )
            for kind in cause.kinds:
                term, sign = _TERMS[kind]
                for weight in cause.weights:
                    choice = choose_layers(network, layers)
                    alignment = Alignment(LayerSimilarity(term), choice, unlabelled, sign * weight)
                    yield (
                        CauseRun(kind, weight, split, seed),
                        trained(copy.deepcopy(network), [source], how, task=trainings.task, alignment=alignment),
                    )


@dataclass(frozen=True)
class _JudgedDomain:
    """Maps of a domain, and what is true of them."""

    maps: PrunedMaps
    truth: Truth


def _judged_domain(
    shown: OpenCase, judging: JudgingSettings, labels: KnownLabels, device: torch.device
) -> _JudgedDomain:
    maps = pruned_maps(shown, judging, labels=labels, device=device)
    return _JudgedDomain(maps, truth_of_maps(maps, judging))


def _answers(network: nn.Module, maps: PrunedMaps, split: int, judging: JudgingSettings) -> Values:
    """Return the outputs of the maps that a split judges, (n_maps, n_outputs), NaN of others."""
    places = np.flatnonzero(maps.judged[split])
    found = run_network(network, maps.inputs[places], batch_size=judging.batch_size, device=maps.inputs.device)
    values = found.flatten(1).double().numpy()
    answers = np.full((len(maps.simulations), values.shape[1]), np.nan)
    answers[places] = values
    return answers


def _matrix(network: nn.Module, maps: PrunedMaps, split: int, layers: list[str], judging: JudgingSettings) -> Values:
    """Return debiased CKA (layers, layers) of a map of each simulation that a split judges."""
    places = maps.firsts[maps.judged[split][maps.firsts]]
    inputs = maps.inputs[places]
    grams = record_grams(
        network, inputs.cpu().numpy(), layers=layers, batch_size=judging.batch_size, device=inputs.device
    )
    return np.asarray(cka_matrix(grams.to_numpy(), estimator="debiased"))


def _scores(
    domain: _JudgedDomain, runs: list[CauseRun], answers: Sequence[Values], judging: JudgingSettings
) -> tuple[Values, int]:
    """Return the scores of runs and of their resamples, (1 + n_resamples, runs, parameters), and how many judge."""
    maps, truth = domain.maps, domain.truth
    predictions = np.full((len(runs), len(maps.simulations), len(truth.columns)), np.nan)
    for into, found in zip(predictions, answers, strict=True):
        known = np.isfinite(found).all(1)
        into[known] = truth.predictions(maps.shown, found[known], maps.positions[known])
    judgement = replace(truth.judgement, judged=truth.judgement.judged[[run.split for run in runs]])
    weights = judgement.weights(n_resamples=judging.resamples, seed=judging.seed)
    return judgement.scores(predictions, weights), judgement.n_judged


def _reached(matrices: Values) -> dict[str, Values]:
    """Return what of `REACHED` the matrices (runs, domain, layers, layers) of target and home are."""
    first, second = np.triu_indices(matrices.shape[-1], 1)
    pairs = matrices[..., first, second]
    found = (pairs[:, 0].mean(-1), pairs[:, 1].mean(-1), np.abs(pairs[:, 0] - pairs[:, 1]).mean(-1))
    return dict(zip(REACHED, found, strict=True))


def _coordinates(runs: list[CauseRun], entries: list[CauseRun], names: tuple[str, ...]) -> dict[str, Any]:
    return {
        "run_kind": ("run", np.array([run.kind for run in runs], dtype=object)),
        "run_weight": ("run", np.array([run.weight for run in runs])),
        "run_split": ("run", np.array([run.split for run in runs])),
        "run_seed": ("run", np.array([run.seed for run in runs])),
        "entry_kind": ("entry", np.array([entry.kind for entry in entries], dtype=object)),
        "entry_weight": ("entry", np.array([entry.weight for entry in entries])),
        "relation": list(REACHED),
        "moved": list(MOVED),
        "parameter": list(names),
    }


def _attributes(
    target: _JudgedDomain,
    source: _JudgedDomain,
    cause: CauseSettings,
    judging: JudgingSettings,
    trainings: Trainings,
    layers: list[str],
) -> dict[str, Any]:
    """Return what names the case and its settings, and the checksums of what was read."""
    shown, home = target.maps.shown, source.maps.shown
    return {
        **shown.case.attributes(),
        **shown.domain.attributes(),
        **shown.preparation,
        "score": target.truth.judgement.score.name,
        "score_label": target.truth.judgement.score.label,
        "own_domain": home.domain.name,
        "kinds": ", ".join(cause.kinds),
        "weights": list(cause.weights),
        "layers": ", ".join(layers),
        "held": HELD,
        "splits": judging.splits,
        "n_tuned": len(target.maps.splits[0].tuned) * target.maps.maps_each,
        "n_judged": len(target.maps.splits[0].judged) * target.maps.maps_each,
        "maps_each": target.maps.maps_each,
        "seed": judging.seed,
        "resamples": judging.resamples,
        **trainings.attributes(),
        "weights_sha256": shown.description.sha256,
        "maps_sha256": shown.simulations.sha256,
        "own_maps_sha256": home.simulations.sha256,
    }
