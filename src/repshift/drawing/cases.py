"""What a figure shows of one case by one measure, taken from the summary dataset."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from repshift.drawing.plotting import HOUSE, Plotting
from repshift.drawing.style import relation, suites
from repshift.vocabulary import InputError

_VARIABLES: Final = frozenset(
    (
        *("model", "field", "domain", "train_suite", "test_suite", "in_distribution"),
        *("layer_name", "similarity", "eigenvalue", "eigenvalue_low", "eigenvalue_high"),
        *("off_diagonal_mean", "off_diagonal_mean_low", "off_diagonal_mean_high", "interval_trusted"),
        *("studentised", "studentised_null", "studentised_p_value", "r2", "r2_low", "r2_high", "rmse", "n_maps"),
        *("accuracy", "accuracy_low", "accuracy_high"),
    )
)
"""Of the summary, in a case."""


@dataclass(frozen=True)
class SwapTest:
    """Whether the off-diagonal mean of debiased CKA differs between two domains, whose simulations are swapped.

    Attributes
    ----------
    observed
        Difference out of distribution less in distribution, over its standard error.
    null
        (permutations,) of it.
    p_value
        Two-sided.
    """

    observed: float
    null: npt.NDArray[np.float64]
    p_value: float


@dataclass(frozen=True)
class DrawnCase:
    """One model shown one domain, with the values of one measure.

    Attributes
    ----------
    model, domain, field, train_suite, test_suite
        Names.
    in_distribution
        Whether the domain's suite is the model's training suite.
    layers
        Names of the layers the model has.
    similarity
        (layers, layers) of the measure, in its unit; NaN-free.
    eigenvalues
        (layers,), largest first; may be negative; NaN of a distance.
    off_diagonal_mean
        Mean of distinct layers.
    scores
        By (maps, parameter), of what the model infers: coefficient of determination, or accuracy of a classifier.
    n_maps
        Number of maps by "split" or "cka".
    mean_ends, eigenvalue_ends, score_ends
        Lower and upper end of the interval of `off_diagonal_mean`, of `eigenvalues` and of `scores`; None where the
        summary has none.
    mean_ends_hold
        Whether `mean_ends` are to be trusted.
    test
        Of swapped domains; None in distribution, or where there is none.
    score
        What `scores` are called.
    plotting
        Colours and labels.
    """

    model: str
    domain: str
    field: str
    train_suite: str
    test_suite: str
    in_distribution: bool
    layers: tuple[str, ...]
    similarity: npt.NDArray[np.float64]
    eigenvalues: npt.NDArray[np.float64]
    off_diagonal_mean: float
    scores: dict[tuple[str, str], float]
    n_maps: dict[str, int]
    mean_ends: tuple[float, float] | None = None
    eigenvalue_ends: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None
    score_ends: dict[tuple[str, str], tuple[float, float]] | None = None
    mean_ends_hold: bool = True
    test: SwapTest | None = None
    score: str = "$R^2$"
    plotting: Plotting = HOUSE

    @property
    def colour(self) -> str:
        """Colour of the domain, which is that of its suite where it has none of its own."""
        return self.plotting.case_colour(self.domain, self.test_suite)

    @property
    def model_label(self) -> str:
        """What the model is called."""
        return self.plotting.model_label(self.model)

    @property
    def scored(self) -> tuple[str, ...]:
        """Parameters that the model infers, in the order of the dataset; none where it has no predictions."""
        return tuple(dict.fromkeys(parameter for _, parameter in self.scores))

    @property
    def off_diagonal(self) -> npt.NDArray[np.float64]:
        """Values of distinct layers, (layers * (layers - 1) / 2,)."""
        symmetric = (self.similarity + self.similarity.T) / 2
        return symmetric[np.triu_indices(len(symmetric), k=1)]


def select_cases(summary: xr.Dataset, model: str, *, measure: str, plotting: Plotting | None = None) -> list[DrawnCase]:
    """Return the cases of a model, in the order of the dataset.

    Raises
    ------
    InputError
        If the dataset has no such model, or no such measure.
    """
    _require(measure, summary["measure"].values, word="measure")
    _require(model, summary["model"].values, word="model")
    used = summary[[str(name) for name in summary.data_vars if name in _VARIABLES]]
    chosen = used.sel(measure=measure).isel(case=np.flatnonzero(summary["model"].values == model))
    looks = (plotting or HOUSE).of(summary["test_suite"].to_numpy())
    return [_case(chosen.isel(case=index), looks) for index in range(chosen.sizes["case"])]


def case_name(case: DrawnCase, cases: Sequence[DrawnCase]) -> str:
    """Return the suite that `case` is tested on, or its domain where two of `cases` are tested on the same suite."""
    namesakes = [other for other in cases if other.test_suite == case.test_suite]
    labels = case.plotting
    return labels.domain_label(case.domain) if len(namesakes) > 1 else labels.suite_label(case.test_suite)


def case_title(case: DrawnCase, cases: Sequence[DrawnCase]) -> str:
    """Return the lines above a matrix: the two suites, the relation, and the domain where `case_name` is one."""
    return f"{suites(*_suite_labels(case))}\n{_relation(case, cases)}"


def case_label(case: DrawnCase, cases: Sequence[DrawnCase]) -> str:
    """Return what `case_title` says, on one line."""
    return f"{' → '.join(_suite_labels(case))}, {_relation(case, cases)}"


def _suite_labels(case: DrawnCase) -> tuple[str, str]:
    return case.plotting.suite_label(case.train_suite), case.plotting.suite_label(case.test_suite)


def _relation(case: DrawnCase, cases: Sequence[DrawnCase]) -> str:
    namesakes = [other for other in cases if other.test_suite == case.test_suite]
    domain = f" ({case_name(case, cases)})" if len(namesakes) > 1 and case.domain != case.test_suite else ""
    return f"{relation(case.in_distribution)}{domain}"


def _require(name: str, known: Iterable[object], *, word: str) -> None:
    names = list(dict.fromkeys(str(other) for other in known))
    if name not in names:
        raise InputError(f"The summary has no {word} '{name}'. It has {', '.join(names)}.")


def _case(one: xr.Dataset, plotting: Plotting) -> DrawnCase:
    names = [str(name) for name in one["layer_name"].values]
    n_layers = sum(1 for name in names if name)
    return DrawnCase(
        model=str(one["model"].item()),
        domain=str(one["domain"].item()),
        field=str(one["field"].item()),
        train_suite=str(one["train_suite"].item()),
        test_suite=str(one["test_suite"].item()),
        in_distribution=bool(one["in_distribution"].item()),
        layers=tuple(names[:n_layers]),
        similarity=np.asarray(one["similarity"].values[:n_layers, :n_layers], dtype=np.float64),
        eigenvalues=np.asarray(one["eigenvalue"].values[:n_layers], dtype=np.float64),
        off_diagonal_mean=float(one["off_diagonal_mean"].item()),
        scores=_scores(one, _score_of(one)),
        score="accuracy" if _score_of(one) == "accuracy" else "$R^2$",
        **_ends(one, n_layers),
        test=_test(one),
        plotting=plotting,
        n_maps={str(maps): int(count) for maps, count in zip(one["maps"].values, one["n_maps"].values, strict=True)},
    )


def _ends(one: xr.Dataset, n_layers: int) -> dict[str, Any]:
    """Return the intervals that the summary has of the measure, and of the scores."""
    ends: dict[str, Any] = {}
    if "off_diagonal_mean_low" in one and not np.isnan(one["off_diagonal_mean_low"]):
        ends["mean_ends"] = tuple(float(one[f"off_diagonal_mean_{end}"]) for end in ("low", "high"))
        ends["mean_ends_hold"] = "interval_trusted" not in one or bool(one["interval_trusted"])
        spectrum = (one[f"eigenvalue_{end}"].values[:n_layers] for end in ("low", "high"))
        ends["eigenvalue_ends"] = tuple(np.asarray(values, dtype=np.float64) for values in spectrum)
    score = _score_of(one)
    if f"{score}_low" in one:
        low, high = (_scores(one, f"{score}_{end}") for end in ("low", "high"))
        ends["score_ends"] = {key: (low[key], high[key]) for key in low}
    return ends


def _test(one: xr.Dataset) -> SwapTest | None:
    if "studentised" not in one:
        return None
    found = one.sel(number="off_diagonal_mean")
    if np.isnan(found["studentised"]):
        return None
    null = np.asarray(found["studentised_null"].values, dtype=np.float64)
    return SwapTest(float(found["studentised"]), null, float(found["studentised_p_value"]))


def _score_of(one: xr.Dataset) -> str:
    """Return which score of a case is shown: accuracy of a classifier, else R^2."""
    return "accuracy" if "accuracy" in one and bool(one["accuracy"].notnull().any()) else "r2"


def _scores(one: xr.Dataset, name: str) -> dict[tuple[str, str], float]:
    """Return a score where there are predictions: R^2 may be NaN there, the error and the accuracy may not."""
    score, error = one[name], one["rmse" if name.startswith("r2") else "accuracy"]
    values, errors = (array.transpose("maps", "parameter").values for array in (score, error))
    return {
        (str(maps), str(parameter)): float(values[row, column])
        for row, maps in enumerate(score["maps"].values)
        for column, parameter in enumerate(score["parameter"].values)
        if not np.isnan(errors[row, column])
    }
