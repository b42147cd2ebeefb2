"""What a job costs: a constant and some terms, each times a factor that was measured on a machine.

``constants[0] + sum(constants[k] * terms[k - 1])``, for seconds, megabytes and bytes of each rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Final, Literal

from repshift.costs.jobs import Job
from repshift.costs.terms import terms_of

Quantity = Literal["seconds", "megabytes", "bytes"]
Constants = Mapping[str, Mapping[str, list[float]]]

POOLED: Final = {"symmetries": "predictions", "comparison": "cka"}
"""Rules that do what another does, on other maps: measured together."""

LIKE: Final = POOLED | {
    "convert": "derive",
    "network": "models",
    "publish_model": "models",
    "sample": "measured",
    "slice": "derive",
    "download_maps": "derive",
    "download_parameters": "measured",
    "trial": "models",
    "correlations": "shift_steps",
    "failures": "shift_steps",
    "learning_curve": "figure1",
    "figure3": "figure1",
}
"""A rule measured more often that does the same, for one of which the constants say nothing."""


_PLAIN: Final = 2.0
"""Seconds of a job of a rule of which the constants say nothing."""


@dataclass(frozen=True)
class Cost:
    """What a job costs.

    Attributes
    ----------
    seconds, wall
        Of the CPU; of computing on the clock.
    megabytes
        Of memory.
    bytes
        Of its files.
    fetched, fetching
        Bytes from elsewhere, and the seconds that they take to come alone.
    """

    seconds: float
    wall: float
    megabytes: float = 0.0
    bytes: float = 0.0
    fetched: float = 0.0
    fetching: float = 0.0


def cost_of(job: Job, constants: Constants, *, rate: float = inf) -> Cost:
    """Return what a job costs on the machine that the constants are of, where files come at `rate` [bytes/s].

    A rule whose constants nobody measured costs what one does that does the same, see `LIKE`, or is a plain job.
    """
    if not job.benchmark:
        return Cost(0.0, 0.0)
    terms = terms_of(job)
    known = constants.get(job.rule) or constants.get(LIKE.get(job.rule, ""))
    if known is None:
        return Cost(_PLAIN, _PLAIN)
    forward = _forward(job, constants)
    seconds = _sum(known["seconds"], terms.seconds) + forward.seconds
    megabytes = _sum(known["megabytes"], terms.megabytes) + terms.held + forward.megabytes
    size = _sum(known["bytes"], terms.bytes)
    return Cost(seconds, seconds / _processes(job), megabytes, size, terms.fetched, terms.fetched / rate)


def _forward(job: Job, constants: Constants) -> Cost:
    """Return the forward passes of a job of Gram matrices that is given no activations, and holds them itself."""
    recorded, known = job.sizes.get("recorded", 0), constants.get("activations")
    if job.rule != "grams" or not recorded or known is None:
        return Cost(0.0, 0.0)
    n_maps = job.sizes["n_maps"] * job.sizes["domains"]
    terms = terms_of(replace(job, rule="activations", sizes={**job.sizes, "n_maps": n_maps, "passes": recorded}))
    seconds = _sum([0.0, *known["seconds"][1:]], terms.seconds)
    return Cost(seconds, seconds, _sum([0.0, *known["megabytes"][1:]], terms.megabytes) + terms.held)


def _sum(constants: list[float], terms: tuple[float, ...]) -> float:
    return constants[0] + sum(constant * term for constant, term in zip(constants[1:], terms, strict=True))


def _processes(job: Job) -> float:
    """Return how many cores a job keeps busy: simulations are one process each, torch has threads of its own."""
    return max(1, min(job.threads, job.sizes.get("simulations", 1))) if job.rule == "maps" else 1
