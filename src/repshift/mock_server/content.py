"""What the stand-in serves: more simulations than were made, by exact symmetries, and a search in CMD's form.

The files have the form of CMD's; what they hold says nothing of CMD's: most simulations are copies of a few, so the
splits are not independent, and training is short.
"""

import io
import logging
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import optuna
import torch
from optuna.trial import TrialState
from torch import nn

from repshift.cli.progress import progress
from repshift.networks.cmd import CMDNetwork
from repshift.recording.devices import reproducible
from repshift.stages.training.train import examples_of
from repshift.statistics.selection import maps_of
from repshift.storage.files import replacing
from repshift.storage.labels import read_parameters
from repshift.storage.maps import open_maps, write_parameters, writing_maps
from repshift.storage.measurement import side_of
from repshift.storage.simulations import open_simulations
from repshift.storage.studies import writing_study
from repshift.training.loop import Settings, lowest, train
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

_TRIAL: Final = "{trial}"

_DECAYS, _RATES, _DROPOUTS = (1e-8, 1e-1), (1e-5, 5e-3), (0.0, 0.9)


def expand(
    *, maps: Path, parameters: Path, simulations: int, seed: int, output_maps: Path, output_parameters: Path
) -> None:
    """Write the given simulations, then symmetric copies of them in turn, with the parameters of what they copy."""
    given = open_maps(maps)
    rows = read_parameters(parameters, n_maps=len(given), maps_path=maps).values
    if simulations < len(rows):
        raise InputError(
            f"{maps} holds {len(rows)} simulations; {simulations} were asked for. Ask for as many or more."
        )
    with writing_maps(output_maps, n_simulations=simulations, size=(given.shape[1], given.shape[2])) as append:
        for number in range(simulations):
            of_one = given[maps_of(np.array([number % len(rows)]))]
            append(of_one if number < len(rows) else _symmetric_copies(of_one, np.random.default_rng([seed, number])))
    write_parameters(rows[np.arange(simulations) % len(rows)], output_parameters)
    logger.info("%s: %d simulations, copies of %d", output_maps, simulations, len(rows))


def search(
    *,
    maps: Path,
    parameters: Path,
    measured: Path,
    suite: str,
    field: str,
    study: str,
    trials: int,
    epochs: int,
    batch_size: int,
    hidden: tuple[int, int],
    seed: int,
    threads: int,
    output_study: Path,
    output_weights: str,
) -> None:
    """Train a network a trial, as optuna suggests; write the study, and the weights of trials 0 to `trials` - 1.

    Trial number `trials` has failed and has no weights, as some of CMD's.
    """
    simulations = open_simulations(maps, parameters, measured)
    if simulations.measured[0].field != field:
        raise InputError(f"{maps} holds field '{simulations.measured[0].field}'; the search is for field '{field}'.")
    if trials < 1 or not 1 <= hidden[0] <= hidden[1]:
        raise InputError(
            f"{trials} trials of width {hidden[0]} to {hidden[1]}: one trial or more, widths rising from 1."
        )
    if _TRIAL not in output_weights:
        raise InputError(f"'{output_weights}' names the weights of all trials alike. It needs {_TRIAL} in it.")
    training, validation = (examples_of(simulations, split) for split in ("train", "validation"))
    logger.info("%s %s: %d trials on %d maps", field, suite, trials, len(training.maps))
    with (
        reproducible(threads=threads),
        writing_study(output_study, study=study, seed=seed) as found,
        progress(trials, "trials") as advance,
    ):
        for number in range(trials):
            trial = found.ask()
            settings, shape = _suggest(trial, hidden, epochs=epochs, batch_size=batch_size, seed=seed)
            torch.manual_seed(settings.seed)
            network = CMDNetwork(**shape, size=side_of(simulations.measured))
            value = lowest(train(network, training, validation, settings=settings)["curve"])
            _write_weights(network, Path(output_weights.replace(_TRIAL, str(number))))
            found.tell(trial, value)
            advance(f"validation loss {value:.3f}")
        failed = found.ask()
        _suggest(failed, hidden, epochs=epochs, batch_size=batch_size, seed=seed)
        found.tell(failed, state=TrialState.FAIL)
        best = found.best_trial
    logger.info("%s: trial %d is the best, validation loss %.3f", output_study, best.number, best.value)


def _symmetric_copies(maps: npt.NDArray[np.float32], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Turn, flip and shift every map (n_maps, size, size) in its periodic box by a symmetry of its own."""
    copies = np.empty_like(maps)
    for number, one in enumerate(maps):
        turned = np.rot90(one, int(rng.integers(4)))
        flipped = turned[:, ::-1] if rng.integers(2) else turned
        down, right = (int(shift) for shift in rng.integers(len(one), size=2))
        copies[number] = np.roll(flipped, (down, right), axis=(0, 1))
    return copies


def _suggest(
    trial: optuna.Trial, hidden: tuple[int, int], *, epochs: int, batch_size: int, seed: int
) -> tuple[Settings, dict[str, Any]]:
    """Draw a trial's parameters under CMD's names; return how to train and the shape of the network."""
    decay = trial.suggest_float("wd", *_DECAYS, log=True)
    dropout = trial.suggest_float("dr", *_DROPOUTS)
    width = trial.suggest_int("hidden", *hidden)
    rate = trial.suggest_float("lr", *_RATES, log=True)
    drawn = int(np.random.default_rng([seed, trial.number]).integers(2**31))
    return Settings(epochs, batch_size, rate, decay, epochs, drawn), {"hidden": width, "dropout": dropout}


def _write_weights(network: nn.Module, path: Path) -> None:
    """Write a state dict as CMD's are: of the parallel network, every name with its prefix."""
    buffer = io.BytesIO()
    torch.save(nn.DataParallel(network).cpu().state_dict(), buffer)
    with replacing(path) as temporary:
        temporary.write_bytes(buffer.getvalue())
