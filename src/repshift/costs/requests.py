"""What rules ask for, memory and minutes, and how the cases of a study are divided into jobs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import Final, TypeVar

from repshift.costs.jobs import Part, Sizes
from repshift.costs.kinds import kind_of_words
from repshift.costs.prices import Cost, Prices, read_prices
from repshift.costs.sizes import Numbers, sizes_of
from repshift.study.attribution_jobs import feature_cases
from repshift.study.cases import Pair, has_outputs, own_domain
from repshift.study.configuration import Study
from repshift.study.generation import measured_of, sets_made
from repshift.study.jobs import has_symmetries, statistics_of, writes_activations
from repshift.study.map_sets import attribution_twins
from repshift.study.repair_rungs import Part as RungPart
from repshift.study.stress_jobs import actions_on

Names = Mapping[str, str]
Named = tuple[str, Names]
"""What a process does, a kind of part, and the names of what it is done to: model, domain, suite, set, field, split."""

Member = TypeVar("Member")

_SNAKEMAKE_MEGABYTES: Final = 300
_LEAST_MEGABYTES: Final = 1000
_LEAST_MINUTES: Final = 3
_LONGEST: Final = 120.0
"""Seconds of a job of several cases: an added case, or a job that is killed, costs no more."""


@dataclass(frozen=True)
class Requests:
    """What the jobs of a study ask for, by constants that were measured."""

    study: Study
    constants: Path
    _known: dict[tuple[str, ...], Numbers] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def prices(self) -> Prices:
        """The constants."""
        return read_prices(self.constants)

    def memory(self, parts: Sequence[Named], threads: int = 1) -> int:
        """Return the memory to ask for [MB]: twice what is expected of the largest part, and Snakemake beside it."""
        asked = 2 * self.cost(parts, threads).megabytes + _SNAKEMAKE_MEGABYTES
        return max(_LEAST_MEGABYTES, 100 * ceil(asked / 100))

    def minutes(self, parts: Sequence[Named], threads: int = 1) -> int:
        """Return the time to ask for [minutes]: four times what is expected of all parts."""
        return max(_LEAST_MINUTES, ceil(4 * self.cost(parts, threads).wall / 60))

    def seconds(self, parts: Sequence[Named], threads: int = 1) -> float:
        """Return the time that a process should take on the clock [s], the start of it among that."""
        return self.cost(parts, threads).wall

    def cost(self, parts: Sequence[Named], threads: int = 1) -> Cost:
        """Return what a process should cost."""
        return self.prices.cost(self.sized(parts), threads=threads)

    def sized(self, parts: Iterable[Named]) -> tuple[Part, ...]:
        """Return parts with the sizes that their costs depend on."""
        return tuple((kind, self._sizes(kind, names)) for kind, names in parts)

    def known(self, parts: Sequence[Named], known: Callable[[Names], Sizes]) -> tuple[Part, ...]:
        """Return parts with the sizes that their costs depend on, of them what a look found in place of assumptions."""
        sized = zip(parts, self.sized(parts), strict=True)
        return tuple((kind, {**sizes, **known(names)}) for (_, names), (kind, sizes) in sized)

    def _sizes(self, kind: str, names: Names) -> Numbers:
        key = (kind, *(word for item in sorted(names.items()) for word in item))
        if key not in self._known:
            self._known[key] = sizes_of(self.study, kind, names)
        return self._known[key]


def parts_of_network(study: Study, model: str, domains: Sequence[str]) -> list[Named]:
    """Return what a job does that runs a network on some domains; of its own domain, it makes the model file first."""
    entry, own = study.models[model], own_domain(study, model)
    made = "untrained" if entry.untrained else "repaired" if entry.repaired else "models"
    first: list[Named] = [(made, {"model": model})]
    parts = first if own in domains and entry.rank is None else []
    cached = writes_activations(study, model, domains)
    for domain in domains:
        kinds = {
            "activations": cached,
            "grams": True,
            "predictions": has_outputs(study, model),
            "symmetries": has_symmetries(study, model, domain),
        }
        parts += _of_case(kinds, {"model": model, "domain": domain} | ({} if cached else {"activations": "unwritten"}))
    return parts


def parts_of_generation(study: Study, suite: str) -> list[Named]:
    """Return what a job does that makes a suite by a function of the user's own."""
    return [("generate", {"suite": suite})]


def parts_of_measurement(study: Study, suite: str) -> list[Named]:
    """Return what a job does that measures such a suite."""
    return [
        ("measured", {"suite": suite, "set": name, "field": channel})
        for name in sets_made(study, suite)
        for channel, _ in measured_of(study, suite, name)
    ]


def parts_of_statistics(study: Study, model: str, domains: Sequence[str]) -> list[Named]:
    """Return what a job does that makes the statistics of some cases of a model."""
    pairs = [(stage, domain) for domain in domains for stage in statistics_of(study, model, domain)]
    return [(stage, {"model": model, "domain": domain}) for stage, domain in pairs]


def parts_of_stress(study: Study, model: str, domains: Sequence[str]) -> list[Named]:
    """Return what a job does that perturbs the maps of some domains of a model."""
    return [
        (kind_of_words(f"stress {action}"), {"model": model, "domain": domain})
        for domain in domains
        for action in actions_on(study, domain)
    ]


def parts_of_attribution(study: Study, model: str, domains: Sequence[str]) -> list[Named]:
    """Return what a job does that attributes the maps of some domains of a model."""
    parts: list[Named] = []
    for domain in domains:
        names = {"model": model, "domain": domain}
        parts += [("attribution", names), *[("attribution_of_shift", names)] * len(attribution_twins(study, domain))]
        parts += [("features", names)] if (model, domain) in feature_cases(study) else []
    return parts


def parts_of_repair(pairs: Sequence[Pair]) -> list[Named]:
    """Return what a job does that makes the ladders of some models, each for a domain."""
    return [("repair", {"model": model, "domain": domain}) for model, domain in pairs]


def parts_of_latent_space(model: str, domains: Sequence[str]) -> list[Named]:
    """Return what a job does that places the maps of some domains of a model in two dimensions."""
    return [("latent_space", {"model": model, "domain": domain}) for domain in domains]


def parts_of_training(model: str, domain: str, parts: Sequence[RungPart]) -> list[Named]:
    """Return what a job does that trains some rungs of a case, on some splits each."""
    splits = [(part.rung, " ".join(map(str, part.splits))) for part in parts]
    return [("rung", {"model": model, "domain": domain, "rung": rung, "splits": words}) for rung, words in splits]


def parts_of_join(model: str, domain: str, parts: Sequence[RungPart]) -> list[Named]:
    """Return what a job does that joins the splits of some trained rungs of a case; nothing where all are whole."""
    rungs = dict.fromkeys(part.rung for part in parts if not part.is_whole)
    return [("rungs", {"model": model, "domain": domain, "rung": rung}) for rung in rungs]


def parts_of_pruning(model: str, actions: Sequence[tuple[str, str]]) -> list[Named]:
    """Return what a job does that does some actions of pruning to a model."""
    return [(kind_of_words(f"pruning {action}"), {"model": model, "domain": domain}) for action, domain in actions]


def parts_of_trust(pairs: Sequence[Pair]) -> list[Named]:
    """Return what a job does that judges trust in some cases."""
    return [("trust", {"model": model, "domain": domain}) for model, domain in pairs]


def parts_of_sheets(pairs: Sequence[Pair]) -> list[Named]:
    """Return what a job does that draws the sheets of influential maps of some cases."""
    return [("influential_maps", {"model": model, "domain": domain}) for model, domain in pairs]


def _of_case(kinds: Mapping[str, bool], names: Names) -> list[Named]:
    """Return the parts of a case that are wanted."""
    return [(kind, names) for kind, is_wanted in kinds.items() if is_wanted]
