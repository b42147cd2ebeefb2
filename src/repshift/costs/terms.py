"""What the cost of a part of a job depends on: of maps, of statistics, and of what a network is run for once."""

from dataclasses import dataclass

from repshift.costs.dimensions import Dimensions
from repshift.costs.jobs import Sizes

BYTES = 4
BYTES_DOUBLE = 8
_SYMMETRIES = 8
_MEGABYTE = 1e6
_MOST_LEFT_OUT = 50
"""Simulations that the stage intervals leaves out of measures that are made again each time."""


@dataclass(frozen=True)
class Terms:
    """Terms of the three quantities of a part that are measured, and bytes fetched."""

    seconds: tuple[float, ...] = ()
    megabytes: tuple[float, ...] = ()
    bytes: tuple[float, ...] = ()
    fetched: float = 0.0


def representations(sizes: Sizes) -> float:
    """Return the memory [MB] of the representations of all layers of some maps, as single precision has them."""
    of = Dimensions(sizes, threads=1)
    return BYTES * of.n_maps * of.passes * of.network.units / _MEGABYTE


def simulated_maps(of: Dimensions) -> Terms:
    """Return the terms of simulating the maps of a set."""
    processes = min(of.threads, of.simulations)
    return Terms(
        seconds=(of.simulations * of.particles**4, of.simulations * of.side**3),
        megabytes=(processes * of.particles**3, processes * of.side**3),
        bytes=(2 * BYTES * of.file,),
    )


def generate(of: Dimensions) -> Terms:
    """Return the terms of objects that the user's own code makes, each in a time that only a trial says."""
    return Terms(
        seconds=(of.simulations * of.object_seconds,),
        megabytes=(min(of.threads, of.simulations),),
        bytes=(BYTES * of.simulations * of.object_pixels,),
    )


def derive(of: Dimensions) -> Terms:
    """Return the terms of changing maps."""
    return Terms(seconds=(of.file,), bytes=(BYTES * of.file,))


def measured(of: Dimensions) -> Terms:
    """Return the terms of measuring maps."""
    return Terms(seconds=(of.file,))


def download_maps(of: Dimensions) -> Terms:
    """Return the terms of fetching a file of maps."""
    return Terms(seconds=(of.file,), bytes=(BYTES * of.file,), fetched=BYTES * of.file)


def sample(of: Dimensions) -> Terms:
    """Return the terms of fetching a sample of maps."""
    sampled = min(of.sample, of.maps) * of.side**2
    return Terms(seconds=(sampled,), fetched=BYTES * sampled)


def part_of_maps(of: Dimensions) -> Terms:
    """Return the terms of fetching a part of a file of maps."""
    part = of.shown * of.side**2
    return Terms(seconds=(part,), bytes=(BYTES * part,), fetched=BYTES * part)


def models(of: Dimensions) -> Terms:
    """Return the terms of bringing a model into the standard form."""
    parameters = float(of.network.parameters)
    return Terms(seconds=(parameters,), megabytes=(parameters,), bytes=(BYTES * parameters,))


def trial(of: Dimensions) -> Terms:
    """Return the terms of fetched weights, which stay where they were fetched, too."""
    size = BYTES * of.network.parameters
    return Terms((size / BYTES,), (size / BYTES,), (2.0 * size,), fetched=size)


def untrained(of: Dimensions) -> Terms:
    """Return the terms of initialising a network on maps."""
    return Terms(of.passes_of(of.shown), of.batch_memory, (BYTES * float(of.network.parameters),))


def activations(of: Dimensions) -> Terms:
    """Return the terms of recording layers."""
    recorded = of.n_maps * of.passes
    written = BYTES * recorded * of.network.units + BYTES * of.n_maps * of.side**2
    return Terms(of.passes_of(recorded), of.batch_memory, (written,))


def grams(of: Dimensions) -> Terms:
    """Return the terms of what is multiplied by chunks; the forward pass without a cache is priced apart."""
    units = float(of.network.units)
    return Terms(
        seconds=(of.pooled * units, of.pooled**2 * units),
        bytes=(BYTES_DOUBLE * (of.network.layers + 1) * of.pooled**2,),
    )


def cka(of: Dimensions) -> Terms:
    """Return the terms of CKA of pairs of layers, and of other measures."""
    return Terms(seconds=(of.pairs * of.n_maps**2 * (1 + of.measures),), bytes=(BYTES_DOUBLE * of.pairs,))


def intervals(of: Dimensions) -> Terms:
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
        bytes=(BYTES_DOUBLE * of.pairs * (3 + of.measures),),
    )


def permutation_tests(of: Dimensions) -> Terms:
    """Return the terms of permuting simulations and, out of distribution, of swapping domains, draw by draw."""
    area, layers = of.n_maps**2, float(of.network.layers)
    swapped = of.permutations * (of.domains - 1)
    return Terms(
        seconds=tuple(draws * area * size for draws in (of.permutations, swapped) for size in (layers, of.pairs)),
        megabytes=(layers * of.pooled**2,),
        bytes=(BYTES_DOUBLE * swapped,),
    )


def influence(of: Dimensions) -> Terms:
    """Return the terms of what the most influential maps do."""
    drawn = of.most * of.draws
    return Terms(seconds=(drawn, drawn * of.pairs * of.n_maps**2), bytes=(BYTES_DOUBLE * of.pairs,))


def sample_size(of: Dimensions) -> Terms:
    """Return the terms of CKA of fewer simulations."""
    return Terms(
        seconds=(of.draws * of.n_sizes, of.draws * of.area * of.pairs),
        bytes=(BYTES_DOUBLE * of.draws * of.n_sizes,),
    )


def predictions(of: Dimensions) -> Terms:
    """Return the terms of predicting every map."""
    return Terms(of.passes_of(of.shown), of.batch_memory, (BYTES_DOUBLE * of.shown,))


def symmetries(of: Dimensions) -> Terms:
    """Return the terms of predicting maps under their symmetries."""
    return Terms(of.passes_of(of.n_maps * _SYMMETRIES * (1 + of.shifts)), of.batch_memory, (BYTES_DOUBLE * of.n_maps,))


def shift_scores(of: Dimensions) -> Terms:
    """Return the terms of the scores themselves, and of those between halves, whose classifiers take the most."""
    fits = of.halves * of.folds * of.network.layers
    return Terms(seconds=(of.network.layers * of.pooled**2, of.shown * of.side**2, fits))


def scores(of: Dimensions) -> Terms:
    """Return the terms of scoring predictions, with intervals."""
    return Terms(seconds=(of.resamples, of.resamples * of.shown), bytes=(BYTES_DOUBLE * of.shown,))


def resampled(of: Dimensions) -> Terms:
    """Return the terms of resampling cases."""
    return Terms(seconds=(of.cases * of.resamples,), bytes=(of.cases,))


def of_cases(of: Dimensions) -> Terms:
    """Return the terms of a table or a figure of all cases."""
    return Terms(seconds=(of.cases,), bytes=(of.cases,))


def of_a_map(of: Dimensions) -> Terms:
    """Return the terms of a map, or of a sheet of maps."""
    return Terms(bytes=(BYTES * of.side**2,))


def table(of: Dimensions) -> Terms:
    """Return the terms of fetching a small table: those of a file of no maps."""
    return Terms(seconds=(0.0,))
