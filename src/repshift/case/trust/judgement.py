"""The numbers of the trust in the maps of a case, beside the model's own domain."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from repshift.case.trust.labels import LabelFile, errors_of, true_places
from repshift.case.trust.sample import TrustSample
from repshift.case.trust.settings import TrustSettings
from repshift.evidence.trust.calibration_numbers import class_calibration, parameter_calibration
from repshift.evidence.trust.conformal_numbers import ConformalCase
from repshift.evidence.trust.map_values import Halves, MapValues, map_values
from repshift.evidence.trust.numbers import domain_numbers, error_numbers
from repshift.evidence.trust.quantities import LEVELS
from repshift.evidence.trust_scores.pixels import BASELINE
from repshift.statistics.conformal import attainable_level
from repshift.statistics.map_resamples import MapResamples, map_resamples
from repshift.statistics.simulation_halves import simulation_halves


@dataclass(frozen=True)
class Judgement:
    """A case that is judged.

    Attributes
    ----------
    shown
        The maps that are judged.
    home
        Those of the model's own domain; the same object where that is the case itself.
    settings
        How.
    labels, home_labels
        Of either; None: there are none.
    """

    shown: TrustSample
    home: TrustSample
    settings: TrustSettings
    labels: LabelFile | None
    home_labels: LabelFile | None

    @property
    def is_home(self) -> bool:
        """Whether the maps that are judged are those of the own domain."""
        return self.shown is self.home

    @property
    def halves(self) -> Halves:
        """The halves of the own domain, and the maps that they judge."""
        return self._halves_of(self.shown)

    @property
    def resamples(self) -> MapResamples:
        """Resamples of the simulations of the judged maps."""
        how = {"n_resamples": self.settings.resamples, "seed": self.settings.seed}
        return map_resamples(self.shown.maps.simulations, **how)

    @property
    def home_resamples(self) -> MapResamples:
        """Resamples of those of the own domain, drawn apart from the others."""
        if self.is_home:
            return self.resamples
        how = {"n_resamples": self.settings.resamples, "seed": self.settings.seed + 1}
        return map_resamples(self.home.maps.simulations, **how)

    @property
    def levels(self) -> tuple[float, ...]:
        """Levels of intervals."""
        return tuple(sorted({*LEVELS, self.settings.level}))

    @property
    def conformal(self) -> ConformalCase | None:
        """What conformal intervals are made and judged of; None where a domain has no labels.

        Raises
        ------
        InputError
            If halves have too few simulations for the level.
        """
        if self.labels is None or self.home_labels is None:
            return None
        attainable_level(self.n_calibration, self.settings.level)
        return ConformalCase(
            halves=self.halves,
            own_errors=errors_of(self.home, self.home_labels).error,
            errors=errors_of(self.shown, self.labels).error,
            layer=self.home.layers[-1] if self.home.layers else None,
            neighbours=self.settings.neighbours,
            levels=self.levels,
            own_resamples=self.home_resamples,
            resamples=self.resamples,
        )

    @property
    def n_calibration(self) -> int:
        """Simulations of the smaller half."""
        return int(self.halves.known.sum(1).min())

    def values(self, sample: TrustSample) -> MapValues:
        """Return the trust scores of the judged maps, or of those of the own domain."""
        names, neighbours = self.shown.names, self.settings.neighbours
        return map_values(
            self._halves_of(sample), layers=self.home.layers, n_parameters=len(names), neighbours=neighbours
        )

    def of_domains(self, values: MapValues) -> dict[str, Any]:
        """Return how well scores tell the maps from those of the own domain; nothing where they are these."""
        if self.is_home:
            return {}
        at_home = self.values(self.home).values
        both = {"resamples": self.resamples, "own_resamples": self.home_resamples}
        return dict(domain_numbers(values.values, at_home, baseline=_baseline(values), **both))

    def of_errors(self, values: MapValues) -> dict[str, Any]:
        """Return errors, what scores say of them, and the calibration; nothing where there are no labels."""
        if self.labels is None:
            return {}
        errors, outputs = errors_of(self.shown, self.labels), self.shown.maps.outputs
        found: dict[str, Any] = {"error": errors.error, "is_worst": errors.is_worst.astype(float)}
        found |= error_numbers(values.by_parameter, errors, baseline=_baseline(values), resamples=self.resamples)
        if "probability" in outputs:
            places = true_places(self.shown, self.labels)
            return found | class_calibration(places, outputs["probability"], resamples=self.resamples)
        if "std" in outputs:
            truth = outputs["mean"] - errors.error
            how: dict[str, Any] = {"levels": self.levels, "resamples": self.resamples}
            found |= parameter_calibration(truth, outputs["mean"], outputs["std"], **how)
        return found

    def _halves_of(self, sample: TrustSample) -> Halves:
        own = self.home.maps
        n_simulations = int(own.simulations.max()) + 1
        known = simulation_halves(n_simulations, n_splits=self.settings.splits, seed=self.settings.seed)
        return Halves(own, known, None if sample is self.home else sample.maps)


def _baseline(values: MapValues) -> int:
    return list(values.scores).index(BASELINE)


def levels_attained(case: ConformalCase | None, levels: Sequence[float]) -> list[float]:
    """Return the level that conformal intervals of each attain, NaN where there are none."""
    return [float("nan")] * len(levels) if case is None else case.attainable.tolist()
