"""Sensie beside `repshift.stress` on one network: ``python -m benchmarks.sensie CHECKOUT``.

CHECKOUT is the folder of a clone of https://github.com/coljac/sensie, which no registry has. Both are given the shipped
lens finder, the same 200 cut-outs as it reads them, and the same noise, drawn once and scaled: strengths up to 1e-6,
which change no output noticeably, and strengths that matter. An axis that does nothing is asked for too,
Sensie's own credible interval, and a network of regression. It prints lines for docs/stress.md.
"""

import argparse
import io
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module, metadata
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import nn

import repshift
from benchmarks.workflow import ROOT, say
from repshift.networks.classes import Classes
from repshift.storage.functions import Constructor, imported
from repshift.study.reading import read_study, read_yaml

Images = npt.NDArray[np.float32]
Perturber = Callable[[Images, float], Images]

STRENGTHS: Final = {"up to 1e-6": (0, 1e-7, 1e-6), "that matter": (0, 0.1, 0.3, 1, 3)}
"""Standard deviations of the noise, in that of the sky: maps are linear in it below three."""

N_OBJECTS: Final = 200
PACKAGES: Final = ("numpy", "pandas", "scikit-learn", "torch")
SKY: Final = 1 / 3
"""Standard deviation of the sky in the maps as the network reads them."""


def main() -> None:
    """Read the command line, and print what both say."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkout", type=Path, help="folder of a clone of Sensie")
    sensie = sensie_of(parser.parse_args().checkout)
    sys.path.insert(0, str(ROOT / "examples"))
    finder, cutouts, kinds = example("lenses", "finder", "LHT", ("kind",))
    classes = Classes(("galaxy", "lens"))
    labels = np.array([classes.index_of(row[0]) for row in kinds])
    noise = np.random.default_rng(1).standard_normal(cutouts.shape).astype(np.float32) * SKY
    probe = sensie.Probe(finder, predict)
    say("Sensie:")
    for name, strengths in STRENGTHS.items():
        say(f"- noise {name}: {slope(probe, cutouts, labels, lambda maps, s: maps + s * noise, strengths)}")
    say(f"- nothing: {slope(probe, cutouts, labels, lambda maps, s: maps, (0, 1))}")
    say(f"- credible interval: {outcome(lambda: credible_interval(probe, cutouts, labels))}")
    say(f"- summary of two properties: {outcome(lambda: two_properties(probe, cutouts, labels))}")
    say(f"- regression: {outcome(lambda: regression(sensie))}")
    say("repshift:")
    for name, strengths in STRENGTHS.items():
        say(f"- noise {name}: {stressed(finder, cutouts, labels, [SKY * one for one in strengths])}")


def sensie_of(checkout: Path) -> ModuleType:
    """Import Sensie from a clone, and say which it is."""
    sys.path.insert(0, str(checkout))
    commit = subprocess.run(["git", "-C", checkout, "log", "-1", "--format=%h of %as"], capture_output=True, text=True)
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    say(f"Sensie {commit.stdout.strip()}; repshift {repshift.__version__}; {versions}")
    found = import_module("sensie")
    if not Path(str(found.__file__)).is_relative_to(checkout.resolve()):
        raise SystemExit(f"{checkout} holds no package 'sensie'.")
    return found


def example(
    folder: str, model: str, set_name: str, labels: Sequence[str]
) -> tuple[nn.Module, Images, npt.NDArray[Any]]:
    """Return the network of an example, maps of a set as it reads them, and labels of each."""
    path = ROOT / "examples" / folder / "config.yaml"
    study = read_study(read_yaml(path), files=[path])
    network: Any = study.models[model].network
    built = imported(Constructor(network.constructor, ROOT / network.path))(**network.arguments)
    built.load_state_dict(torch.load(ROOT / network.weights, weights_only=True))
    training = import_module("skies.training")
    images, rows = training.draw_images(study, model, set_name, n_objects=N_OBJECTS)
    return built.eval(), images, np.array([[row[name] for name in labels] for row in rows], dtype=object)


def predict(network: nn.Module, maps: Images) -> npt.NDArray[np.float64]:
    """Return the probability of each class, (n_maps, n_classes): what Sensie calls with a model and maps."""
    with torch.inference_mode():
        return np.asarray(network(torch.from_numpy(maps).float()).softmax(1).double().numpy())


def slope(
    probe: Any,  # noqa: ANN401
    maps: Images,
    labels: npt.NDArray[Any],
    perturb: Perturber,
    strengths: Sequence[float],
) -> str:
    """Return Sensie's slope of the mean score of the correct class, and what it says of its significance."""
    with redirect_stdout(io.StringIO()):
        found = probe.predict_and_measure_perturbed(maps, labels, perturb, p_values=list(strengths), label="axis")
        table = found.summary()
    means = ", ".join(f"{one:.4f}" for one in found.tests["axis"].means)
    row = table.iloc[0]
    return f"slope {row['sensitivity']:.3g}, significance {row['significance']!r}; mean scores {means}"


def credible_interval(probe: Any, maps: Images, labels: npt.NDArray[np.int64]) -> str:  # noqa: ANN401
    """Return the credible interval of a slope."""
    with redirect_stdout(io.StringIO()):
        found = probe.predict_and_measure_perturbed(maps, labels, lambda one, _: one, p_values=[0, 1], label="axis")
        found.set_credible_intervals()
    return f"{found.tests['axis'].ci_95_low} to {found.tests['axis'].ci_95_high}"


def two_properties(probe: Any, maps: Images, labels: npt.NDArray[np.int64]) -> str:  # noqa: ANN401
    """Return the table of two properties of the objects."""
    with redirect_stdout(io.StringIO()):
        found = probe.predict_and_measure(maps, labels, pd.DataFrame({"one": labels, "two": 1 - labels}))
        return str(found.summary())


def regression(sensie: ModuleType) -> str:
    """Return the slope of a network that infers numbers."""
    names = ("bulge_to_total", "log10_radius", "magnitude")
    network, maps, labels = example("galaxies", "morphology", "LH", names)
    probe = sensie.Probe(network, lambda model, given: model(torch.from_numpy(given).float()).detach().numpy())
    return slope(probe, maps, labels.astype(np.float64), lambda one, s: one + s, (0, 0.1))


def outcome(call: Callable[[], str]) -> str:
    """Return what a call returns, or the error that it raises."""
    try:
        with redirect_stderr(io.StringIO()):
            return call()
    except Exception as error:  # that it fails, and how, is what is asked
        return f"raises {type(error).__name__}: {str(error).splitlines()[0]}"


def stressed(network: nn.Module, maps: Images, labels: npt.NDArray[np.int64], strengths: Sequence[float]) -> str:
    """Return the change of accuracy of the same network at the same strengths, with simultaneous 95 % bands."""
    axes: Mapping[str, Any] = {"noise": list(strengths)}
    found = repshift.stress(network, maps, labels, axes=axes, seed=1)
    named = (found[f"accuracy_change{end}"].to_numpy().ravel() for end in ("", "_low", "_high"))
    levels = zip(found["strength"].to_numpy() / SKY, *named, strict=True)
    changes = ", ".join(
        f"{strength:g}: {value:+.3f} [{low:+.3f}, {high:+.3f}]" for strength, value, low, high in levels
    )
    critical = (float(found[f"critical{end}"].to_numpy().ravel()[0]) / SKY for end in ("", "_low", "_high"))
    return "change of accuracy {}; critical strength {:.3g} [{:.3g}, {:.3g}]".format(changes, *critical)


if __name__ == "__main__":
    main()
