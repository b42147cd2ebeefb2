"""Part of the stage maps: its actions on a file that stays on its server. Rules ``sample`` and ``slice``."""

import argparse
import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import numpy.typing as npt

from repshift.networks.preprocessing import Monopole, Preprocessing, log_moments
from repshift.networks.sampling import draw_sample, sampled_moments
from repshift.stages.arguments import add_preprocessing, at_least
from repshift.stages.fetching import add_source, addresses_of
from repshift.stages.progress import transfer
from repshift.statistics.selection import split_simulations
from repshift.storage.connections import first_of
from repshift.storage.files import sha256
from repshift.storage.measured import Estimate, Measured, Source, read_measured, write_measured
from repshift.storage.remote import Connection, Remote, open_remote
from repshift.storage.slices import Header, read_header, read_maps_at, read_pieces, write_slice
from repshift.vocabulary import InputError, Split, require_field

logger = logging.getLogger(__name__)

_MEGABYTE = 1e6


def add_sample(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `sample`."""
    parser.set_defaults(run=sample)
    parser.add_argument("--files", nargs="+", required=True, help="paths in a copy of CMD, in the order of preference")
    add_source(parser, directory=False)
    parser.add_argument("--field", required=True, help="name of the field")
    parser.add_argument("--sample", type=_maps_or_all, required=True, help="maps to read, or 'all'")
    parser.add_argument("--seed", type=at_least(0), required=True, help="draws the maps")
    add_preprocessing(parser)
    parser.add_argument("--output", type=Path, required=True, help=".json to write")


def add_slice(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `fetch_slice`."""
    parser.set_defaults(run=fetch_slice)
    parser.add_argument("--attempts", type=int, required=True, help="failures in a row that give an address up")
    parser.add_argument("--timeout", type=float, required=True, help="seconds without a byte that are a failure")
    parser.add_argument("--measured", type=Path, required=True, help=".json that 'maps sample' wrote")
    parser.add_argument("--split", choices=get_args(Split), required=True, help="part of the set to fetch")
    parser.add_argument("--output", type=Path, required=True, help=".npy to write")
    parser.add_argument("--output-measured", type=Path, required=True, help=".json to write")


def sample(
    *,
    files: list[str],
    roots: list[str],
    field: str,
    sample: int | None,
    seed: int,
    smoothing: float,
    monopole: Monopole,
    attempts: int,
    timeout: float,
    output: Path,
    logarithm: bool = True,
) -> None:
    """Measure a remote file of maps: estimate its moments from a sample, or (None) read every map, keeping none."""
    require_field(field)
    preprocessing, connection = Preprocessing(smoothing, monopole, logarithm), Connection(attempts, timeout)

    def measured_at(address: str) -> Measured:
        remote = open_remote(address, connection=connection)
        header = read_header(remote)
        n_maps = header.n_maps if sample is None else min(sample, header.n_maps)
        _log_transfer(remote, n_maps * header.bytes_a_map)
        if n_maps < header.n_maps:
            return _estimate(remote, header, field, preprocessing, n_maps=n_maps, seed=seed)
        return _measure(remote, header, field, preprocessing)

    measured = first_of(addresses_of(files, roots), measured_at, what="can be measured")
    write_measured(measured, output)
    moments = measured.moments
    logger.info("%s: %s is %.3f +- %.3f after preprocessing", output, field, moments.mean, moments.std)


def fetch_slice(
    *, measured: Path, split: Split, attempts: int, timeout: float, output: Path, output_measured: Path
) -> None:
    """Fetch the maps of a split out of the remote file that `sample` measured, and out of no other."""
    found = read_measured(measured)
    if found.source is None:
        raise InputError(f"{measured} was measured of a file on disk. Expected what 'maps sample' wrote.")
    simulations = split_simulations(found.n_simulations, split=split)
    remote = open_remote(found.source.address, connection=Connection(attempts, timeout))
    _require_same_version(remote, found.source, measured)
    with transfer(f"{split} of {output.name}") as watch:
        transferred = write_slice(remote, read_header(remote), simulations, output, watch=watch)
    write_measured(replace(found, sha256=sha256(output), simulations=tuple(simulations.tolist())), output_measured)
    logger.info("%s: %d simulations", output, len(simulations))
    _log_transfer(remote, transferred)


def _measure(remote: Remote, header: Header, field: str, preprocessing: Preprocessing) -> Measured:
    """Read every map once, for the moments and the checksum."""
    digest = hashlib.sha256()
    with transfer(remote.address) as watch:
        pieces = _watched(read_pieces(remote, header, consume=digest.update), watch, header.n_maps)
        moments = log_moments(pieces, field, preprocessing=preprocessing)
    source = Source(remote.address, remote.size, remote.validator)
    return Measured(
        field, moments, header.n_maps, header.size, digest.hexdigest(), preprocessing=preprocessing, source=source
    )


def _estimate(
    remote: Remote, header: Header, field: str, preprocessing: Preprocessing, *, n_maps: int, seed: int
) -> Measured:
    """Read maps drawn without replacement, for an estimate of the moments."""
    positions = draw_sample(n_maps, header.n_maps, seed=seed)
    with transfer(remote.address) as watch:
        moments, errors = sampled_moments(
            _watched(read_maps_at(remote, header, positions), watch, n_maps),
            field,
            positions=positions,
            n_maps_total=header.n_maps,
            preprocessing=preprocessing,
        )
    return Measured(
        field=field,
        moments=moments,
        n_maps=header.n_maps,
        size=header.size,
        sha256="",
        preprocessing=preprocessing,
        estimate=Estimate(n_maps, seed, errors.mean, errors.std),
        source=Source(remote.address, remote.size, remote.validator),
    )


def _watched(
    pieces: Iterable[npt.NDArray[np.float32]], watch: Callable[[int, int], None], n_maps: int
) -> Iterator[npt.NDArray[np.float32]]:
    done = 0
    for piece in pieces:
        done += piece.nbytes
        watch(done, n_maps * piece[0].nbytes)
        yield piece


def _require_same_version(remote: Remote, source: Source, measured: Path) -> None:
    if (remote.size, remote.validator) != (source.size, source.validator):
        raise InputError(
            f"The file on the server changed since it was sampled: {remote.address} has {remote.size} bytes, "
            f"{remote.validator or 'no validator'}, but {measured} is of {source.size} bytes, "
            f"{source.validator or 'no validator'}, of {source.address}. Run 'maps sample' and 'maps slice' again."
        )


def _log_transfer(remote: Remote, transferred: int) -> None:
    whole = remote.size / _MEGABYTE
    logger.info("%.1f MB of maps; the whole of %s is %.1f MB", transferred / _MEGABYTE, remote.address, whole)


def _maps_or_all(text: str) -> int | None:
    return None if text == "all" else int(text)
