"""How every figure looks: the one style dictionary, a label a field, an estimator, a relation."""

import re
from collections.abc import Mapping
from typing import Any, Final

from matplotlib.mathtext import MathTextParser
from matplotlib.typing import RcKeyType

from repshift.vocabulary import FIELDS, PARAMETERS, Field, InputError, require_field

PAGE_WIDTH: Final = 7.1
"""Width of a two-column figure [inch], as ApJ prints it."""

COLUMN_WIDTH: Final = 3.4
"""Width of a one-column figure [inch]."""

FONT_SIZE: Final = 7.0
LETTER_SIZE: Final = 8.0
LINE_HEIGHT: Final = 0.118
"""Height of a line of text of `FONT_SIZE` [inch]."""

PUBLICATION: Final[dict[RcKeyType, Any]] = {
    "font.family": ["DejaVu Sans"],
    "font.size": FONT_SIZE,
    "mathtext.fontset": "dejavusans",
    "axes.titlesize": FONT_SIZE,
    "axes.labelsize": FONT_SIZE,
    "axes.labelpad": 2.0,
    "axes.linewidth": 0.5,
    "lines.linewidth": 0.8,
    "patch.linewidth": 0.8,
    "legend.fontsize": FONT_SIZE,
    "legend.frameon": False,
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
}
"""Settings of matplotlib for all figures, in drawing and in saving, where the last two act."""

TICKS: Final[dict[str, Any]] = {"labelsize": FONT_SIZE, "labelfontfamily": "DejaVu Sans", "width": 0.5, "pad": 2.0}
"""Ticks are made when first drawn, after the style has been left, so each axis needs the setting."""

TRUTH_COLOUR: Final = "0.35"
PRIOR_COLOUR: Final = "0.92"

_WIDEST_TITLE: Final = 24

_SYMBOLS: Final = {
    "Mgas": r"$\Sigma_\mathrm{gas}$",
    "Mcdm": r"$\Sigma_\mathrm{cdm}$",
    "Mstar": r"$\Sigma_\ast$",
    "Mtot": r"$\Sigma_\mathrm{tot}$",
    "HI": r"$\Sigma_\mathrm{HI}$",
    "Vgas": r"$|v_\mathrm{gas}|$",
    "Vcdm": r"$|v_\mathrm{cdm}|$",
    "T": r"$T$",
    "P": r"$P$",
    "Z": r"$Z$",
    "MgFe": "Mg/Fe",
    "ne": r"$N_\mathrm{e}$",
    "B": r"$|B|$",
}
_UNITS: Final = {
    "(Msun/h)/(Mpc/h)^2": r"$(\mathrm{M}_\odot/h)\,(\mathrm{Mpc}/h)^{-2}$",
    "km/s": r"km$\,$s$^{-1}$",
    "K": "K",
    "h^2 Msun (km/s)^2 / kpc^3": r"$h^2\,\mathrm{M}_\odot\,(\mathrm{km/s})^2\,\mathrm{kpc}^{-3}$",
    "h^2 cm^-3 (Mpc/h)": r"$h^2\,\mathrm{cm}^{-3}\,\mathrm{Mpc}/h$",
    "Gauss": "G",
}
_ESTIMATORS: Final = {"biased": "biased", "debiased": "debiased", "minibatch": "mini-batch"}


def map_colours(field: str) -> str:
    """Return the colour map of a field's maps: fire for the temperature, another for the rest."""
    return "inferno" if field == "T" else "cividis"


def capitalised(words: str) -> str:
    """Return words that begin with a capital letter, the others as they are."""
    return words[:1].upper() + words[1:]


def figure_text(words: str) -> str:
    r"""Return a user's words as a figure writes them: its dollars as dollars where they enclose no formula.

    Examples
    --------
    >>> print(figure_text("$T$ [K]"), figure_text("gain [$]"), figure_text(r"$\frac{$"))
    $T$ [K] gain [\$] \$\frac{\$
    """
    dollars = re.findall(r"(?<!\\)\$", words)
    if not dollars:
        return words
    try:
        MathTextParser("path").parse(words)
        is_formula = len(dollars) % 2 == 0
    except ValueError:
        is_formula = False
    return words if is_formula else re.sub(r"(?<!\\)\$", r"\$", words)


def field_label(name: str, field: Field | None = None) -> str:
    """Return the symbol of a field with its unit, for an axis; of a field that CMD has not, `field`, its long name.

    Raises
    ------
    InputError
        If no field has that name.

    Examples
    --------
    >>> field_label("T")
    '$T$ [K]'
    """
    known = field or require_field(name)
    symbol = _SYMBOLS.get(name, capitalised(known.long_name))
    return figure_text(symbol if known.units == "1" else f"{symbol} [{_UNITS.get(known.units, known.units)}]")


def field_words(name: str, fields: Mapping[str, str] | None = None) -> str:
    """Return what a field is, in words, capitalised: as `fields` says, or CMD; else its name; of several each."""
    each = [(fields or {}).get(one) or (FIELDS[one].long_name if one in FIELDS else None) for one in name.split("+")]
    return name if None in each else capitalised(", ".join(filter(None, each)))


def parameter_label(name: str) -> str:
    """Return the symbol of a parameter; of a label that CMD has not, its name; of a number, which output it is."""
    if name in PARAMETERS:
        return PARAMETERS[name].symbol
    return f"output {name}" if name.isdecimal() else name


def estimator_label(estimator: str) -> str:
    """Return how an estimator is written before "CKA".

    Raises
    ------
    InputError
        If no estimator has that name.
    """
    if estimator not in _ESTIMATORS:
        raise InputError(f"Unknown estimator '{estimator}'. The estimators are {', '.join(_ESTIMATORS)}.")
    return _ESTIMATORS[estimator]


def cka_measure(estimator: str) -> str:
    """Return the measure that an estimator of CKA is.

    Raises
    ------
    InputError
        If no estimator has that name.
    """
    estimator_label(estimator)
    return f"cka_{estimator}"


def relation(in_distribution: bool) -> str:
    """Return how a case is called: in distribution or out of distribution."""
    return "in distribution" if in_distribution else "out of distribution"


def suites(train_suite: str, test_suite: str) -> str:
    """Return "trained on → tested on", over two lines where one would be wider than a panel.

    Examples
    --------
    >>> suites("SIMBA", "IllustrisTNG")
    'SIMBA → IllustrisTNG'
    """
    gap = " " if len(train_suite) + len(test_suite) <= _WIDEST_TITLE else "\n"
    return f"{train_suite} →{gap}{test_suite}"


def interval(low: float, high: float) -> str:
    """Return the ends of an interval, with two decimals, or one above 1 and none from 10.

    Examples
    --------
    >>> interval(-0.104, 0.5)
    '[−0.10, 0.50]'
    >>> interval(-8.413, -2.87)
    '[−8.4, −2.9]'
    >>> interval(0.95, 1.0)
    '[0.95, 1.00]'
    """
    decimals = decimals_of(low, high)
    return f"[{number(low, decimals)}, {number(high, decimals)}]"


def decimals_of(*values: float) -> int:
    """Return how many decimals numbers have side by side: two up to 1, one beyond, and none from 10."""
    largest = round(max(map(abs, values)), 2)
    return 2 - (largest > 1) - (largest >= 10)


def number(value: float, decimals: int = 2) -> str:
    """Return a score with some decimals and a true minus sign, or a dash where there is none.

    Examples
    --------
    >>> number(-10.61)
    '−10.61'
    """
    return "\N{EN DASH}" if value != value else f"{value:.{decimals}f}".replace("-", "\N{MINUS SIGN}")
