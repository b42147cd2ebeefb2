"""Which layers a network can do without: files of the stage pruning stacked along ``pruning``, and their tables.

Replaced layers and replaced networks that are trained again are rows of one table; ``loss_from`` says which network a
loss is measured from. Networks whose CKA the loss moved lie along ``pruning_cause``.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import xarray as xr

from repshift.case.tables import Table, Words, with_ends, words_of
from repshift.evidence.pruning.cause import CAUSE_QUANTITIES
from repshift.evidence.pruning.quantities import PARTS, PRUNING_QUANTITIES
from repshift.evidence.pruning.verdicts import AS_IT_IS, CONTROL, can_go
from repshift.stages.summary.file_stacks import OF_FILE, FileStack, Label
from repshift.vocabulary import about

_LOST: Final = ("score_lost", "score", "score_unchanged", "score_control", "score_lost_before")
_RANGE: Final = ("score_lost_lowest", "score_lost_highest")
_NUMBERS: Final = (*with_ends(_LOST[:1]), *_RANGE, *with_ends(_LOST[1:]))
_CORRELATION: Final = with_ends(("rank_correlation",))

_OF_FILE: Final = {
    **OF_FILE,
    "score_name": "what the score is",
    "loss_from": "network that a loss is measured from: as it is, or the control, trained on without a change",
}
_OF_CHANGE: Final = {
    "n_layers": "number of layers replaced",
    "block": "block that the layers lie in, empty where in none",
    "is_linear": "whether the layers are linear themselves",
    "depth": "place of the first layer replaced, from 1",
    "cka_with_neighbour": "debiased CKA with the layer before",
    "unexplained": "share of the variance that the linear map leaves",
}


def _with_range(described: Mapping[str, Words], names: Sequence[str]) -> dict[str, Words]:
    """Return what numbers are, and the lowest and highest of the splits of some."""
    return {
        **described,
        **{
            f"{name}_{part}": about(f"{PARTS[part]}{described[name]['long_name']}")
            for name in names
            for part in ("lowest", "highest")
        },
    }


_STACK: Final = FileStack(
    name="pruning",
    of_file=_OF_FILE,
    labels=(
        Label("layers", "change", ("change",), "layers replaced"),
        *(Label(name, name, ("change",), words) for name, words in _OF_CHANGE.items()),
        Label("way", "way", ("way",), "what stands for the layers replaced"),
        Label("parameters_saved", "parameters_saved", ("change", "way"), "parameters saved"),
        Label("refusal", "refusal", ("change", "way"), "why the replacement is not possible"),
        Label("parameter", "parameter", ("parameter",), "what is inferred"),
        Label("can_go", "can_go", ("change", "way", "parameter"), "whether the layers can go"),
        Label("beside", "relation", ("relation",), "what the score lost is set beside"),
    ),
    numbers=(*_NUMBERS, *_CORRELATION),
    described=_with_range(words_of(PRUNING_QUANTITIES, (*_LOST, "rank_correlation")), _LOST[:1]),
)

_RELATIONS: Final = ("cka_reached", "cka_at_home", "cka_difference")
_GAINED: Final = ("score_target", "gain", "score_home", "gain_at_home")
_MOVED: Final = (*with_ends(_GAINED), *(f"{name}_{end}" for name in _GAINED for end in ("lowest", "highest")))
_OF_RUNS: Final = ("target_score", "source_score")
_OVER_RUNS: Final = with_ends(("rank_correlation", "rank_correlation_held"))
_CAUSE: Final = FileStack(
    name="pruning_cause",
    of_file={**OF_FILE, "score_name": "what the score is"},
    labels=(
        *(
            label
            for axis in ("entry", "run")
            for label in (
                Label(f"{axis}_kind", f"{axis}_kind", (axis,), "what the loss did to CKA"),
                Label(f"{axis}_weight", f"{axis}_weight", (axis,), "weight of the term"),
                *(Label(f"{axis}_{name}", f"{axis}_{name}", (axis,), f"{name}: CKA of layers") for name in _RELATIONS),
            )
        ),
        Label("split", "run_split", ("run",), "place of the split"),
        Label("seed", "run_seed", ("run",), "random seed"),
        Label("home_held", "home_held", ("run",), "whether the score at home is held"),
        Label("beside", "relation", ("relation",), "what the gain is set beside"),
        Label("moved", "moved", ("moved",), "runs that the correlation is over: of all kinds, or of one"),
        Label("runs_held", "runs_held", (), "runs whose score at home is held"),
        Label("parameter", "parameter", ("parameter",), "what is inferred"),
    ),
    numbers=(*_MOVED, *_OF_RUNS, *_OVER_RUNS),
    described=_with_range(
        words_of(CAUSE_QUANTITIES, (*_GAINED, *_OF_RUNS, "rank_correlation", "rank_correlation_held")), _GAINED
    ),
)

TABLES: Final[dict[str, Table]] = {
    "pruning": _STACK.table(
        ("change", "way", "parameter"),
        ("loss_from", "layers", *_OF_CHANGE, "way", "parameters_saved", "refusal", "parameter"),
        _NUMBERS,
        exists="can_go",
    ),
    "pruning_correlations": _STACK.table(
        ("relation", "way", "parameter"), ("beside", "way", "parameter"), _CORRELATION
    ),
    "pruning_cause": _CAUSE.table(
        ("entry", "parameter"),
        ("entry_kind", "entry_weight", *(f"entry_{name}" for name in _RELATIONS), "parameter"),
        _MOVED,
    ),
    "pruning_cause_runs": _CAUSE.table(
        ("run", "parameter"),
        ("run_kind", "run_weight", "split", "seed", "home_held", *(f"run_{name}" for name in _RELATIONS), "parameter"),
        _OF_RUNS,
    ),
    "pruning_cause_correlations": _CAUSE.table(
        ("relation", "moved", "parameter"), ("beside", "moved", "runs_held", "parameter"), _OVER_RUNS
    ),
}
"""Tables of what `stack_pruning` and, from `pruning_cause` on, `stack_causes` return."""


def stack_pruning(files: Sequence[xr.Dataset]) -> xr.Dataset:
    """Stack files of the actions replace and retrain, in their order."""
    return _STACK.stack([_judged(one) for one in files])


def stack_causes(files: Sequence[xr.Dataset]) -> xr.Dataset:
    """Stack files of the action cause, in their order."""
    return _CAUSE.stack([_moved(_named(one)) for one in files])


def _moved(one: xr.Dataset) -> xr.Dataset:
    """Return a file whose CKA of runs and of entries has a name for each."""
    found = {f"run_{name}": one[name] for name in _RELATIONS if name in one}
    reached = one["reached"].transpose("relation", "entry") if "reached" in one else None
    if reached is not None:
        found |= {f"entry_{name}": reached.sel(relation=name, drop=True) for name in _RELATIONS}
    return one.drop_vars(["reached", *_RELATIONS], errors="ignore").assign(found)


def _judged(one: xr.Dataset) -> xr.Dataset:
    """Return a file with the word of each change: whether it can go."""
    ends = [one[f"score_lost_{end}"].transpose("change", "way", "parameter") for end in ("low", "high")]
    is_trained = "score_control" in one
    reference = one["score_control_low" if is_trained else "score_unchanged_low"].to_numpy()
    guess = 0.0 if one.attrs["score"] == "r2" else None
    words = can_go(*(end.to_numpy() for end in ends), reference_low=reference, guess=guess)
    before = CONTROL if is_trained else AS_IT_IS
    return _named(one).assign(can_go=(ends[0].dims, words)).assign_attrs(loss_from=before)


def _named(one: xr.Dataset) -> xr.Dataset:
    """Return a file that says what its score is; what is true or not is one byte."""
    truths = [name for name in ("is_linear", "home_held") if name in one.variables]
    return one.assign({name: one[name].astype(np.int8) for name in truths}).assign_attrs(score_name=one.attrs["score"])
