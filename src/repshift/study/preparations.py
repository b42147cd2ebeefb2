"""How the maps of each channel of a model are prepared, and of fields that no model reads; names of files say it."""

import hashlib
from dataclasses import dataclass

from repshift.networks.channels import Preprocessing
from repshift.study.cases import provider_of
from repshift.study.channels import channels_of
from repshift.study.configuration import Study


@dataclass(frozen=True)
class Preparation:
    """How the maps of a channel are prepared, and where the code of a function of your own for it lies."""

    chosen: Preprocessing
    path: str | None = None

    @property
    def variant(self) -> str:
        """The part of a file's name that says how its maps were prepared; nothing for the logarithm alone.

        Examples
        --------
        >>> Preparation(Preprocessing(smoothing=2, logarithm=False)).variant
        '_smoothing=2_logarithm=none'
        >>> Preparation(Preprocessing(logarithm=False, arcsinh=0.1, clip=(0, None), scale=255)).variant
        '_clip=0,none_scale=255_logarithm=none_arcsinh=0.1'
        """
        chosen, default = self.chosen, Preprocessing()
        code = hashlib.sha256(f"{self.path} {chosen.function}".encode()).hexdigest()[:8]
        values = {
            "function": code if chosen.function else None,
            "smoothing": chosen.smoothing or None,
            "clip": chosen.clip and ",".join(map(_brief, chosen.clip)),
            "scale": chosen.scale if chosen.scale != default.scale else None,
            "monopole": chosen.monopole if chosen.monopole != default.monopole else None,
            "logarithm": None if chosen.logarithm else "none",
            "arcsinh": chosen.arcsinh,
        }
        parts = {name: _brief(value) for name, value in values.items() if value is not None}
        return "".join(f"_{name}={value}" for name, value in parts.items())

    @property
    def flags(self) -> list[str]:
        """The options of the command that measures maps so prepared.

        Examples
        --------
        >>> " ".join(Preparation(Preprocessing(logarithm=False, clip=(0, None))).flags)
        '--smoothing 0.0 --monopole kept --no-logarithm --clip 0 none'
        """
        chosen = self.chosen
        ends = ["none" if end is None else str(end) for end in chosen.clip or ()]
        options = {
            "--arcsinh": [] if chosen.arcsinh is None else [str(chosen.arcsinh)],
            "--clip": ends,
            "--scale": [] if chosen.scale == Preprocessing().scale else [str(chosen.scale)],
            "--functions": [chosen.function] if chosen.function else [],
            "--functions-source": [self.path] if chosen.function and self.path else [],
        }
        always = ["--smoothing", str(chosen.smoothing), "--monopole", chosen.monopole]
        always += [] if chosen.logarithm else ["--no-logarithm"]
        return [*always, *(word for option, values in options.items() if values for word in (option, *values))]


def _brief(value: float | str | None) -> str:
    """Return a value as the name of a file has it."""
    return "none" if value is None else str(value).removesuffix(".0")


def preparations(study: Study, model: str) -> tuple[Preparation, ...]:
    """Return how the maps of each channel of a model are prepared."""
    entry = study.models[model]
    path = entry.network.path if entry.network else None
    chosen = [entry.preprocessing.of_channel(number) for number in range(len(channels_of(study, model)))]
    return tuple(Preparation(one, path if one.function else None) for one in chosen)


def variants(study: Study) -> dict[str, Preparation]:
    """Return how maps are prepared, by what the names of the files say of it."""
    of_models = (one for model in study.models for one in preparations(study, model))
    cases = study.attribution.cases if study.attribution and study.attribution.environment else {}
    of_densities = (density_preparation(study, model, domain) for model in cases for domain in cases[model])
    return {one.variant: one for one in (*of_models, *of_densities)}


def density_preparation(study: Study, model: str, domain: str) -> Preparation:
    """Return how maps of the field that divides pixels by density are measured: as the model does where it reads it.

    Pixels are ranked as they are. Those of a file of your own may be zero, so no logarithm is taken.
    """
    field = study.attribution.environment if study.attribution else None
    known = dict(zip(channels_of(study, model), preparations(study, model), strict=True))
    own = provider_of(study, study.domains[domain].suite) in ("files", "function")
    return known.get(field or "", Preparation(Preprocessing(logarithm=not own)))
