"""The words of the project: fields, parameters, their units and ranges, and the one error of our own.

Layer 0: everything may import this module, it imports nothing of the package.

References
----------
CAMELS Multifield Dataset: Villaescusa-Navarro et al. 2022, ApJS 259, 61 (arXiv 2109.10915).
"""

from collections.abc import Collection, Container, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Final, Literal

Split = Literal["train", "validation", "test", "all"]
Estimator = Literal["biased", "debiased"]
Standardisation = Literal["training", "own"]
Pairing = Literal["map", "simulation"]

CASE: Final = ("model", "field", "train_suite", "domain", "test_suite", "in_distribution")
"""What names a case in a file and in a table: `Case.attributes`."""

SEEN: Final = "simulations_seen_by_repair"
"""Attribute of files: how many simulations of the split the repair saw that made the network."""

RESPONSE: Final = "log_rmse_ratio"
"""Column of the loss of accuracy of a pair: logarithm of the ratio of the errors, out over in distribution."""

CLASS_RESPONSE: Final = "log_loss_difference"
"""The same of a classifier: its log loss, out less in distribution."""

MEAN_OF_PARAMETERS: Final = "mean"
"""In a column of parameters: the mean over all parameters of the table."""

MAPS_PER_SIMULATION: Final = 15
"""Maps of one simulation of CMD: 5 slabs times 3 axes; map ``i`` of a file belongs to simulation ``i // 15``."""

FEWEST_SIMULATIONS: Final = 10
"""Simulations of the smallest set that intervals and tests are of: fewer do not tell how much they scatter."""

CRITICAL_FALL: Final = 0.1
"""Fall of R^2, or of the accuracy, at the critical strength of an axis of stress."""

COMPONENTS: Final = 10
"""Principal components of a layer, for the Mahalanobis distance of domains and the classifier that tells them apart."""

FOLDS: Final = 5
"""Parts of the cross-validation of either."""

FEWEST_NETWORKS: Final = 10
"""Networks of the smallest set that correlations over networks are of."""

INFLUENTIAL_MAPS_SHOWN: Final = 6
"""Maps of largest share that a sheet of influential maps shows."""

SHARES: Final[dict[Split, float]] = {"train": 0.90, "validation": 0.05, "test": 0.05, "all": 1.0}
"""Shares of the simulations of a file that the splits hold."""

REDSHIFT: Final = 0.0
"""Redshift of every map of CMD that the project reads, and of those that it simulates."""

COSMOLOGY: Final = ("Omega_m", "sigma_8")
"""The parameters that every table of CMD begins with, also a wider one, whose other columns are not those of six."""


class InputError(ValueError):
    """Something the user can mend: the message says what is wrong, the value found and what was expected."""


def about(long_name: str, units: str = "1") -> dict[str, str]:
    """Return the attributes of a variable of a file: what it is, and its unit."""
    return {"units": units, "long_name": long_name}


@dataclass(frozen=True)
class Field:
    """A physical quantity of the maps: its long name, its unit and how the networks take its logarithm."""

    long_name: str
    units: str
    logarithm_offset: float = 0.0
    """Added to a map before log10: 1 for ``Mstar``, whose maps hold zeros; else 0."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of the simulations: how it is written in a figure, and the range that scales it to [0, 1]."""

    symbol: str
    minimum: float
    maximum: float


_SURFACE_DENSITY: Final = "(Msun/h)/(Mpc/h)^2"

FIELDS: Final[dict[str, Field]] = {
    "Mgas": Field("gas surface density", _SURFACE_DENSITY),
    "Mcdm": Field("dark matter surface density", _SURFACE_DENSITY),
    "Mstar": Field("stellar surface density", _SURFACE_DENSITY, logarithm_offset=1.0),
    "Mtot": Field("total matter surface density", _SURFACE_DENSITY),
    "HI": Field("neutral hydrogen surface density", _SURFACE_DENSITY),
    "Vgas": Field("gas velocity", "km/s"),
    "Vcdm": Field("dark matter velocity", "km/s"),
    "T": Field("gas temperature", "K"),
    "P": Field("gas pressure", "h^2 Msun (km/s)^2 / kpc^3"),
    "Z": Field("gas metallicity", "1"),
    "MgFe": Field("magnesium over iron ratio", "1"),
    "ne": Field("electron number density", "h^2 cm^-3 (Mpc/h)"),
    "B": Field("magnetic field", "Gauss"),
}
"""The 13 fields of CMD, by their prefix in a file name."""

PARAMETERS: Final[dict[str, Parameter]] = {
    "Omega_m": Parameter(r"$\Omega_\mathrm{m}$", 0.1, 0.5),
    "sigma_8": Parameter(r"$\sigma_8$", 0.6, 1.0),
    "A_SN1": Parameter(r"$A_\mathrm{SN1}$", 0.25, 4.0),
    "A_AGN1": Parameter(r"$A_\mathrm{AGN1}$", 0.25, 4.0),
    "A_SN2": Parameter(r"$A_\mathrm{SN2}$", 0.5, 2.0),
    "A_AGN2": Parameter(r"$A_\mathrm{AGN2}$", 0.5, 2.0),
}
"""The six parameters of a simulation, in the column order of CMD; all dimensionless."""


@dataclass(frozen=True)
class Domain:
    """The maps a model is shown: a named choice of one suite's maps.

    Attributes
    ----------
    name
        Label of the configuration.
    suite, set, split
        What made the maps, how its parameters were chosen, which part of the set.
    standardisation
        Whose constants standardise the maps: those of the model's ``training`` maps, or the domain's ``own``.
    redshift
        Of the maps; None where it is not known.
    """

    name: str
    suite: str
    set: str
    split: Split
    standardisation: Standardisation = "training"
    redshift: float | None = REDSHIFT

    def attributes(self) -> dict[str, str | float]:
        """Return what every file made from the domain says about it, beside its name and suite."""
        known = {} if self.redshift is None else {"redshift": self.redshift}
        return {"set": self.set, "split": self.split, "standardisation": self.standardisation, **known}

    def coordinates(
        self, positions: Collection[int], *, maps_per_simulation: int = MAPS_PER_SIMULATION
    ) -> dict[str, tuple[str, list[str] | list[int]]]:
        """Return coordinates along ``map`` of the maps at `positions` of the domain's file.

        ``map`` is a label, unique over suites and sets: two files hold the same maps where it agrees.
        """
        return {
            "map": ("map", [f"{self.suite} {self.set} {position:05d}" for position in positions]),
            "position": ("map", [int(position) for position in positions]),
            "simulation": ("map", [int(position) // maps_per_simulation for position in positions]),
            "suite": ("map", [self.suite] * len(positions)),
            "domain": ("map", [self.name] * len(positions)),
        }


@dataclass(frozen=True)
class Case:
    """A model shown a domain."""

    model: str
    field: str
    train_suite: str
    domain: str
    test_suite: str

    @property
    def in_distribution(self) -> bool:
        """Whether the domain's suite is the one the model was trained on."""
        return self.test_suite == self.train_suite

    def attributes(self) -> dict[str, str]:
        """Return what every file of the case says about it."""
        return {**asdict(self), "in_distribution": str(self.in_distribution).lower()}


def response_of(columns: Container[object]) -> str:
    """Return which column of a table of failures is the loss of accuracy: that of a classifier where it is there."""
    return CLASS_RESPONSE if CLASS_RESPONSE in columns else RESPONSE


def require_field(name: str) -> Field:
    """Return the field called `name`.

    Raises
    ------
    InputError
        If no field has that name.
    """
    if name not in FIELDS:
        raise InputError(f"Unknown field '{name}'. The fields are {', '.join(FIELDS)}.")
    return FIELDS[name]


def in_short(names: Sequence[str], most: int = 12) -> str:
    """Return names between commas, the first of them where they are many.

    Examples
    --------
    >>> in_short("abc"), in_short("abcde", most=3)
    ('a, b, c', 'a, b, c and 2 more')
    """
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def size_in_words(size: tuple[int, int]) -> str:
    """Return the pixels (y, x) of a map in words.

    Examples
    --------
    >>> size_in_words((64, 64)), size_in_words((48, 64))
    ('64 pixels a side', '48 x 64 pixels')
    """
    return f"{size[0]} pixels a side" if size[0] == size[1] else f"{size[0]} x {size[1]} pixels"


PIXEL_VALUE: Final = "pixel value"
"""What ranks the pixels of a map that has no density beside it."""

ALL_WEIGHTS: Final = "all"
"""How far weights are shuffled, where it is down to the first layer; else the layer is named."""

UNTRAINED: Final = "untrained"
"""Beside networks of shuffled weights: the network before any training."""

COLOURS: Final = ("r", "g", "b")
"""Bands of images that are in colour already, which figures draw as they are."""


def split_channel(channel: str) -> tuple[str, str]:
    """Return the field of a channel, and its band; empty where it has none.

    Examples
    --------
    >>> split_channel("image-g"), split_channel("T")
    (('image', 'g'), ('T', ''))
    """
    field, _, band = channel.partition("-")
    return field, band


def field_of(channels: Iterable[str]) -> str:
    """Return what the maps of several channels are called together: their fields, bands left out.

    Examples
    --------
    >>> field_of(["T"]), field_of(["T", "Mtot"]), field_of(["image-g", "image-r"])
    ('T', 'T+Mtot', 'image')
    """
    return "+".join(dict.fromkeys(split_channel(channel)[0] for channel in channels))
