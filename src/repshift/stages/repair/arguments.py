"""Arguments that the actions of the stage repair share: a case, the model's own domain, other domains, how to judge."""

import argparse
from pathlib import Path
from typing import Any

from repshift.case.domain_files import DomainFiles, domain_beside
from repshift.case.domain_maps import KnownLabels, known_labels
from repshift.case.inputs import case_inputs_of
from repshift.case.repair.settings import LadderFiles
from repshift.cli.arguments import add_device, at_least
from repshift.cli.cases import add_case
from repshift.cli.described import described_domain
from repshift.cli.own_domain import add_own_domain
from repshift.vocabulary import InputError


def add_repairs(parser: argparse.ArgumentParser) -> None:
    """Add the domains of a ladder, and how its networks are made and judged."""
    add_case(parser)
    add_device(parser)
    add_own_domain(parser, purpose="which repairs take as the source, and which shows their price")
    parser.add_argument("--reference-parameters", type=Path, help="labels of that domain; left out, there are none")
    parser.add_argument("--unscored", nargs="*", default=[], help="parameters of the table that are not the maps' own")
    parser.add_argument("--without-truth", action="store_true", help="the maps have no labels of what is inferred")
    text = "JSON of a domain of one cosmology: domain, suite, set, split, standardisation, maps, measured, parameters"
    parser.add_argument("--prior-domain", type=described_domain, help=text)
    text = "parameter whose lower half tunes some networks; left out, none"
    parser.add_argument("--prior-parameter", metavar="NAME", help=text)
    whole: dict[str, Any] = {"type": at_least(1), "required": True}
    parser.add_argument("--simulations", nargs="+", help="numbers of simulations of the target that tune", **whole)
    parser.add_argument("--splits", help="number of divisions into simulations that tune and that judge", **whole)
    parser.add_argument("--maps-each", help="number of maps of each simulation that judge", **whole)
    parser.add_argument("--tuned-maps-each", help="number of maps of each simulation that tune", **whole)
    text = "number of simulations of a domain at most; left out, all"
    parser.add_argument("--most-simulations", type=at_least(1), help=text)
    parser.add_argument("--layer", help="layer whose features are adjusted; left out, the last")
    parser.add_argument("--outputs", nargs="*", default=[], help="parameters that are scored; none: the first two")
    text = "random seed: divides simulations, draws maps and resamples"
    parser.add_argument("--seed", type=at_least(0), required=True, help=text)
    parser.add_argument("--resamples", type=at_least(100), required=True, help="number of bootstrap resamples")


def files_of(given: dict[str, Any]) -> tuple[LadderFiles, KnownLabels | None]:
    """Take the files of a ladder out of `given`, and return them and where the labels of the target are.

    Raises
    ------
    InputError
        If there is no own domain, or a part of it is missing.
    """
    case = case_inputs_of(given)
    if case.home is None:
        raise InputError("A repair needs the model's own domain. Give --reference-domain and the others of that.")
    labels = known_labels(case.files, given.pop("unscored"))

    def beside(described: dict[str, Any] | None) -> DomainFiles | None:
        return None if described is None else domain_beside(described, case.files.functions)

    several = [one for one in map(beside, given.pop("third", None) or []) if one is not None]
    files = LadderFiles(
        model=case.model,
        weights=case.weights,
        own=case.own,
        target=DomainFiles(case.domain, case.files),
        home=case.home,
        prior=beside(given.pop("prior_domain")),
        training=beside(given.pop("training_set", None)),
        third=tuple(several),
        choose_on=beside(given.pop("choose_on", None)),
    )
    return files, None if given.pop("without_truth") else labels
