"""What the cost of examining, repairing and training a network depends on: of parts that run it many times."""

from repshift.costs.dimensions import Dimensions
from repshift.costs.terms import BYTES, BYTES_DOUBLE, Terms


def stress(of: Dimensions) -> Terms:
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
        bytes=(BYTES_DOUBLE * maps,),
    )


def smallest(of: Dimensions) -> Terms:
    """Return the terms of gradients, each twice a forward pass, by bisection."""
    return Terms(
        seconds=of.passes_of(of.attacked * of.attacks), megabytes=of.batch_memory, bytes=(BYTES_DOUBLE * of.attacked,)
    )


def attribution(of: Dimensions) -> Terms:
    """Return the terms of the passes of all methods and of their nulls, and of the numbers of their pixels."""
    return Terms(
        seconds=(*of.passes_of(of.attribution_passes), of.attribution_pixels),
        megabytes=(*of.batch_memory, of.attribution_pixels),
        bytes=(BYTES * of.attribution_pixels,),
    )


def attribution_of_shift(of: Dimensions) -> Terms:
    """Return the terms of the integral between maps and their twins, and of what it is divided by."""
    pixels = of.attributed * of.outputs * of.side**2
    return Terms(
        seconds=(*of.passes_of(of.shift_passes), pixels),
        megabytes=(*of.batch_memory, pixels),
        bytes=(BYTES * pixels,),
    )


def features(of: Dimensions) -> Terms:
    """Return the terms of what filters respond to."""
    return Terms(seconds=of.passes_of(of.feature_passes), megabytes=of.batch_memory, bytes=(BYTES * of.side**2,))


def passes_made(of: Dimensions) -> Terms:
    """Return the terms of the passes that repairs, trainings and judgement take, and of resamples of each entry."""
    return Terms(
        seconds=(*of.passes_of(of.passes_made), of.entries * of.resamples),
        megabytes=of.batch_memory,
        bytes=(BYTES_DOUBLE * of.entries,),
    )


def repaired(of: Dimensions) -> Terms:
    """Return the terms of making a repaired model."""
    parameters = float(of.network.parameters)
    return Terms(of.passes_of(of.passes_made), of.batch_memory, (BYTES * parameters,))


def rungs(of: Dimensions) -> Terms:
    """Return the terms of joining the parts of rungs."""
    return Terms(seconds=(of.entries * of.resamples,), bytes=(BYTES_DOUBLE * of.entries,))


def latent_space(of: Dimensions) -> Terms:
    """Return the terms of maps that are placed among others."""
    return Terms(
        seconds=(*of.passes_of(of.attributed), of.attributed**2), megabytes=of.batch_memory, bytes=(of.attributed,)
    )


def trust(of: Dimensions) -> Terms:
    """Return the terms of the passes, of the distances to the maps of the reference, and of resamples."""
    return Terms(
        seconds=(*of.passes_of(of.passes_made), of.fits, of.resamples),
        megabytes=of.batch_memory,
        bytes=(BYTES_DOUBLE * of.fits,),
    )


def training(of: Dimensions) -> Terms:
    """Return the terms of training a network."""
    return Terms(
        seconds=of.passes_of(of.epochs * of.maps),
        megabytes=(of.file, *of.batch_memory),
        bytes=(BYTES * float(of.network.parameters),),
    )
