"""Sheet of feature maps: channels of layers on a map of the own domain, above the same on a map of another."""

from typing import Final

import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.figure import Figure

from repshift.drawing.attribution_maps import draw_input, draw_signed, input_scale, signed_scale
from repshift.drawing.feature_dreams import dream_strips
from repshift.drawing.feature_filters import filter_strips
from repshift.drawing.feature_strips import GAP, LEFT, LINE, Strip, domain_labels, side_of
from repshift.drawing.layout import add_panel, add_words, fit_words, shortened
from repshift.drawing.plotting import HOUSE, Plotting
from repshift.drawing.style import PAGE_WIDTH, interval, number
from repshift.vocabulary import InputError

_TOP: Final = 0.06
_INPUT: Final = 1.0
_LARGEST: Final = 0.805
_NAMES: Final = 0.16
_WORDS: Final = 2 * LINE + 0.02
_LETTERS: Final = 40

_REASONS: Final = {"shift": "differs most", "activation": "largest"}


def feature_strips(case: xr.Dataset, *, plotting: Plotting | None = None) -> list[Strip]:
    """Return the sheets of a model: feature maps, optimised maps, dreams.

    Parameters
    ----------
    case
        As the action features of the stage attribution writes it.
    plotting
        Colours and labels of domains and models; None: those of the house.

    Raises
    ------
    InputError
        If the case holds no feature maps.
    """
    layers = str(case.attrs.get("layers", "")).split(", ")
    if any(f"feature_map_{place}" not in case for place in range(len(layers))):
        raise InputError("A sheet of features needs the variables 'feature_map_0' and so on, one for each layer.")
    looks = plotting or HOUSE
    model = shortened(looks.model_label(str(case.attrs["model"])), _LETTERS)
    strips = [
        Strip(_TOP + 3 * LINE + _INPUT + 0.1, lambda figure, top: _draw_title(figure, top, case, looks, model), True)
    ]
    for place, layer in enumerate(layers):
        strips.append(_layer_strip(case, place, layer, looks))
    return [*strips, *filter_strips(case, model), *dream_strips(case, model, looks)]


def _draw_title(figure: Figure, top: float, case: xr.Dataset, looks: Plotting, model: str) -> None:
    """Draw the title, what the rows are, and the maps that the features are of."""
    top += _TOP
    add_words(figure, LEFT, top, f"{model}: feature maps", fontweight="bold")
    left = LEFT + _NAMES
    inputs, channels = case["input"].to_numpy(), [str(name) for name in case["channel"].to_numpy()]
    scale = input_scale(list(inputs), channels)
    field = str(case.attrs["field"])
    for values, label in zip(inputs, domain_labels(case, looks), strict=True):
        words = add_words(figure, left, top + LINE + 0.03, shortened(label, _LETTERS))
        width = _INPUT * values.shape[-1] / values.shape[-2]
        fit_words(words, width)
        axes = add_panel(figure, left, top + 2 * LINE + 0.03, width, _INPUT, label=f"input {label}")
        draw_input(axes, values, field=field, scale=scale, box=None)
        left += width + GAP
    _draw_explanation(figure, left + 0.1, top + 2 * LINE + 0.03, len(inputs))


def _draw_explanation(figure: Figure, left: float, top: float, n_domains: int) -> None:
    """Say what is drawn."""
    lines = [
        "Each column is a channel: red above 0, blue below; one colour scale for both rows,",
        "its end below them. Channels in turn: that whose mean activation differs most",
        "between the domains, that of largest mean activation. Every second simulation",
        "chose them; the others give the change of the mean activation, in standard",
        "deviations over maps of the own domain, with its 95 % interval.",
    ]
    if n_domains == 1:
        lines = [
            "Each column is a channel: red above 0, blue below; the end of the scale below it.",
            "Channels are those of largest mean activation, chosen by every second simulation;",
            "the others give the mean activation, with its 95 % interval.",
        ]
    for place, words in enumerate(lines):
        fit_words(add_words(figure, left, top + place * LINE, words), PAGE_WIDTH - LEFT - left)


def _layer_strip(case: xr.Dataset, place: int, layer: str, looks: Plotting) -> Strip:
    maps = case[f"feature_map_{place}"].to_numpy()
    side = side_of(maps.shape[1], largest=_LARGEST, taken=_NAMES)
    height = side * maps.shape[2] / maps.shape[3]
    room = LINE + _WORDS + len(maps) * (height + GAP) + LINE + 0.05
    return Strip(room, lambda figure, top: _draw_layer(figure, top, case, maps, layer, (side, height), looks))


def _draw_layer(
    figure: Figure,
    top: float,
    case: xr.Dataset,
    maps: npt.NDArray[np.float32],
    layer: str,
    size: tuple[float, float],
    looks: Plotting,
) -> None:
    """Draw the channels of a layer, a row each domain."""
    (side, height), (n_domains, n_channels) = size, maps.shape[:2]
    pixels = " by ".join(map(str, maps.shape[2:]))
    add_words(figure, LEFT, top, f"{shortened(layer, _LETTERS)}, maps of {pixels}", fontweight="bold")
    features = np.flatnonzero(case["layer"].to_numpy() == layer)
    rows = top + LINE + _WORDS
    for row, label in enumerate(domain_labels(case, looks)):
        middle = rows + row * (height + GAP) + height / 2
        words = add_words(figure, LEFT, middle, shortened(label, _LETTERS), va="center")
        fit_words(words, height)
        words.set_rotation(90)
    for column in range(n_channels):
        left = LEFT + _NAMES + column * (side + GAP)
        for line, text in enumerate(_words_of(case, int(features[column]))):
            fit_words(add_words(figure, left, top + LINE + line * LINE, text), side - 0.03)
        scale = signed_scale(list(maps[:, column]))
        for row in range(n_domains):
            label = f"{layer} {case['unit'].to_numpy()[features[column]]} {case['domain'].to_numpy()[row]}"
            axes = add_panel(figure, left, rows + row * (height + GAP), side, height, label=label)
            draw_signed(axes, maps[row, column], scale)
        end = rows + n_domains * (height + GAP) - GAP + 0.02
        add_words(figure, left + side / 2, end, f"± {float(scale.vmax or 0):.2g}", ha="center")


def _words_of(case: xr.Dataset, feature: int) -> tuple[str, str]:
    """Return what is said above a channel: which it is, and how far it differs between domains."""
    here = case.isel(feature=feature)
    reason = _REASONS[str(here["reason"].item())]
    name = "shift" if "shift" in case else "mean_activation"
    held = here if name == "shift" else here.isel(domain=0)
    value, low, high = (float(held[f"{name}{end}"]) for end in ("", "_low", "_high"))
    return f"{int(here['unit'])}: {reason}", f"{number(round(value, 1) + 0.0, 1)} {interval(low, high)}"
