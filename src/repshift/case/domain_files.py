"""Domains that are read beside a case."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repshift.storage.functions import Constructor
from repshift.storage.simulations import SimulationFiles
from repshift.vocabulary import Domain


@dataclass(frozen=True)
class DomainFiles:
    """A domain beside the case, with its files."""

    domain: Domain
    files: SimulationFiles


def domain_beside(described: dict[str, Any], functions: Sequence[Constructor]) -> DomainFiles:
    """Return the domain that `repshift.cli.described.described_domain` read, and its files."""
    words = {name: described[name] for name in ("suite", "set", "split", "standardisation")}
    maps, measured = ([Path(one) for one in described[name]] for name in ("maps", "measured"))
    table = described.get("parameters")
    domain = Domain(described["domain"], **words, redshift=described.get("redshift"))
    return DomainFiles(domain, SimulationFiles(maps, Path(table) if table else None, measured, functions))
