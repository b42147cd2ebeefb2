"""Action of the stage maps: ``sample``, the moments of a file of maps that stays on its server. Rule ``sample``.

Output: a ``.json`` as of ``measure``, with what the moments were estimated from.
"""

import argparse
import hashlib
import logging
from pathlib import Path

from repshift.cli.arguments import add_preprocessing, add_source, at_least, preprocessing_of
from repshift.cli.progress import transfer
from repshift.downloads.connections import Connection, first_of
from repshift.downloads.remote import Remote, open_remote
from repshift.downloads.slices import Header, log_transfer, read_header, read_maps_at, read_pieces, watched
from repshift.downloads.sources import addresses_of
from repshift.networks.channels import UNCHANGED, Preprocessing
from repshift.networks.moments import log_moments
from repshift.networks.sampling import draw_sample, sampled_moments
from repshift.storage.measurement import Estimate, Measurement, Source, write_measured
from repshift.vocabulary import require_field

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=lambda **given: run(preprocessing=preprocessing_of(given), **given))
    parser.add_argument("--files", nargs="+", required=True, help="paths in a copy of CMD, in the order of preference")
    add_source(parser, directory=False)
    parser.add_argument("--field", required=True, help="name of the field")
    parser.add_argument("--sample", type=_maps_or_all, required=True, help="number of maps to read, or 'all'")
    parser.add_argument("--seed", type=at_least(0), required=True, help="random seed: draws the maps")
    add_preprocessing(parser)
    parser.add_argument("--output", type=Path, required=True, help=".json to write")


def run(
    *,
    files: list[str],
    roots: list[str],
    field: str,
    sample: int | None,
    seed: int,
    attempts: int,
    timeout: float,
    output: Path,
    preprocessing: Preprocessing = UNCHANGED,
) -> None:
    """Measure a remote file of maps: estimate its moments from a sample, or (None) read every map, keeping none."""
    require_field(field)
    connection = Connection(attempts, timeout)

    def measured_at(address: str) -> Measurement:
        remote = open_remote(address, connection=connection)
        header = read_header(remote)
        n_maps = header.n_maps if sample is None else min(sample, header.n_maps)
        log_transfer(remote, n_maps * header.bytes_a_map)
        if n_maps < header.n_maps:
            return _estimate(remote, header, field, preprocessing, n_maps=n_maps, seed=seed)
        return _measure(remote, header, field, preprocessing)

    measured = first_of(addresses_of(files, roots), measured_at, what="can be measured")
    write_measured(measured, output)
    moments = measured.moments
    logger.info("%s: %s is %.3f +- %.3f after preprocessing", output, field, moments.mean, moments.std)


def _measure(remote: Remote, header: Header, field: str, preprocessing: Preprocessing) -> Measurement:
    """Read every map once, for the moments and the checksum."""
    digest = hashlib.sha256()
    with transfer(remote.address) as watch:
        pieces = watched(read_pieces(remote, header, consume=digest.update), watch, header.n_maps)
        moments = log_moments(pieces, field, preprocessing=preprocessing)
    source = Source(remote.address, remote.size, remote.validator)
    return Measurement(
        field, moments, header.n_maps, header.size, digest.hexdigest(), preprocessing=preprocessing, source=source
    )


def _estimate(
    remote: Remote, header: Header, field: str, preprocessing: Preprocessing, *, n_maps: int, seed: int
) -> Measurement:
    """Read maps drawn without replacement, for an estimate of the moments."""
    positions = draw_sample(n_maps, header.n_maps, seed=seed)
    with transfer(remote.address) as watch:
        moments, errors = sampled_moments(
            watched(read_maps_at(remote, header, positions), watch, n_maps),
            field,
            positions=positions,
            n_maps_total=header.n_maps,
            preprocessing=preprocessing,
        )
    return Measurement(
        field=field,
        moments=moments,
        n_maps=header.n_maps,
        size=header.size,
        sha256="",
        preprocessing=preprocessing,
        estimate=Estimate(n_maps, seed, errors.mean, errors.std),
        source=Source(remote.address, remote.size, remote.validator),
    )


def _maps_or_all(text: str) -> int | None:
    return None if text == "all" else int(text)
