"""What the cost of each part of a job depends on: time, memory, disk and bytes fetched."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from repshift.costs.dimensions import Dimensions
from repshift.costs.jobs import Sizes

Packages = Literal["analysis", "drawing", "torch"]
"""What a process loads before it does anything, the heavier later."""

_BYTES = 4
_BYTES_DOUBLE = 8
_SYMMETRIES = 8
_MEGABYTE = 1e6
_MOST_LEFT_OUT = 50
"""Simulations that the stage intervals leaves out of measures that are made anew each time."""


@dataclass(frozen=True)
class Terms:
    """Terms of the three quantities of a part that are measured, and bytes fetched."""

    seconds: tuple[float, ...] = ()
    megabytes: tuple[float, ...] = ()
    bytes: tuple[float, ...] = ()
    fetched: float = 0.0


@dataclass(frozen=True)
class Kind:
    """A kind of part: its terms; what its process loads; a kind that does the same, if none of this was measured."""

    terms: Callable[[Dimensions], Terms]
    packages: Packages = "analysis"
    like: str = ""


def kind_of(name: str) -> Kind:
    """Return a kind by its name; of another name, that of a table or figure of all cases."""
    drawn = Kind(_of_cases, "drawing", "figure1") if "figure" in name or name == "learning_curve" else Kind(_of_cases)
    return KINDS.get(name, drawn)


def terms_of(name: str, sizes: Sizes, *, threads: int = 1) -> Terms:
    """Return the terms of a part, in the order of its constants."""
    return kind_of(name).terms(Dimensions(sizes, threads=threads))


def representations(sizes: Sizes) -> float:
    """Return the memory [MB] of the representations of all layers of some maps, as single precision has them."""
    of = Dimensions(sizes, threads=1)
    return _BYTES * of.n_maps * of.passes * of.network.units / _MEGABYTE


def _maps(of: Dimensions) -> Terms:
    processes = min(of.threads, of.simulations)
    return Terms(
        seconds=(of.simulations * of.particles**4, of.simulations * of.side**3),
        megabytes=(processes * of.particles**3, processes * of.side**3),
        bytes=(2 * _BYTES * of.file,),
    )


def _generate(of: Dimensions) -> Terms:
    """Return the terms of objects that the user's own code makes, each in a time that only a trial says."""
    return Terms(
        seconds=(of.simulations * of.object_seconds,),
        megabytes=(min(of.threads, of.simulations),),
        bytes=(_BYTES * of.simulations * of.object_pixels,),
    )


def _derive(of: Dimensions) -> Terms:
    return Terms(seconds=(of.file,), bytes=(_BYTES * of.file,))


def _measured(of: Dimensions) -> Terms:
    return Terms(seconds=(of.file,))


def _download_maps(of: Dimensions) -> Terms:
    return Terms(seconds=(of.file,), bytes=(_BYTES * of.file,), fetched=_BYTES * of.file)


def _sample(of: Dimensions) -> Terms:
    sampled = min(of.sample, of.maps) * of.side**2
    return Terms(seconds=(sampled,), fetched=_BYTES * sampled)


def _slice(of: Dimensions) -> Terms:
    part = of.shown * of.side**2
    return Terms(seconds=(part,), bytes=(_BYTES * part,), fetched=_BYTES * part)


def _models(of: Dimensions) -> Terms:
    parameters = float(of.network.parameters)
    return Terms(seconds=(parameters,), megabytes=(parameters,), bytes=(_BYTES * parameters,))


def _trial(of: Dimensions) -> Terms:
    """Return the terms of fetched weights, which stay where they were fetched, too."""
    size = _BYTES * of.network.parameters
    return Terms((size / _BYTES,), (size / _BYTES,), (2.0 * size,), fetched=size)


def _untrained(of: Dimensions) -> Terms:
    return Terms(of.passes_of(of.shown), of.batch_memory, (_BYTES * float(of.network.parameters),))


def _activations(of: Dimensions) -> Terms:
    recorded = of.n_maps * of.passes
    written = _BYTES * recorded * of.network.units + _BYTES * of.n_maps * of.side**2
    return Terms(of.passes_of(recorded), of.batch_memory, (written,))


def _grams(of: Dimensions) -> Terms:
    """Return the terms of what is multiplied by chunks; the forward pass without a cache is priced apart."""
    units = float(of.network.units)
    return Terms(
        seconds=(of.pooled * units, of.pooled**2 * units),
        bytes=(_BYTES_DOUBLE * (of.network.layers + 1) * of.pooled**2,),
    )


def _cka(of: Dimensions) -> Terms:
    return Terms(seconds=(of.pairs * of.n_maps**2 * (1 + of.measures),), bytes=(_BYTES_DOUBLE * of.pairs,))


def _intervals(of: Dimensions) -> Terms:
    """Return the terms of resampled CKA, of CKA without each simulation, and of other measures without each."""
    left_out = min(of.n_maps, _MOST_LEFT_OUT)
    return Terms(
        seconds=(
            of.resamples * of.pairs,
            of.resamples * of.pairs * of.pooled * of.n_maps,
            of.pairs * of.pooled * of.n_maps**2,
            of.measures * of.pairs * of.domains * left_out * of.n_maps**3,
        ),
        megabytes=(of.resamples * of.pairs, of.network.layers * of.pooled**2),
        bytes=(_BYTES_DOUBLE * of.pairs * (3 + of.measures),),
    )


def _permutation_tests(of: Dimensions) -> Terms:
    """Return the terms of permuting simulations and, out of distribution, of swapping domains, draw by draw."""
    area, layers = of.n_maps**2, float(of.network.layers)
    swapped = of.permutations * (of.domains - 1)
    return Terms(
        seconds=tuple(draws * area * size for draws in (of.permutations, swapped) for size in (layers, of.pairs)),
        megabytes=(layers * of.pooled**2,),
        bytes=(_BYTES_DOUBLE * swapped,),
    )


def _influence(of: Dimensions) -> Terms:
    drawn = of.most * of.draws
    return Terms(seconds=(drawn, drawn * of.pairs * of.n_maps**2), bytes=(_BYTES_DOUBLE * of.pairs,))


def _sample_size(of: Dimensions) -> Terms:
    return Terms(
        seconds=(of.draws * of.n_sizes, of.draws * of.area * of.pairs),
        bytes=(_BYTES_DOUBLE * of.draws * of.n_sizes,),
    )


def _predictions(of: Dimensions) -> Terms:
    return Terms(of.passes_of(of.shown), of.batch_memory, (_BYTES_DOUBLE * of.shown,))


def _symmetries(of: Dimensions) -> Terms:
    return Terms(of.passes_of(of.n_maps * _SYMMETRIES * (1 + of.shifts)), of.batch_memory, (_BYTES_DOUBLE * of.n_maps,))


def _shift_scores(of: Dimensions) -> Terms:
    """Return the terms of the scores themselves, and of those between halves, whose classifiers take the most."""
    fits = of.halves * of.folds * of.network.layers
    return Terms(seconds=(of.network.layers * of.pooled**2, of.shown * of.side**2, fits))


def _stress(of: Dimensions) -> Terms:
    """Return the terms of predicting and perturbing maps, of the drift of layers, of bands, scores and objects."""
    maps = of.levels * of.perturbed
    drift = of.levels * min(of.drift, of.perturbed)
    return Terms(
        seconds=(
            maps * of.network.multiplications,
            maps * of.side**2,
            drift * of.network.units,
            of.levels * of.resamples,
            of.levels * of.halves,
            of.remade * of.object_seconds,
        ),
        megabytes=(*of.batch_memory, of.batch * of.side**2, min(of.drift, of.perturbed) * of.network.units),
        bytes=(_BYTES_DOUBLE * maps,),
    )


def _smallest(of: Dimensions) -> Terms:
    """Return the terms of gradients, each twice a forward pass, by bisection."""
    return Terms(
        seconds=of.passes_of(of.attacked * of.attacks), megabytes=of.batch_memory, bytes=(_BYTES_DOUBLE * of.attacked,)
    )


def _attribution(of: Dimensions) -> Terms:
    """Return the terms of the passes of all methods and of their nulls, and of the numbers of their pixels."""
    return Terms(
        seconds=(*of.passes_of(of.attribution_passes), of.attribution_pixels),
        megabytes=(*of.batch_memory, of.attribution_pixels),
        bytes=(_BYTES * of.attribution_pixels,),
    )


def _attribution_of_shift(of: Dimensions) -> Terms:
    """Return the terms of the integral between maps and their twins, and of what it is divided by."""
    pixels = of.attributed * of.outputs * of.side**2
    return Terms(
        seconds=(*of.passes_of(of.shift_passes), pixels),
        megabytes=(*of.batch_memory, pixels),
        bytes=(_BYTES * pixels,),
    )


def _features(of: Dimensions) -> Terms:
    return Terms(seconds=of.passes_of(of.feature_passes), megabytes=of.batch_memory, bytes=(_BYTES * of.side**2,))


def _passes_made(of: Dimensions) -> Terms:
    """Return the terms of the passes that repairs, trainings and judgement take, and of resamples of each entry."""
    return Terms(
        seconds=(*of.passes_of(of.passes_made), of.entries * of.resamples),
        megabytes=of.batch_memory,
        bytes=(_BYTES_DOUBLE * of.entries,),
    )


def _repaired(of: Dimensions) -> Terms:
    parameters = float(of.network.parameters)
    return Terms(of.passes_of(of.passes_made), of.batch_memory, (_BYTES * parameters,))


def _rungs(of: Dimensions) -> Terms:
    return Terms(seconds=(of.entries * of.resamples,), bytes=(_BYTES_DOUBLE * of.entries,))


def _latent_space(of: Dimensions) -> Terms:
    """Return the terms of maps that are placed among others."""
    return Terms(
        seconds=(*of.passes_of(of.attributed), of.attributed**2), megabytes=of.batch_memory, bytes=(of.attributed,)
    )


def _trust(of: Dimensions) -> Terms:
    """Return the terms of the passes, of the distances to the maps of the reference, and of resamples."""
    return Terms(
        seconds=(*of.passes_of(of.passes_made), of.fits, of.resamples),
        megabytes=of.batch_memory,
        bytes=(_BYTES_DOUBLE * of.fits,),
    )


def _training(of: Dimensions) -> Terms:
    return Terms(
        seconds=of.passes_of(of.epochs * of.maps),
        megabytes=(of.file, *of.batch_memory),
        bytes=(_BYTES * float(of.network.parameters),),
    )


def _scores(of: Dimensions) -> Terms:
    return Terms(seconds=(of.resamples, of.resamples * of.shown), bytes=(_BYTES_DOUBLE * of.shown,))


def _resampled(of: Dimensions) -> Terms:
    return Terms(seconds=(of.cases * of.resamples,), bytes=(of.cases,))


def _of_cases(of: Dimensions) -> Terms:
    """Return the terms of a table or a figure of all cases."""
    return Terms(seconds=(of.cases,), bytes=(of.cases,))


def _of_a_map(of: Dimensions) -> Terms:
    """Return the terms of a map, or of a sheet of maps."""
    return Terms(bytes=(_BYTES * of.side**2,))


def _table(of: Dimensions) -> Terms:
    """Return the terms of fetching a small table: those of a file of no maps."""
    return Terms(seconds=(0.0,))


KINDS: Final[dict[str, Kind]] = {
    "maps": Kind(_maps),
    "generate": Kind(_generate),
    "download_maps": Kind(_download_maps, like="derive"),
    "download_parameters": Kind(_table, like="measured"),
    "convert": Kind(_derive, like="derive"),
    "derive": Kind(_derive),
    "measured": Kind(_measured),
    "sample": Kind(_sample, like="measured"),
    "slice": Kind(_slice, like="derive"),
    "models": Kind(_models, "torch"),
    "trial": Kind(_trial, "torch", "models"),
    "untrained": Kind(_untrained, "torch"),
    "training": Kind(_training, "torch"),
    "publish_model": Kind(_models, "torch", "models"),
    "activations": Kind(_activations, "torch"),
    "grams": Kind(_grams, "torch"),
    "predictions": Kind(_predictions, "torch"),
    "symmetries": Kind(_symmetries, "torch", "predictions"),
    "example_maps": Kind(_of_a_map),
    "cka": Kind(_cka),
    "comparison": Kind(_cka, like="cka"),
    "intervals": Kind(_intervals),
    "permutation_tests": Kind(_permutation_tests),
    "influence": Kind(_influence),
    "sample_size": Kind(_sample_size),
    "scores": Kind(_scores),
    "stress": Kind(_stress, "torch"),
    "smallest": Kind(_smallest, "torch"),
    "attribution": Kind(_attribution, "torch"),
    "attribution_of_shift": Kind(_attribution_of_shift, "torch"),
    "features": Kind(_features, "torch"),
    "repair": Kind(_passes_made, "torch"),
    "repaired": Kind(_repaired, "torch", "untrained"),
    "rung": Kind(_passes_made, "torch", "repair"),
    "rungs": Kind(_rungs),
    "latent_space": Kind(_latent_space, "torch"),
    "pruning": Kind(_passes_made, "torch", "repair"),
    "retraining": Kind(_passes_made, "torch", "repair"),
    "cause": Kind(_passes_made, "torch", "repair"),
    "trust": Kind(_trust, "torch"),
    "shift_scores": Kind(_shift_scores),
    "shift_steps": Kind(_resampled),
    "failures": Kind(_resampled, like="shift_steps"),
    "correlations": Kind(_resampled, like="shift_steps"),
    "influential_maps": Kind(_of_a_map, "drawing"),
}
"""The kinds whose cost depends on more than the number of cases."""

ACTIONS: Final = {
    "maps generate": "generate",
    "maps measure": "measured",
    "maps derive": "derive",
    "maps convert": "convert",
    "maps download": "download_maps",
    "maps sample": "sample",
    "maps slice": "slice",
    "models trial": "trial",
    "models initialise": "untrained",
    "training publish": "publish_model",
    "stress smallest": "smallest",
    "attribution shift": "attribution_of_shift",
    "attribution features": "features",
    "repair network": "repaired",
    "repair train": "rung",
    "repair join": "rungs",
    "repair latent_space": "latent_space",
    "pruning retrain": "retraining",
    "pruning cause": "cause",
    "summary correlations": "correlations",
    "summary choices": "choices",
    "figures influential_maps": "influential_maps",
}
"""Kinds by stage and action, where they are not named as the stage."""


def kind_of_words(words: str) -> str:
    """Return the name of the kind that a stage, or a stage and its action, is."""
    return ACTIONS.get(words, words.partition(" ")[0])


def stage_of(kind: str) -> str:
    """Return the stage of a kind, in whose folder its files lie."""
    return next((words.partition(" ")[0] for words, name in ACTIONS.items() if name == kind), kind)
