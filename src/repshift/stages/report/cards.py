"""Action of the stage report: ``cards``, what is known of each network, in fixed fields.

Outputs: ``card-{model}.md``, for reading, and ``card-{model}.json``, the same for programs, of each network. The fields
are those of ``docs/card.md``.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from repshift.stages.report.card import CardSubject, CardTables, card_of
from repshift.storage.datasets import open_dataset
from repshift.storage.files import read_json, write_json, write_text
from repshift.storage.tables import read_table
from repshift.vocabulary import InputError
from repshift.wording.card import card_page

logger = logging.getLogger(__name__)

_TABLES: Final = {
    "similarity": "all cases",
    "scores": "all cases that are scored",
    "critical_strengths": "stress, where there is one",
    "repairs": "repairs, where there is one",
    "trust": "trust scores, where there is one",
    "trust_intervals": "the coverage of intervals, where there is one",
}
_NEEDED: Final = ("similarity", "scores")
_OF_CASE: Final = ("model", "domain", "test_suite", "set", "split", "in_distribution", "maps_sha256")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--models", nargs="+", required=True, help="labels of the models that have a card")
    parser.add_argument("--descriptions", type=Path, nargs="+", required=True, help=".json of each model, same order")
    parser.add_argument("--cka", type=Path, nargs="+", required=True, help=".nc of each case of any model")
    parser.add_argument("--suites", nargs="+", required=True, help="all suites of the configuration")
    for name, what in _TABLES.items():
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, type=Path, required=name in _NEEDED, help=f".csv of {what}")
    parser.add_argument("--outputs-text", type=Path, nargs="+", required=True, help=".md of each model, same order")
    parser.add_argument("--outputs-json", type=Path, nargs="+", required=True, help=".json of each model, same order")


def run(
    *,
    models: Sequence[str],
    descriptions: Sequence[Path],
    cka: Sequence[Path],
    suites: Sequence[str],
    similarity: Path,
    scores: Path,
    critical_strengths: Path | None = None,
    repairs: Path | None = None,
    trust: Path | None = None,
    trust_intervals: Path | None = None,
    outputs_text: Sequence[Path],
    outputs_json: Sequence[Path],
) -> None:
    """Write a card of each model."""
    if not len(models) == len(descriptions) == len(outputs_text) == len(outputs_json):
        raise InputError(
            f"{len(models)} models, {len(descriptions)} descriptions, {len(outputs_text)} and {len(outputs_json)} "
            "outputs: each model needs one of each."
        )
    given = {"critical_strengths": critical_strengths, "repairs": repairs}
    given |= {"trust": trust, "trust_intervals": trust_intervals}
    more = {name: None if path is None else _read(path) for name, path in given.items()}
    tables = CardTables(_read(similarity), _read(scores), **more)
    cases = [_case(path) for path in cka]
    for model, description, text, document in zip(models, descriptions, outputs_text, outputs_json, strict=True):
        shown = [case for case in cases if case["model"] == model]
        card = card_of(CardSubject(model, read_json(description), shown, suites), tables)
        write_json(card, document)
        write_text(card_page(card), text)
    logger.info("%d cards", len(models))


def _read(path: Path) -> pd.DataFrame:
    return read_table(path, columns=("model", "domain"))


def _case(path: Path) -> dict[str, str]:
    """Return what a file of CKA says of its case."""
    with open_dataset(path, attributes=_OF_CASE) as opened:
        return {name: str(opened.attrs[name]) for name in _OF_CASE}
