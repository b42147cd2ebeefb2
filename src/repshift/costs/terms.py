"""What the cost of a job depends on, rule by rule: time, memory, disk and bytes fetched."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from repshift.costs.jobs import Job
from repshift.networks.architecture import Architecture, architecture_of

ASSUMED_HIDDEN: Final = 12
"""Width of a network that is not known before it is fetched: the largest that CMD's documentation speaks of."""

_BYTES = 4
_BYTES_DOUBLE = 8
_SYMMETRIES = 8
_MEGABYTE = 1e6


@dataclass(frozen=True)
class Terms:
    """Terms of the three quantities of a rule that are measured; what it surely holds in memory [MB]; bytes fetched."""

    seconds: tuple[float, ...] = ()
    megabytes: tuple[float, ...] = ()
    bytes: tuple[float, ...] = ()
    held: float = 0.0
    fetched: float = 0.0


def terms_of(job: Job) -> Terms:
    """Return the terms of a job, in the order of its constants."""
    return TERMS.get(job.rule, _of_cases)(_Numbers(job))


class _Numbers:
    """The sizes of a job, and what follows from them."""

    def __init__(self, job: Job) -> None:
        self.sizes = job.sizes
        self.threads = job.threads

    def __getattr__(self, name: str) -> float:
        return self.sizes.get(name, 1)

    @property
    def network(self) -> Architecture:
        return architecture_of(int(self.sizes.get("hidden", ASSUMED_HIDDEN)), int(self.side))

    @property
    def side(self) -> float:
        return self.sizes.get("pixels", 64)

    @property
    def file(self) -> float:
        """Numbers in the file of maps."""
        return self.maps * self.side**2

    @property
    def pairs(self) -> float:
        """Pairs of layers."""
        return float(self.network.layers) ** 2

    @property
    def pooled(self) -> float:
        """Maps of a file of Gram matrices."""
        return self.n_maps * self.domains

    def passes_of(self, n_maps: float) -> tuple[float, float]:
        """Return multiplications and units of the forward pass of some maps."""
        return n_maps * self.network.multiplications, n_maps * self.network.units

    @property
    def batch_memory(self) -> tuple[float, ...]:
        """Units of one batch, parameters."""
        return self.batch * self.network.units, float(self.network.parameters)


def _maps(of: _Numbers) -> Terms:
    processes = min(of.threads, of.simulations)
    return Terms(
        seconds=(of.simulations * of.particles**4, of.simulations * of.side**3),
        megabytes=(processes * of.particles**3, processes * of.side**3),
        bytes=(2 * _BYTES * of.file,),
    )


def _derive(of: _Numbers) -> Terms:
    return Terms(seconds=(of.file,), bytes=(_BYTES * of.file,))


def _measured(of: _Numbers) -> Terms:
    return Terms(seconds=(of.file,))


def _download_maps(of: _Numbers) -> Terms:
    return Terms(seconds=(of.file,), bytes=(_BYTES * of.file,), fetched=_BYTES * of.file)


def _sample(of: _Numbers) -> Terms:
    sampled = min(of.sample, of.maps) * of.side**2
    return Terms(seconds=(sampled,), fetched=_BYTES * sampled)


def _slice(of: _Numbers) -> Terms:
    part = of.shown * of.side**2
    return Terms(seconds=(part,), bytes=(_BYTES * part,), fetched=_BYTES * part)


def _models(of: _Numbers) -> Terms:
    parameters = float(of.network.parameters)
    return Terms(seconds=(parameters,), megabytes=(parameters,), bytes=(_BYTES * parameters,))


def _trial(of: _Numbers) -> Terms:
    """Return the terms of fetched weights, which stay where they were fetched, too."""
    size = _BYTES * of.network.parameters
    return Terms((size / _BYTES,), (size / _BYTES,), (2.0 * size,), fetched=size)


def _untrained(of: _Numbers) -> Terms:
    return Terms(of.passes_of(of.shown), of.batch_memory, (_BYTES * float(of.network.parameters),))


def _activations(of: _Numbers) -> Terms:
    recorded = of.n_maps * of.passes
    written = _BYTES * recorded * of.network.units + _BYTES * of.n_maps * of.side**2
    held = _BYTES * recorded * of.network.units / _MEGABYTE
    return Terms(of.passes_of(recorded), of.batch_memory, (written,), held=held)


def _grams(of: _Numbers) -> Terms:
    """Return the terms of what is multiplied by chunks; the forward pass without a cache is priced apart."""
    units = float(of.network.units)
    return Terms(
        seconds=(of.pooled * units, of.pooled**2 * units),
        bytes=(_BYTES_DOUBLE * (of.network.layers + 1) * of.pooled**2,),
    )


def _cka(of: _Numbers) -> Terms:
    return Terms(seconds=(of.pairs * of.n_maps**2 * (1 + of.measures),), bytes=(_BYTES_DOUBLE * of.pairs,))


def _intervals(of: _Numbers) -> Terms:
    return Terms(
        seconds=(of.resamples, of.resamples * of.pairs * of.pooled * of.n_maps, of.pairs * of.pooled * of.n_maps**2),
        megabytes=(of.resamples * of.pairs,),
        bytes=(_BYTES_DOUBLE * of.pairs,),
    )


def _permutation_tests(of: _Numbers) -> Terms:
    """Return the terms of permuting simulations and, out of distribution, of swapping domains, draw by draw."""
    swapped = of.permutations * (of.domains - 1)
    area = of.pairs * of.n_maps**2
    return Terms(
        seconds=(of.permutations, of.permutations * area, swapped, swapped * area),
        megabytes=(of.permutations * of.pairs,),
        bytes=(_BYTES_DOUBLE * swapped,),
    )


def _influence(of: _Numbers) -> Terms:
    drawn = of.most * of.draws
    return Terms(seconds=(drawn, drawn * of.pairs * of.n_maps**2), bytes=(_BYTES_DOUBLE * of.pairs,))


def _subsets(of: _Numbers) -> Terms:
    return Terms(
        seconds=(of.draws * of.subset_sizes, of.draws * of.subset_area * of.pairs),
        bytes=(_BYTES_DOUBLE * of.draws * of.subset_sizes,),
    )


def _predictions(of: _Numbers) -> Terms:
    return Terms(of.passes_of(of.shown), of.batch_memory, (_BYTES_DOUBLE * of.shown,))


def _symmetries(of: _Numbers) -> Terms:
    return Terms(of.passes_of(of.n_maps * _SYMMETRIES * (1 + of.shifts)), of.batch_memory, (_BYTES_DOUBLE * of.n_maps,))


def _predictors(of: _Numbers) -> Terms:
    return Terms(seconds=(of.network.layers * of.pooled**2, of.shown * of.side**2))


def _training(of: _Numbers) -> Terms:
    return Terms(
        seconds=of.passes_of(of.epochs * of.maps),
        megabytes=(of.file, *of.batch_memory),
        bytes=(_BYTES * float(of.network.parameters),),
    )


def _resampled(of: _Numbers) -> Terms:
    return Terms(seconds=(of.cases * of.resamples,), bytes=(of.cases,))


def _correlations(of: _Numbers) -> Terms:
    return Terms(seconds=(of.cases * of.failure_resamples,), bytes=(of.cases,))


def _of_cases(of: _Numbers) -> Terms:
    """Return the terms of a table or a figure of all cases."""
    return Terms(seconds=(of.cases,), bytes=(of.cases,))


def _influential_maps(of: _Numbers) -> Terms:
    """Return the terms of a sheet of maps, or of a map."""
    return Terms(bytes=(_BYTES * of.side**2,))


def _table(of: _Numbers) -> Terms:
    """Return the terms of fetching a small table: those of a file of no maps."""
    return Terms(seconds=(0.0,))


TERMS: Final[dict[str, Callable[[_Numbers], Terms]]] = {
    "maps": _maps,
    "download_maps": _download_maps,
    "download_parameters": _table,
    "convert": _derive,
    "derive": _derive,
    "measured": _measured,
    "sample": _sample,
    "slice": _slice,
    "models": _models,
    "trial": _trial,
    "untrained": _untrained,
    "network": _models,
    "training": _training,
    "publish_model": _models,
    "activations": _activations,
    "grams": _grams,
    "cka": _cka,
    "comparison": _cka,
    "intervals": _intervals,
    "permutation_tests": _permutation_tests,
    "influence": _influence,
    "subsets": _subsets,
    "predictions": _predictions,
    "symmetries": _symmetries,
    "example": _influential_maps,
    "shift_scores": _predictors,
    "shift_steps": _resampled,
    "failures": _resampled,
    "correlations": _correlations,
    "figure_influential_maps": _influential_maps,
}
"""Terms by rule; of another, a table or a figure, `_of_cases`."""
