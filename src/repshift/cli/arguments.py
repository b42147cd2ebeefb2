"""Arguments that several stages share: a domain's files and choice of maps, and where torch computes."""

import argparse
import logging
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, get_args

from repshift.networks.channels import Monopole, Preprocessing
from repshift.storage.functions import Constructor
from repshift.vocabulary import Domain, InputError, Split, Standardisation

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

logger = logging.getLogger(__name__)

Settings = TypeVar("Settings", bound="DataclassInstance")


_LARGEST = 2**63 - 1
_DIGITS = 20
"""The largest whole number that files of results hold, and the characters that it takes at most."""

_MOST_THREADS: Final = 1024
"""More threads than any machine has cores: torch would try to start them."""


def at_least(least: int, *, most: int = _LARGEST) -> Callable[[str], int]:
    """Return what reads a whole number of an argument, and refuses one below `least` or above `most`, of 63 bits."""

    def read(text: str) -> int:
        if len(text) > _DIGITS or not text.removeprefix("-").isdecimal() or not least <= int(text) <= most:
            span = f"{least} or more" if most == _LARGEST else f"{least} to {most}"
            raise argparse.ArgumentTypeError(f"found '{text[:_DIGITS]}'. Expected a whole number, {span}.")
        return int(text)

    return read


def add_simulations(parser: argparse.ArgumentParser) -> None:
    """Add the files of a set of simulations: maps, parameters, and what was measured of the maps."""
    add_maps(parser)
    parser.add_argument("--parameters", type=Path, help=".txt of parameters or .csv of labels, one row a simulation")


def add_maps(parser: argparse.ArgumentParser, *, prefix: str = "", which: str = "the domain") -> None:
    """Add the files of maps of a domain, one a channel, and what was measured of each, in the same order."""
    several: dict[str, Any] = {"type": Path, "nargs": "+", "required": True}
    text = f".npy of maps of {which}, (n_maps, y, x) float32, one a channel"
    parser.add_argument(f"--{prefix}maps", help=text, **several)
    parser.add_argument(f"--{prefix}measured", help=".json that 'maps measure' wrote of each", **several)


def add_functions(parser: argparse.ArgumentParser) -> None:
    """Add the user's own functions that maps are prepared by; `functions_of` collects them."""
    text = "package.module:function that maps are prepared by first, where any is"
    parser.add_argument("--functions", nargs="*", default=[], help=text)
    parser.add_argument("--functions-source", type=Path, help="directory that holds their code")


def functions_of(arguments: dict[str, Any]) -> list[Constructor]:
    """Take the user's own functions out of `arguments` and return them."""
    directory = arguments.pop("functions_source")
    return [Constructor(name, directory) for name in arguments.pop("functions")]


def add_preprocessing(parser: argparse.ArgumentParser) -> None:
    """Add what happens to maps before they are standardised."""
    parser.add_argument(
        "--smoothing", type=float, required=True, help="width of the Gaussian [pixels]; 0: no smoothing"
    )
    parser.add_argument("--monopole", choices=get_args(Monopole), required=True, help="mean of each map's logarithm")
    parser.add_argument("--no-logarithm", action="store_false", dest="logarithm", help="leave the logarithm out")
    parser.add_argument("--arcsinh", type=float, help="softening of an arcsinh instead of the logarithm")
    ends: dict[str, Any] = {"nargs": 2, "type": bound, "metavar": ("LOW", "HIGH")}
    parser.add_argument("--clip", help="smallest and largest value, none for no bound", **ends)
    parser.add_argument("--scale", type=float, default=1.0, help="what maps are divided by, after clipping")


def preprocessing_of(arguments: dict[str, Any]) -> Preprocessing:
    """Take what happens to maps out of `arguments` and return it; their function stays there.

    Raises
    ------
    InputError
        If a number is out of its range, or two functions are named.
    """
    names = arguments.get("functions", [])
    if len(names) > 1:
        raise InputError(f"Maps are prepared by one function; found {', '.join(names)}.")
    clip = arguments.pop("clip")
    values = {name: arguments.pop(name) for name in ("smoothing", "monopole", "logarithm", "arcsinh", "scale")}
    return Preprocessing(**values, clip=clip and tuple(clip), function="".join(names))


def bound(text: str) -> float | None:
    """Read a bound of values; none for none.

    Raises
    ------
    ValueError
        If it is neither a number nor that word.
    """
    return None if text == "none" else float(text)


def settings_of(kind: type[Settings], arguments: dict[str, Any]) -> Settings:
    """Take the fields of a dataclass of settings out of `arguments`, those that are there, and return it."""
    return kind(**{one.name: arguments.pop(one.name) for one in fields(kind) if one.name in arguments})


def add_domain(parser: argparse.ArgumentParser) -> None:
    """Add what names a domain; `domain_of` collects it."""
    parser.add_argument("--domain", required=True, help="label of the domain")
    parser.add_argument("--suite", required=True, help="suite that made the maps")
    parser.add_argument("--set", required=True, help="how the parameters were chosen: LH, CV, ...")
    parser.add_argument("--split", choices=get_args(Split), required=True, help="split of the set")
    parser.add_argument(
        "--standardisation",
        choices=get_args(Standardisation),
        required=True,
        help="source of the mean and standard deviation",
    )
    parser.add_argument("--redshift", type=float, help="redshift of the maps; left out, it is not known")


def domain_of(arguments: dict[str, Any]) -> Domain:
    """Take what names the domain out of `arguments` and return the domain."""
    return Domain(
        name=arguments.pop("domain"),
        **{name: arguments.pop(name) for name in ("suite", "set", "split", "standardisation")},
        redshift=arguments.pop("redshift", None),
    )


def add_torch(parser: argparse.ArgumentParser) -> None:
    """Add the threads of torch and the maps of one forward pass."""
    add_threads(parser)
    parser.add_argument("--batch-size", type=at_least(1), required=True, help="number of maps of a forward pass")


def add_threads(parser: argparse.ArgumentParser) -> None:
    """Add the threads of torch."""
    kind = at_least(1, most=_MOST_THREADS)
    parser.add_argument("--threads", type=kind, required=True, help="number of threads of torch on the CPU")


def add_device(parser: argparse.ArgumentParser) -> None:
    """Add where torch computes; `device_of` collects it."""
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), required=True, help="where torch computes")
    parser.add_argument("--gpus", type=at_least(0), help="number of GPUs granted to the job; with 0 it uses none")


def device_of(arguments: dict[str, Any]) -> str:
    """Take the device and what was granted out of `arguments`, and return the device that the job may use.

    Raises
    ------
    InputError
        If CUDA is asked for and no GPU was granted.
    """
    device, gpus = str(arguments.pop("device")), arguments.pop("gpus")
    if gpus != 0 or device == "cpu":
        return device
    if device == "cuda":
        raise InputError("Device 'cuda' was asked for, but the job was granted 0 GPUs. Grant it one, or choose 'auto'.")
    logger.info("granted 0 GPUs: torch computes on the CPU")
    return "cpu"


def add_network(parser: argparse.ArgumentParser) -> None:
    """Add what builds a new network of CMD's family for a suite and a field."""
    parser.add_argument("--suite", required=True, help="suite the network belongs to")
    parser.add_argument("--field", required=True, help="field the network reads")
    parser.add_argument("--hidden", type=int, required=True, help="width of the network")
    parser.add_argument("--dropout", type=float, required=True, help="dropout rate, in [0, 1)")
    parser.add_argument("--seed", type=at_least(0), required=True, help="random seed: draws the first weights")


def add_source(parser: argparse.ArgumentParser, *, directory: bool = True) -> None:
    """Add where files come from, where those that are fetched are kept, and how a server is asked."""
    if directory:
        parser.add_argument("--directory", type=Path, help="where files fetched are kept: a copy of CMD")
    parser.add_argument("--roots", nargs="*", required=True, help="addresses of copies of CMD, in order of preference")
    parser.add_argument(
        "--attempts", type=int, required=True, help="number of failures in a row that ends the use of an address"
    )
    parser.add_argument("--timeout", type=float, required=True, help="seconds without a byte that count as a failure")
