"""Colours and labels of suites, domains and models: those of the configuration, else those of the house."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from matplotlib.colors import is_color_like

from repshift.drawing.style import figure_text
from repshift.vocabulary import InputError

SUITE_COLOURS: Final = {
    "IllustrisTNG": "#0072B2",
    "SIMBA": "#D55E00",
    "Astrid": "#009E73",
    "Nbody_IllustrisTNG": "#56B4E9",
    "Nbody_SIMBA": "#E69F00",
    "Nbody_Astrid": "#7FC8A9",
    "MockTNG": "#332288",
    "MockSIMBA": "#CC6677",
}
"""Of the suites that the package knows, the same in every figure."""

OTHER_COLOURS: Final = (
    *("#117733", "#882255", "#999933", "#44AA99", "#AA4499", "#661100"),
    *("#0000EE", "#1E90FF", "#003333", "#EE8866", "#D1BBD7", "#EE00EE", "#DDCC77", "#CC0033"),
    *("#003366", "#BBCC33", "#8B4513", "#330033", "#00CC66", "#3333CC", "#003300", "#00EE33"),
)
"""Of other suites, in turn: first those that colour-blind readers tell apart, then ever the most distant one left."""

_TEXT_COLOUR: Final = "black"
_KINDS: Final = ("suites", "domains", "models")
_KEYS: Final = ("color", "label")


@dataclass(frozen=True)
class Look:
    """Colour and label of a thing; None: by default."""

    color: str | None = None
    label: str | None = None


@dataclass(frozen=True)
class Plotting:
    """Colours and labels in figures.

    Attributes
    ----------
    suites, domains, models
        Look by name, of those that have one of their own. The suites come first where other suites get their colours.
    order
        Suites of the figure, in order of first appearance.
    """

    suites: Mapping[str, Look] = field(default_factory=dict)
    domains: Mapping[str, Look] = field(default_factory=dict)
    models: Mapping[str, Look] = field(default_factory=dict)
    order: tuple[str, ...] = ()

    def of(self, suites: Iterable[object]) -> "Plotting":
        """Return the same for a figure of these suites, each of which has a colour then."""
        return replace(self, order=tuple(dict.fromkeys((*self.order, *map(str, suites)))))

    def suite_label(self, suite: str) -> str:
        """Return what a suite is called."""
        return figure_text(self.suites.get(suite, Look()).label or suite)

    def domain_label(self, domain: str, suite: str | None = None) -> str:
        """Return what a domain is called: by its own label, or by that of `suite` where it has the name of its suite.

        Examples
        --------
        >>> looks = Plotting(suites={"HSC-far": Look(label="HSC at z = 0.5")})
        >>> looks.domain_label("HSC-far", "HSC-far"), looks.domain_label("HSC-far-test", "HSC-far")
        ('HSC at z = 0.5', 'HSC-far-test')
        """
        label = self.domains.get(domain, Look()).label
        return figure_text(label) if label else self.suite_label(domain) if domain == suite else domain

    def model_label(self, model: str) -> str:
        """Return what a model is called."""
        return figure_text(self.models.get(model, Look()).label or model)

    def suite_colour(self, suite: str) -> str:
        """Return the colour of a suite: its own, or else the first that no other suite has.

        Examples
        --------
        >>> Plotting().suite_colour("MockTNG")
        '#332288'
        >>> Plotting().of(["A", "B"]).suite_colour("B")
        '#882255'
        """
        given = {name: look.color for name, look in self.suites.items() if look.color}
        own = {**SUITE_COLOURS, **given}
        if suite in own:
            return own[suite]
        others = [name for name in dict.fromkeys((*self.suites, *self.order, suite)) if name not in own]
        free = [colour for colour in OTHER_COLOURS if colour not in given.values()] or list(OTHER_COLOURS)
        return free[others.index(suite) % len(free)]

    def case_colour(self, domain: str, suite: str) -> str:
        """Return the colour of maps of a domain: its own, or that of the suite that made them."""
        return self.domains.get(domain, Look()).color or self.suite_colour(suite)

    def model_colour(self, model: str) -> str:
        """Return the colour of the name of a model above its panels."""
        return self.models.get(model, Look()).color or _TEXT_COLOUR


HOUSE: Final = Plotting()
"""Colours and labels where a configuration has none."""


def make_plotting(content: Mapping[str, Any]) -> Plotting:
    """Return colours and labels from the section ``plotting`` of a configuration.

    Parameters
    ----------
    content
        By "suites", "domains" and "models", then by name: "color", as matplotlib takes it, and "label"; any of them may
        be missing. The order of the suites is that in which those without a colour get theirs.

    Raises
    ------
    InputError
        If a key is unknown, a colour is none, or a label is no text.
    """
    _require_mapping(content, "plotting", _KINDS)
    for kind, looks in content.items():
        _require_mapping(looks, f"plotting.{kind}")
        for name, look in looks.items():
            _require_look(look, f"plotting.{kind}.{name}")
    looks = {kind: {name: Look(**look) for name, look in content.get(kind, {}).items()} for kind in _KINDS}
    return Plotting(looks["suites"], looks["domains"], looks["models"])


def _require_mapping(content: object, where: str, keys: Sequence[str] = ()) -> None:
    if not isinstance(content, Mapping):
        raise InputError(
            f"{where} is {content!r}; expected {', '.join(keys) or 'names'}, each with what belongs to it."
        )
    unknown = [key for key in content if keys and key not in keys]
    if unknown:
        raise InputError(f"{where} has '{unknown[0]}'; expected {', '.join(keys)}.")


def _require_look(look: Mapping[str, Any], where: str) -> None:
    _require_mapping(look, where, _KEYS)
    color, label = look.get("color"), look.get("label")
    if color is not None and not (isinstance(color, str) and is_color_like(color)):
        raise InputError(f"{where}.color is {color!r}; expected a colour, such as '#0072B2' or 'black'.")
    if label is not None and not (isinstance(label, str) and label.strip()):
        raise InputError(f"{where}.label is {label!r}; expected words.")
