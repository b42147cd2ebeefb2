"""The text of a first configuration for a network and maps of the user's own, with what was chosen and why."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

from repshift.cli.exits import printable
from repshift.inspection.outputs import Outputs
from repshift.study.matrices import Activations, Cka
from repshift.vocabulary import COLOURS

_BANDS: Final = {
    True: "Bands: three of 8 bits are taken for red, green and blue, which figures draw as they are.",
    False: "Bands: write their names here, in the order of the files, which figures take for that of wavelength.",
}
"""How bands got their names, by whether they are drawn as they are."""


@dataclass(frozen=True)
class Draft:
    """What a configuration is written of.

    Attributes
    ----------
    constructor, path, arguments
        What builds the network.
    weights
        Its file of weights; None: those that it is built with.
    is_trained
        Without a file, whether the constructor loads weights that have learned.
    seed
        Seeds torch before the network is built.
    maps, labels
        Files of each suite; the first suite is that of the training.
    field, is_known
        Name of the field, and whether it is one of CMD's.
    bands, is_named
        Names of the bands, none of maps of one; and whether the user gave them.
    maps_per_simulation
        Consecutive maps of one simulation.
    layers
        Names and patterns; none: the network's convention.
    outputs
        What the network infers.
    logarithm, why_logarithm
        Whether log10 of the maps is taken, and why.
    n_simulations
        Simulations of the smallest suite.
    """

    constructor: str
    maps: Mapping[str, str]
    logarithm: bool
    why_logarithm: str
    n_simulations: int
    path: str | None = None
    arguments: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    weights: str | None = None
    is_trained: bool = False
    seed: int = 1
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    field: str = "image"
    is_known: bool = False
    bands: tuple[str, ...] = ()
    is_named: bool = False
    maps_per_simulation: int = 1
    layers: tuple[str, ...] = ()
    outputs: Outputs = dataclasses.field(default_factory=Outputs)

    @property
    def model(self) -> str:
        """The name of the model: that of the function that builds it."""
        return self.constructor.rpartition(":")[2].strip("_") or "model"


def text_of(draft: Draft) -> str:
    """Return the configuration as YAML, a line a comment that says what was chosen by the data, and why."""
    return "\n".join([*_suites(draft), *_model(draft), *_cases(draft), ""])


def n_compared(draft: Draft) -> int:
    """Return how many maps of each domain are compared: one of each simulation, 50 at most, in whole mini-batches."""
    whole = min(draft.n_simulations, Activations().n_maps) // Cka().batch_size * Cka().batch_size
    return whole or draft.n_simulations


def _suites(draft: Draft) -> list[str]:
    """Return the sections suites and fields."""
    lines = [
        "# Written by repshift new; every other key has its default, see config/README.md of the repository.",
        "# Paths are relative to the folder in which snakemake runs.",
        "suites:",
    ]
    for name, path in draft.maps.items():
        suite: dict[str, Any] = {"provider": "files", "maps": {draft.field: path}}
        suite |= {"labels": draft.labels[name]} if name in draft.labels else {}
        suite |= {"bands": list(draft.bands)} if draft.bands else {}
        suite |= {"maps_per_simulation": draft.maps_per_simulation} if draft.maps_per_simulation > 1 else {}
        lines.append(f"  {_flow(name)}: {_flow(suite)}")
    if draft.bands and not draft.is_named:
        lines += [f"  # {_BANDS[draft.bands == COLOURS]}"]
    if draft.is_known:
        return [*lines, ""]
    return [*lines, "", f"fields: {_flow({draft.field: {'long_name': draft.field}})}", ""]


def _model(draft: Draft) -> list[str]:
    """Return the section models."""
    first, outputs = next(iter(draft.maps)), draft.outputs
    keys: dict[str, Any] = {"path": draft.path, "constructor": draft.constructor, "arguments": dict(draft.arguments)}
    keys |= {"weights": draft.weights, "layers": list(draft.layers), "outputs": list(outputs.names)}
    if outputs.classes:
        keys |= {"task": "classification", "classes": list(outputs.classes), "output_scale": outputs.output_scale}
    lines = [f"      {key}: {_flow(value)}" for key, value in keys.items() if value]
    if draft.weights is None:
        loaded = (
            "loads weights that have learned" if draft.is_trained else "draws the weights; --trained says otherwise"
        )
        lines += [f"      # No file of weights was given: the constructor {loaded}."]
        lines += [f"      trained: {_flow(draft.is_trained)}", f"      seed: {draft.seed}"]
    return [
        *("models:", f"  {_flow(draft.model)}:", f"    suite: {_flow(first)}", f"    field: {_flow(draft.field)}"),
        *("    network:", *lines),
        *([_comment(f"Outputs: {outputs.why}.")] if outputs.why else []),
        _comment(f"Logarithm: {draft.why_logarithm}."),
        _comment(f"mean and std are measured of the maps of {first}; if it was trained with others, write them here."),
        f"    preprocessing: {_flow({'logarithm': draft.logarithm})}",
        "",
    ]


def _cases(draft: Draft) -> list[str]:
    """Return the section cases, and what else depends on how many simulations there are, or on the outputs."""
    lines = ["cases:", f"  {_flow(draft.model)}: {_flow(list(draft.maps))}"]
    if draft.outputs.names:
        lines += ["", f"figures: {_flow({'predictions': [draft.model]})}"]
    compared, most, batch = n_compared(draft), Activations().n_maps, Cka().batch_size
    if compared < most:
        why = f"# The smallest suite has {draft.n_simulations} simulations; the default compares {most}."
        lines += ["", why, f"activations: {_flow({'n_maps': compared})}"]
    return lines if compared >= batch else [*lines, f"cka: {_flow({'batch_size': compared})}"]


def _comment(words: str) -> str:
    """Return a comment beside the network: one line, whatever names of files and columns are in it."""
    return f"    # {printable(words)}"


def _flow(value: Any) -> str:  # noqa: ANN401 - any value of a configuration
    """Return a value in one line of YAML."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10**9, allow_unicode=True, sort_keys=False)
    return text.removesuffix("\n...\n").rstrip("\n")
