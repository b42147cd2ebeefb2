"""The JSON schema of a configuration, the tables of config/README.md and that of axes, made from what they are of.

``python -m repshift.study.documentation --write`` writes all; ``--check`` says which are stale.
"""

import argparse
import logging
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, get_args

import yaml
from pydantic import BaseModel

from repshift.study import (
    attribution,
    domains,
    features,
    figures,
    function_suites,
    maps,
    models,
    preprocessing,
    pruning,
    repair,
    repair_model,
    stages,
    stress,
    suites,
    training,
)
from repshift.study.axis_table import axes_text
from repshift.study.catalogue import ROOT
from repshift.study.configuration import Study, plain
from repshift.study.values import FIELD, LARGEST_SEED, NAME, SET, Section

logger = logging.getLogger(__name__)

SCHEMA: Final = Path("workflow/schemas/config.schema.yaml")
PAGE: Final = Path("config/README.md")
AXES_PAGE: Final = Path("docs/stress.md")


def _sections_of(section: type[Section]) -> dict[str, type[Section]]:
    """Return the section of each key of a section, for those keys that are one."""
    named = {key: _classes(field.annotation) for key, field in section.model_fields.items()}
    return {key: found[0] for key, found in named.items() if found}


def _classes(annotation: Any) -> list[type[Section]]:  # noqa: ANN401 - any annotation
    """Return the sections that an annotation names."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return [annotation]
    return [found for part in get_args(annotation) for found in _classes(part)]


TABLES: Final[dict[str, type[Section]]] = {
    "all sections": Study,
    "suites of mock": suites.Mock,
    "feedback of mock": suites.Channel,
    "suites of local": suites.Local,
    "suites of cmd": suites.Cmd,
    "suites of files": suites.Files,
    "suites of function": function_suites.Function,
    "parameters of function": function_suites.Parameter,
    "labels of function": function_suites.Labels,
    "suites of derived": suites.Derived,
    "fields": maps.Quantity,
    "maps": maps.Maps,
    "maps.mock": maps.MockSimulations,
    "maps.cmd": maps.Fetching,
    "maps.cmd.slices": maps.Slices,
    "domains": domains.Domain,
    "models": models.Model,
    "preprocessing": preprocessing.Preprocessing,
    "untrained": models.Initialisation,
    "network": models.Network,
    "repaired": repair_model.Repaired,
    "grid": domains.Grid,
    **_sections_of(stages.Stages),
    "axes of stress": stress.StressAxis,
    "smallest of stress": stress.Smallest,
    "faithfulness of attribution": attribution.Faithfulness,
    "randomisation of attribution": attribution.Randomisation,
    "shift of attribution": attribution.Shift,
    "features of attribution": features.Features,
    "prior of repair": repair.Prior,
    "training of repair": repair.RepairTraining,
    "latent_space of repair": repair.LatentSpace,
    "retraining of pruning": pruning.Retraining,
    "cause of pruning": pruning.Cause,
    "figures": figures.Figures,
    "figures.figure2": figures.Steps,
    "plotting": figures.Plotting,
    "styles of plotting": figures.Style,
    "training": training.Training,
}
"""Sections by the name of their table, which stands in a comment of the page before it."""

PATTERNS: Final = {
    f"^{NAME}$": "name",
    f"^{SET}$": "letters, digits",
    f"^{FIELD}$": "letters",
    r"^[^\n\r]+\.(csv|txt)$": "path `.csv`, `.txt`",
    r"^[^\n\r]+\.pt$": "path `.pt`",
    r"^[^\n\r]+\.(pt|pth|tar|ckpt|bin|safetensors)$": "path `.pt`, `.pth`, `.tar`, `.ckpt`, `.bin`, `.safetensors`",
    r"^[^\n\r]+\.csv$": "path `.csv`",
    "^https?://[A-Za-z0-9._~:/%@+=,-]+$": "URL",
}
"""What a pattern of text is called."""

MOST_OPTIONS: Final = 6
"""Names that a row of a table lists at most."""

_TABLE: Final = re.compile(r"(<!-- keys: ([\w. ]+) -->\n)(?:\|[^\n]*\n)*")


def schema_text() -> str:
    """Return the JSON schema, as YAML; cross-checks are beyond it."""
    head = "# Made by python -m repshift.study.documentation --write from src/repshift/study.\n"
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Study.model_json_schema()}
    return head + yaml.safe_dump(schema, sort_keys=False, width=120, allow_unicode=True)


def page_text(page: str) -> str:
    """Return a page with its tables made again, each after a comment ``<!-- keys: name -->``."""
    return _TABLE.sub(lambda found: f"{found[1]}{table_of(TABLES[found[2]])}\n", page)


def table_of(section: type[BaseModel]) -> str:
    """Return the table of a section: key, default, range and meaning.

    Examples
    --------
    >>> print(table_of(stages.Predictions).splitlines()[-1])
    | `batch_size` | 50 | 1 to 100000 | Number of maps of a forward pass: changes memory, not results. |
    """
    described = section.model_json_schema()["properties"]
    rows = ["| key | default | range | meaning |", "|---|---|---|---|"]
    for key, field in section.model_fields.items():
        default = "needed" if field.is_required() else _default(field.default)
        meaning = (field.description or "").replace("|", "\\|")
        rows.append(f"| `{key}` | {default} | {range_of(described[key])} | {meaning} |")
    return "\n".join(rows)


def _default(value: object) -> str:
    """Return a default as YAML writes it; nothing where a key is left out."""
    if value is None:
        return ""
    if isinstance(value, BaseModel):
        return "its own"
    words = plain(value)
    return str(words).lower() if isinstance(words, bool) else f"{words}"


def range_of(schema: Mapping[str, Any]) -> str:
    """Return what a key may hold, in words.

    Examples
    --------
    >>> range_of({"type": "number", "exclusiveMinimum": 0, "maximum": 1})
    'above 0, at most 1'
    """
    if "anyOf" in schema:
        parts = [part for part in schema["anyOf"] if part.get("type") != "null"]
        if len(parts) == 2 and parts[1].get("items") == parts[0]:
            return f"{range_of(parts[0])}; or a list"
        return " or ".join(dict.fromkeys(range_of(part) for part in parts))
    if "$ref" in schema or "oneOf" in schema:
        return "section"
    if len(schema.get("enum", ())) > MOST_OPTIONS:
        return f"{len(schema['enum'])} names, below"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{str(schema['const']).lower()}`"
    kind = schema.get("type")
    if "prefixItems" in schema:
        return "pair"
    if kind == "array":
        return f"list: {range_of(schema.get('items', {}))}"
    if kind == "object":
        of = schema.get("additionalProperties")
        return f"by name: {range_of(of)}" if isinstance(of, Mapping) else "section"
    if kind in ("integer", "number"):
        return _interval(schema)
    return {"boolean": "`true`, `false`", "string": PATTERNS.get(schema.get("pattern", ""), "text")}.get(
        str(kind), "any"
    )


def _interval(schema: Mapping[str, Any]) -> str:
    """Return the range of a number."""
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if low is not None and high is not None:
        return f"{low} to {'2^63 - 1' if high == LARGEST_SEED else high}"
    words = {"above": above, "at least": low, "below": below, "at most": high}
    return ", ".join(f"{word} {value}" for word, value in words.items() if value is not None) or "number"


def texts(root: Path) -> dict[Path, str]:
    """Return what each file should hold, by its path."""
    page, axes = ((root / path).read_text(encoding="utf-8") for path in (PAGE, AXES_PAGE))
    return {root / SCHEMA: schema_text(), root / PAGE: page_text(page), root / AXES_PAGE: axes_text(axes)}


def stale(root: Path = ROOT, made: Callable[[Path], dict[Path, str]] = texts) -> list[Path]:
    """Return the files that do not hold what they should, as a function of the folder says."""
    return [path for path, text in made(root).items() if not path.exists() or path.read_text(encoding="utf-8") != text]


def main(made: Callable[[Path], dict[Path, str]] = texts) -> int:
    """Write the files, or say which are stale; return 1 where any is."""
    parser = argparse.ArgumentParser(description="Files that are generated from what they are of.")
    parser.add_argument("--write", action="store_true", help="write the files instead of checking them")
    parser.add_argument("--check", action="store_true", help="say which files are stale (the default)")
    written = parser.parse_args().write
    found = stale(ROOT, made)
    for path in found:
        if written:
            path.write_text(made(ROOT)[path], encoding="utf-8")
        logger.warning("%s %s", path.relative_to(ROOT), "was written" if written else "is stale: run with --write")
    return int(bool(found) and not written)


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s")
    sys.exit(main())
