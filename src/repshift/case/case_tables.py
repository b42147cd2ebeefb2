"""The tables of cases, and what each number is that `repshift.case.stack` stacks."""

from typing import Final

from repshift.case.tables import CASE_WORDS, OF_CASE, Table, Words, with_ends
from repshift.statistics import blocks
from repshift.statistics.blocks import BLOCK_NUMBERS
from repshift.statistics.class_scores import CLASS_LONG_NAMES, CLASS_SCORES
from repshift.statistics.scores import LONG_NAMES, SCORES, WITH_UNIT
from repshift.vocabulary import about

COUNTS: Final = {"n_maps": "maps scored", "n_simulations": "simulations of the maps scored"}

CHANGE: Final = "off_diagonal_mean_change"
P_VALUE_BY: Final = "p_value_by"
OF_INTERVAL: Final = ("interval_by", "interval_trusted")
COMPARED: Final = "n_maps_compared"
TEST: Final = {
    "difference_p_value": "two-sided p-value of the difference",
    "studentised": "difference over its standard error",
    "studentised_p_value": "two-sided p-value of the studentised difference",
}
PERMUTATIONS: Final = "permutations of a test"
DIFFERENCE: Final = "out of distribution less in distribution"
OF_CHANGE: Final = (
    "two-sided p-value of the change of the mean of distinct layers: simulations swapped between the domains"
)
SWAPPED: Final = "what is swapped: simulations, or their pseudo-values"
COUNT_COMPARED: Final = "maps compared"
OF_TESTED: Final = "measure whose change is tested"

_SCORE_WORDS: Final[dict[str, Words]] = {
    **CASE_WORDS,
    "parameter": about("what is inferred"),
    "maps": about("split: all maps of the split; cka: those whose layers are compared"),
    **{name: about(text, "as the parameter" if name in WITH_UNIT else "1") for name, text in LONG_NAMES.items()},
    **{name: about(text) for name, text in {**CLASS_LONG_NAMES, **COUNTS}.items()},
}
_BLOCK_WORDS: Final[dict[str, Words]] = {
    **CASE_WORDS,
    "measure": about("measure of similarity"),
    **{
        name: about(text, "as the measure" if name in blocks.WITH_UNIT else "1")
        for name, text in blocks.LONG_NAMES.items()
    },
    "change": about("mean of distinct layers, here less on the model's own domain", "as the measure"),
    "change_p_value": about(OF_CHANGE),
    P_VALUE_BY: about(SWAPPED),
    "interval_by": about("what intervals are of"),
    "interval_trusted": about("1 where such intervals held the truth, and were no wider than that takes"),
    "n_maps": about(COUNT_COMPARED),
}
_TEST_WORDS: Final[dict[str, Words]] = {
    **CASE_WORDS,
    "measure": about(OF_TESTED),
    "number": about("number of the matrix that is tested"),
    "difference": about(DIFFERENCE),
    **{name: about(text) for name, text in TEST.items()},
    "permutations": about(PERMUTATIONS),
}

TABLES: Final = {
    "scores": Table(
        rows=("case", "maps", "parameter"),
        labels={**OF_CASE, "parameter": "parameter", "maps": "maps"},
        columns={name: name for name in (*with_ends([*SCORES, *CLASS_SCORES]), *COUNTS)},
        described=_SCORE_WORDS,
    ),
    "similarity": Table(
        rows=("case", "measure"),
        labels={**OF_CASE, "measure": "measure"},
        columns={
            **{name: name for name in with_ends(BLOCK_NUMBERS)},
            **{name.removeprefix("off_diagonal_mean_"): name for name in with_ends([CHANGE])},
            **{"change_p_value": f"{CHANGE}_p_value", "p_value_by": P_VALUE_BY},
            **{name: name for name in OF_INTERVAL},
            "n_maps": COMPARED,
        },
        described=_BLOCK_WORDS,
    ),
    "permutation_tests": Table(
        rows=("case", "number"),
        labels={**OF_CASE, "measure": "tested_measure", "number": "number"},
        columns={name: name for name in (*with_ends(["difference"]), *TEST, "permutations")},
        described=_TEST_WORDS,
    ),
}
"""Tables of what `stack_cases` returns."""
