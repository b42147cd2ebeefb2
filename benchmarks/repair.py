"""A step of training with a loss by CKA: ``python -m benchmarks.repair --folder RUN``, or ``--invented``.

RUN is a folder in which the default has run, as far as its maps and models; invented maps are random numbers, and their
network is untrained. A step shows the network 24 maps of each of two domains, forwards and back, clips the gradient and
moves the weights. The term is the mean absolute difference of both domains' CKA over all pairs of its 14 layers. The
step without it has the target's mean output for a term, so that both make the same passes.

Two published libraries give the same term, each at its best: their formulas take features that hooks keep in those same
passes, where the libraries would make further passes.

pytorch-cka 1.1.3
    Its function ``hsic_cross`` of all Gram matrices, which makes all pairs as one product. The library itself gives no
    gradient, for its hooks detach features.
torch-cka 0.21
    Its loop over pairs of layers and its formula, without ``.item()``, which would cut the gradient off.

Every round measures each in turn, on one thread, and freed memory stays with the process as in jobs of the workflow;
medians of CPU time and of ratios, with ranges. The loss alone is measured beside the step: from given features to the
gradient by them. Errors are of the gradient by the weights, beside the same network in double precision.

Both libraries are in benchmarks/requirements.lock.
"""

import argparse
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

for _variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_variable] = "1"

# ruff: noqa: E402 - numpy and torch read the environment when they are imported
import copy
import statistics

import numpy as np
import torch
from cka.hsic import hsic_cross
from torch import Tensor, nn

from benchmarks.measuring import cpu_time_of, interleave
from benchmarks.workflow import say
from repshift.adaptation.cka_loss import cka_term
from repshift.adaptation.differentiable_gram import differentiable_gram
from repshift.cli.freed_memory import keep_freed_memory
from repshift.networks.cmd import CMDNetwork
from repshift.networks.preprocessing import standardise
from repshift.recording.calls import recording
from repshift.recording.layers import choose_layers
from repshift.recording.passes import features_of
from repshift.similarity.cka import cka_matrix
from repshift.storage.models import read_model
from repshift.training.loss import moment_loss

CASES = (("T-MockTNG", "MockTNG", "MockSIMBA"), ("Mtot-MockSIMBA", "MockSIMBA", "MockTNG"))
OURS, WITHOUT, CONTROL = "repshift", "without the term", "source alone"
PYTORCH_CKA, TORCH_CKA = "pytorch-cka, all pairs as one product", "torch-cka, pair by pair"
STEP_TARGET = 1.25
LOSS_TARGETS = {PYTORCH_CKA: 0.8, TORCH_CKA: 0.5}
_MAPS_A_SIMULATION, _BATCH, _LARGEST_GRADIENT = 15, 24, 1.0

Kept = dict[str, Tensor]
"""What is kept of the output of each layer."""


@dataclass(frozen=True)
class Route:
    """A way to the term: what it does with the output of a layer in its call, and with all layers of both domains."""

    made_of: Callable[[str, Tensor], Tensor]
    term: Callable[[Kept, Kept], Tensor]


def _features(_name: str, output: Tensor) -> Tensor:
    return output.flatten(1)


def _match(of_domain: Callable[[Kept], Tensor], source: Kept, target: Kept) -> Tensor:
    """Return the mean absolute difference of the matrices of two domains, over pairs of different layers."""
    first, second = torch.triu_indices(len(source), len(source), 1)
    return (of_domain(source) - of_domain(target))[first, second].abs().mean()


def _of_pytorch_cka(features: Kept) -> Tensor:
    """Return a matrix as ``CKA._accumulate_hsic`` and ``CKA._compute_cka_matrix`` of pytorch-cka do."""
    grams = torch.stack([torch.mm(one, one.T) for one in features.values()])
    hsic = hsic_cross(grams, grams)
    own = torch.diagonal(hsic)
    denominator = torch.sqrt(torch.clamp(own.unsqueeze(1) * own.unsqueeze(0), min=0.0))
    denominator = torch.where(denominator == 0, 1e-6, denominator)
    return torch.clamp(hsic / denominator, min=0.0, max=1.0)


def _of_torch_cka(features: Kept) -> Tensor:
    """Return a matrix as ``CKA.compare`` of torch-cka does, with a gradient."""
    found = torch.zeros(len(features), len(features), 3)
    for i, one in enumerate(features.values()):
        gram = one @ one.t()
        gram.fill_diagonal_(0.0)
        found[i, :, 0] += _hsic_of_torch_cka(gram, gram)
        for j, two in enumerate(features.values()):
            other = two @ two.t()
            other.fill_diagonal_(0.0)
            found[i, j, 1] += _hsic_of_torch_cka(gram, other)
            found[i, j, 2] += _hsic_of_torch_cka(other, other)
    return found[:, :, 1] / (found[:, :, 0].sqrt() * found[:, :, 2].sqrt())


def _hsic_of_torch_cka(gram: Tensor, other: Tensor) -> Tensor:
    n = gram.shape[0]
    ones = torch.ones(n, 1)
    result = torch.trace(gram @ other)
    result = result + (ones.t() @ gram @ ones @ ones.t() @ other @ ones).squeeze() / ((n - 1) * (n - 2))
    result = result - (ones.t() @ gram @ other @ ones).squeeze() * 2 / (n - 2)
    return 1 / (n * (n - 3)) * result


def _in_double(features: Kept) -> Tensor:
    """Return a matrix by automatic differentiation in double precision."""
    centred = [one.double() - one.double().mean(0) for one in features.values()]
    found: Tensor = cka_matrix(torch.stack([one @ one.T for one in centred]), estimator="debiased")
    return found


ROUTES = {
    OURS: Route(
        lambda name, output: differentiable_gram(features_of(output), name=name), partial(cka_term, kind="match")
    ),
    PYTORCH_CKA: Route(_features, partial(_match, _of_pytorch_cka)),
    TORCH_CKA: Route(_features, partial(_match, _of_torch_cka)),
}


class Given:
    """A network and a batch of maps of each of two domains, with labels of the first."""

    def __init__(self, name: str, network: nn.Module, source: Tensor, target: Tensor) -> None:
        self.name, self.network, self.source, self.target = name, network.eval(), source, target
        self.choice = choose_layers(network, None)
        self.labels = torch.from_numpy(np.random.default_rng(1).uniform(size=(len(source), 6))).to(source.dtype)
        self.network.requires_grad_(True)
        self.optimiser = torch.optim.AdamW(network.parameters(), lr=1e-6)

    def passed(self, maps: Tensor, route: Route) -> tuple[Tensor, Kept]:
        """Return outputs, and what a route keeps of layers."""
        kept: Kept = {}

        def keep(layer: str, output: Tensor) -> None:
            kept[layer] = route.made_of(layer, output)

        with recording(self.network, choice=self.choice, n_maps=len(maps), consume=keep):
            return self.network(maps), kept

    def step(self, route: Route | None, *, with_target: bool = True) -> None:
        """Take a step of training; without a route the term is the target's mean output."""
        if route is None:
            loss = moment_loss(self.network(self.source), self.labels)
            loss = loss + self.network(self.target).mean() if with_target else loss
        else:
            outputs, source = self.passed(self.source, route)
            loss = moment_loss(outputs, self.labels) + route.term(source, self.passed(self.target, route)[1])
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), _LARGEST_GRADIENT)
        self.optimiser.step()

    def features(self) -> tuple[Kept, Kept]:
        """Return the features of both domains, as leaves."""
        with torch.no_grad():
            found = [self.passed(maps, Route(_features, partial(cka_term, kind="match")))[1] for maps in self.maps]
        return found[0], found[1]

    @property
    def maps(self) -> tuple[Tensor, Tensor]:
        """Those of both domains."""
        return self.source, self.target

    def gradient(self, route: Route) -> tuple[float, Tensor]:
        """Return a term, and its gradient by the weights."""
        source, target = (self.passed(maps, route)[1] for maps in self.maps)
        term = route.term(source, target)
        found = torch.autograd.grad(term, list(self.network.parameters()), allow_unused=True)
        return term.item(), torch.cat([one.flatten().double() for one in found if one is not None])


def _loss_alone(route: Route, features: tuple[Kept, Kept]) -> None:
    """Take the gradient of a term by given features."""
    leaves = [{name: one.detach().requires_grad_() for name, one in of_domain.items()} for of_domain in features]
    source, target = ({name: route.made_of(name, one) for name, one in of_domain.items()} for of_domain in leaves)
    torch.autograd.grad(route.term(source, target), [one for of_domain in leaves for one in of_domain.values()])


def compare(given: Given, *, rounds: int, steps: int) -> None:
    """Print what a step and the loss alone take, by each route, and how right its gradient is."""
    say(f"{given.name}: {len(given.source)} + {len(given.target)} maps, {len(given.choice.named)} layers")
    runs: dict[str, Callable[[], None]] = {name: partial(given.step, route) for name, route in ROUTES.items()}
    runs |= {WITHOUT: partial(given.step, None), CONTROL: partial(given.step, None, with_target=False)}
    taken = interleave({name: partial(_seconds, run, steps) for name, run in runs.items()}, rounds=rounds)
    _report("a step", taken, OURS, {WITHOUT: STEP_TARGET, CONTROL: None} | dict.fromkeys(LOSS_TARGETS))
    features = given.features()
    alone = {
        name: partial(_seconds, partial(_loss_alone, route, features), 2 * steps) for name, route in ROUTES.items()
    }
    _report("the loss alone", interleave(alone, rounds=rounds), OURS, LOSS_TARGETS)
    _say_errors(given)


def _report(what: str, taken: Mapping[str, list[float]], own: str, targets: Mapping[str, float | None]) -> None:
    for name, seconds in taken.items():
        say(f"  {what}, {name}: {_summary([1e3 * one for one in seconds], digits=1)} CPU milliseconds")
    for other, target in targets.items():
        ratios = [one / two for one, two in zip(taken[own], taken[other], strict=True)]
        say(f"  {what}, {own} / {other}: {_summary(ratios)}" + (f", target at most {target}" if target else ""))


def _say_errors(given: Given) -> None:
    """Print the relative error of each route's gradient by the weights."""
    exact = Given(given.name, copy.deepcopy(given.network).double(), given.source.double(), given.target.double())
    value, gradient = exact.gradient(Route(_features, partial(_match, _in_double)))
    for name, route in ROUTES.items():
        found, of_route = given.gradient(route)
        error = float((of_route - gradient).norm() / gradient.norm())
        say(f"  {name}: term {found:.6f}, in double {value:.6f}; relative error of the gradient {error:.1e}")


def _seconds(run: Callable[[], None], times: int) -> float:
    """Return the CPU seconds of one run, of so many."""

    def several() -> None:
        for _ in range(times):
            run()

    return cpu_time_of(several).total / times


def _summary(values: list[float], *, digits: int = 2) -> str:
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def of_run(folder: Path, model: str, domains: tuple[str, str]) -> Given:
    """Return a network of the default and the first map of each of some simulations of two domains."""
    network, description = read_model(folder / "resources/models" / f"{model}.pt")
    field, moments = description.field, description.moments[0]
    paths = [folder / f"results/maps/{suite}/Maps_{field}_{suite}_LHT_z=0.00.npy" for suite in domains]
    raw = [np.array(np.load(path, mmap_mode="r")[::_MAPS_A_SIMULATION][:_BATCH]) for path in paths]
    maps = [torch.from_numpy(standardise(one, field=field, moments=moments)[:, None]) for one in raw]
    return Given(f"{model}, {domains[0]} and {domains[1]}", network, maps[0], maps[1])


def invented(*, size: int = 64) -> Given:
    """Return an untrained network, and maps of random numbers."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    shape = (_BATCH, 1, size, size)
    source, target = (torch.from_numpy(rng.standard_normal(shape, dtype=np.float32)) for _ in range(2))
    return Given("invented maps", CMDNetwork(4, size=size), source, 1.3 * target)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--folder", type=Path, help="folder of a run of the default")
    source.add_argument("--invented", action="store_true", help="random maps and an untrained network")
    parser.add_argument("--rounds", type=int, default=9, help="number of rounds")
    parser.add_argument("--steps", type=int, default=3, help="steps of one measurement")
    given = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    cases = [invented()]
    if given.folder is not None:
        cases = [of_run(given.folder, model, domains) for model, *domains in CASES]
    for case in cases:
        compare(case, rounds=given.rounds, steps=given.steps)


if __name__ == "__main__":
    main()
