"""A case run along its axes: its maps perturbed and prepared a batch at a time."""

import logging
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from repshift.case.activations import network_to_run
from repshift.case.forward import OpenCase
from repshift.case.outputs import Outputs, posterior
from repshift.case.stress.plan import Choice, Plan
from repshift.case.stress.source import Source
from repshift.recording.curves import Curves, curves_of, home_of
from repshift.recording.level_maps import Inputs, Level, MapsAtZero, Runs
from repshift.recording.memory import BatchSize
from repshift.similarity.discrepancy import FEWEST_OF_DOMAIN
from repshift.storage.simulations import Positions
from repshift.vocabulary import InputError

logger = logging.getLogger(__name__)

Values = npt.NDArray[np.float64]


def run_levels(
    shown: OpenCase,
    plan: Plan,
    outputs: Outputs | None,
    *,
    home: tuple[OpenCase, Choice] | None,
    advance: Callable[[], None],
) -> tuple[Curves, int]:
    """Return what is found at each level of a case, and how many convolutions were rewritten for it.

    Parameters
    ----------
    shown, plan, outputs
        The case, how it is run, what its network infers.
    home
        The model shown its own domain and the maps of that, where the case is of another.
    advance
        Called after each level.

    Raises
    ------
    InputError
        If an axis takes too few maps, or the network returns numbers that are not finite.
    """
    at_zero = shown.simulations.standardised(plan.choice.positions[plan.choice.recorded], shown.moments)
    network, layers, fused = network_to_run(shown, at_zero, dropout="off", precision="float32", device=plan.device)
    batch = BatchSize(plan.batch_size, say=logger.warning)

    def runs_of(case: OpenCase, chosen: Choice) -> Runs:
        def means(answers: Values, rows: npt.NDArray[np.int64]) -> dict[str, Values]:
            found = said(case, outputs, answers, chosen.positions[rows])
            return {name: values for name, values in found.items() if name in ("std", "probability")}

        return Runs(network, layers, batch, plan.device, means, scores, plan.halves, plan.seed)

    recorded = [len(one.recorded) for one in (plan.choice, *([] if home is None else [home[1]]))]
    scores = plan.scores
    if scores and min(recorded) < 2 * FEWEST_OF_DOMAIN:
        logger.warning("%d simulations do not make two halves for scores: there are none", min(recorded))
        scores = ()
    own = None if home is None else home_of(maps_of(*home), runs_of(*home))
    runs = runs_of(shown, plan.choice)
    curves = curves_of(maps_of(shown, plan.choice), levels_of(shown, plan, advance), runs, home=own)
    _require_finite(curves, plan)
    if curves.unresolved:
        logger.warning("layers %s differ between maps by less than rounding: no drift", ", ".join(curves.unresolved))
    return curves, fused


def said(shown: OpenCase, outputs: Outputs | None, answers: Values, positions: Positions) -> dict[str, Values]:
    """Return what answers mean; NaN stays."""
    if outputs is None:
        return {}
    known = np.isfinite(answers).all(1)
    if known.all():
        return posterior(answers, shown, outputs, positions=positions)
    found = posterior(answers[known], shown, outputs, positions=positions[known])
    whole = {name: np.full((len(answers), values.shape[1]), np.nan) for name, values in found.items()}
    for name, values in found.items():
        whole[name][known] = values
    return whole


def maps_of(shown: OpenCase, choice: Choice) -> MapsAtZero:
    """Return the unperturbed maps of a case."""

    def inputs(rows: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        maps = shown.simulations.standardised(choice.positions[rows], shown.moments)
        return maps, np.zeros(len(rows), dtype=np.int64)

    return MapsAtZero(len(choice.positions), choice.recorded, inputs)


def levels_of(shown: OpenCase, plan: Plan, advance: Callable[[], None]) -> Iterator[Level]:
    """Yield the levels of all axes."""
    for source in plan.sources:
        takes = source.takes(plan.choice.positions)
        if not takes[plan.choice.recorded].any():
            raise InputError(f"Axis '{source.name}' takes none of the {len(plan.choice.recorded)} maps recorded.")
        for strength in source.strengths:
            yield Level(takes, None if strength == 0 else _perturbed(shown, plan.choice, source, strength))
            advance()


def _perturbed(shown: OpenCase, choice: Choice, source: Source, strength: float) -> Inputs:
    """Return what gives the maps of a level as the network takes them."""

    def inputs(rows: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        positions = choice.positions[rows]
        maps, floored = source.raw(positions, strength)
        try:
            return shown.simulations.prepared(maps, positions, shown.moments), floored
        except InputError as error:
            raise InputError(f"Axis '{source.name}' at strength {strength:g}: {error}") from error

    return inputs


def _require_finite(curves: Curves, plan: Plan) -> None:
    """Refuse answers that are not finite, of maps that take part."""
    takes = np.repeat(
        [source.takes(plan.choice.positions) for source in plan.sources],
        [len(source.strengths) for source in plan.sources],
        axis=0,
    )
    plan.levels.require_finite(curves.answers, takes, plan.choice.positions)
