"""Reads a configuration: YAML, then the typed study, with its defaults, checked."""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from repshift.cli.commands import THEN
from repshift.study.catalogue import ROOT, read_catalogue
from repshift.study.checks_attribution import check_attribution, check_attribution_names
from repshift.study.checks_figures import (
    check_drawn_shifts,
    check_figure2,
    check_figures,
    check_figures_of_sections,
    check_parameters,
    check_plotting,
)
from repshift.study.checks_functions import check_functions
from repshift.study.checks_models import check_cases, check_models, check_seeds, check_training
from repshift.study.checks_pruning import check_pruning, check_pruning_names
from repshift.study.checks_repair import check_repair, check_repair_names
from repshift.study.checks_repaired import check_repaired
from repshift.study.checks_stages import (
    check_batches,
    check_comparisons,
    check_failures,
    check_influence,
    check_measures,
    check_shift_steps,
    check_statistics,
)
from repshift.study.checks_stress import check_stress, check_stress_names
from repshift.study.checks_suites import check_derived, check_domains, check_fields, check_suites
from repshift.study.checks_trust import check_trust, check_trust_names
from repshift.study.configuration import Study
from repshift.study.expansion import expand, expand_parameters
from repshift.study.refusals import refusal, require
from repshift.study.sentences import sentences_of
from repshift.study.sizes import check_channels, check_sizes, check_training_size
from repshift.vocabulary import InputError

Check = Callable[[Study], None]

SUITES: Final[tuple[Check, ...]] = (check_suites, check_functions, check_derived)
"""Checks of what the other sections are filled in by."""

NAMES: Final[tuple[Check, ...]] = (
    *(
        check_fields,
        check_domains,
        check_models,
        check_cases,
        check_stress_names,
        check_attribution_names,
        check_repaired,
        check_repair_names,
        check_pruning_names,
        check_trust_names,
        check_figures,
    ),
)
"""Checks that every name refers to something."""

NUMBERS: Final[tuple[Check, ...]] = (
    *(check_training, check_seeds, check_batches, check_statistics, check_measures, check_influence),
    *(
        check_comparisons,
        check_shift_steps,
        check_figure2,
        check_figures_of_sections,
        check_failures,
        check_parameters,
        check_plotting,
    ),
    *(check_drawn_shifts, check_stress, check_channels, check_sizes, check_training_size, check_attribution),
    *(check_repair, check_pruning, check_trust),
)
"""Checks of numbers, and of what stages need of each other."""


MOST_VALUES: Final = 100_000
"""Values of a configuration at most: a few lines of anchors in anchors can stand for billions."""


class _UniqueKeyLoader(yaml.SafeLoader):
    """Reads YAML and refuses a key that stands twice, of which the first would be silently lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping, after a look at its keys."""
        line = node.start_mark.line + 1
        kinds = [type(key) for key, _ in node.value]
        require(all(kind is yaml.ScalarNode for kind in kinds), f"a key in the section of line {line} is no word.")
        held = [key for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        keys = [self.construct_object(key, deep=deep) for key in held]
        twice = sorted({str(key) for key in keys if keys.count(key) > 1})
        require(not twice, f"{', '.join(twice)} stands twice in the section of line {line}.")
        return super().construct_mapping(node, deep)


def read_study(
    config: Mapping[str, Any], *, files: Sequence[str | Path] = (), root: Path = ROOT, archived: bool = False
) -> Study:
    """Return the study that a configuration describes, complete and checked; arguments as in `read_whole`.

    Raises
    ------
    InputError
        With one sentence about what is wrong first.
    """
    try:
        return read_whole(config, files=files, root=root, archived=archived)
    except ExceptionGroup as group:
        raise group.exceptions[0] from None


def read_whole(
    config: Mapping[str, Any], *, files: Sequence[str | Path] = (), root: Path = ROOT, archived: bool = False
) -> Study:
    """Return the study that a configuration describes, complete and checked, or say all that is wrong with it.

    Parameters
    ----------
    config
        The configuration as YAML gives it, with what the command line sets in its place.
    files
        The file or files that it was read from, which are read once more for what a dictionary does not show.
    root
        Root of the repository, which holds resources/cmd.yaml.
    archived
        Whether this is an unpacked archive: then nothing is expected of the files of maps and networks.

    Raises
    ------
    InputError
        If it is no configuration.
    ExceptionGroup
        Of a sentence for each thing that is wrong, as far as one does not hide another.
    """
    require(
        len(files) < 2,
        f"{len(files)} files were given, {', '.join(map(str, files))}. A run reads one: write what is to be changed "
        "into a copy of it, or set it with --config.",
    )
    for path in files:
        read_yaml(path)
    _check_values(config)
    try:
        study = Study.model_validate(dict(config))
    except ValidationError as error:
        raise ExceptionGroup("configuration", [refusal(words) for words in sentences_of(error, config)]) from None
    return checked(study.placed(read_catalogue(root), archived=archived))


def checked(study: Study) -> Study:
    """Return a study with its defaults filled in, once its parts fit each other; else an `ExceptionGroup`."""
    _pass(study, SUITES)
    study = expand(study)
    _pass(study, NAMES)
    study = expand_parameters(study)
    _pass(study, NUMBERS)
    return study


def _pass(study: Study, checks: Sequence[Check]) -> None:
    """Make all checks of a kind; one that stumbles over what another refused adds no sentence."""
    found: list[Exception] = []
    for check in checks:
        try:
            check(study)
        except InputError as error:
            found.append(error)
        except Exception:  # of what another check refused already, anything may be missing
            if not found:
                raise
    if found:
        raise ExceptionGroup("configuration", found)


def read_yaml(path: str | Path) -> Any:  # noqa: ANN401 - whatever stands in the file
    """Return what a YAML file holds, if no key stands twice in it and nothing is a part of itself.

    Raises
    ------
    InputError
        If one does, or the file is no YAML.
    """
    try:
        held = yaml.load(Path(path).read_text(encoding="utf-8"), Loader=_UniqueKeyLoader)
    except InputError:
        raise
    except (yaml.YAMLError, OSError, ValueError, KeyError, AttributeError, RecursionError) as error:
        require(False, f"{str(path)[:200]} cannot be read as YAML: {' '.join(str(error).split())[:300]}.")
    _check_values(held)
    return held


def _check_values(value: Any, place: tuple[Any, ...] = (), above: tuple[int, ...] = ()) -> int:  # noqa: ANN401
    """Check that every number is finite, which nan is within any bound, and that no anchor of YAML holds itself.

    Returns how many values there are, anchors written out.
    """
    where = ".".join(map(str, place)) or "the top level"
    if isinstance(value, float):
        require(isfinite(value), f"at {where}, {value} is not a finite number.")
    require(value != THEN, f"at {where}, the value is '{THEN}', the word between commands. Expected another.")
    if not isinstance(value, Mapping | list):
        return 1
    require(id(value) not in above, f"at {where}, an anchor holds itself. Write its values out.")
    parts = dict(enumerate(value)) if isinstance(value, list) else value
    n_values = 1
    for key, part in parts.items():
        require(key != THEN, f"at {where}, a key is '{THEN}', the word between commands. Expected another.")
        n_values += _check_values(part, (*place, key), (*above, id(value)))
        require(n_values <= MOST_VALUES, f"at {where}, more than {MOST_VALUES} values stand, anchors written out.")
    return n_values
