"""The published libraries, each as its documentation shows and in the setting that serves it best.

pytorch-cka 1.1.3
    With one object for both networks it makes one pass; with two objects, two. Of M networks its interface compares
    pairs; one module that holds them all is a way round it, at M times the memory.
torch-cka 0.21
    Always two passes, with gradients unless the caller turns them off, as here; one object, so that one set of
    activations is held, not two. Its hooks are never removed: it is given a copy.
cka-pytorch 1.1.3
    One epoch in the place of its ten, which repeat the same maps in the same batches; `epsilon` 0, for its 1e-4 is an
    error; two objects, for with one object each of its two passes multiplies every layer twice.
repsim 0.1.5
    Takes representations, in double precision, all maps at once: collected by hooks first. Estimator ``gretton`` is
    biased HSIC. (``song``, named after the debiased one, is another: 0.4646 on golden data whose debiased CKA is
    0.5135.)
"""

import copy
import itertools
import warnings
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import repsim
import torch
import torch_cka
from cka import compute_cka
from torch import Tensor, nn

from benchmarks import labels
from benchmarks.routes import Matrix, Route, Run
from benchmarks.workload import TappedNetwork, Workload


class Batches:
    """Batches of maps, views without a copy, in the form of a data loader: (maps, labels)."""

    def __init__(self, maps: Tensor, batch_size: int) -> None:
        self.dataset = "maps"
        self.batches = maps.split(batch_size)

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[tuple[Tensor, int]]:
        return ((batch, 0) for batch in self.batches)


class SideBySide(nn.Module):
    """Networks as one module, which runs each on the same maps."""

    def __init__(self, networks: tuple[TappedNetwork, ...]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, maps: Tensor) -> list[Tensor]:
        """Return the outputs of all networks."""
        return [network(maps) for network in self.networks]


def prepare_pytorch_cka(workload: Workload) -> Run:
    """Return the one-pass use: the same object on both sides."""
    network = workload.tapped[0]
    return lambda: _pytorch_cka(network, network, workload)


def prepare_pytorch_cka_two(workload: Workload) -> Run:
    """Return the two-network use: two objects."""
    network = workload.tapped[0]
    other = copy.deepcopy(network)
    return lambda: _pytorch_cka(network, other, workload)


def prepare_pytorch_cka_pairs(workload: Workload) -> Run:
    """Return every pair of networks: each with itself in one pass, each two in two passes."""

    def run() -> Matrix:
        pairs = itertools.combinations_with_replacement(range(len(workload.tapped)), 2)
        blocks = {(i, j): _pytorch_cka(workload.tapped[i], workload.tapped[j], workload) for i, j in pairs}
        everyone = range(len(workload.tapped))
        return np.block([[blocks[i, j] if i <= j else blocks[j, i].T for j in everyone] for i in everyone])

    return run


def prepare_pytorch_cka_wrapped(workload: Workload) -> Run:
    """Return every pair of networks by one module that holds them all."""
    side_by_side = SideBySide(workload.tapped)
    layers = [f"networks.{i}.{layer}" for i, network in enumerate(workload.tapped) for layer in _taps(network)]
    return lambda: _pytorch_cka(side_by_side, side_by_side, workload, layers)


def _pytorch_cka(network: nn.Module, other: nn.Module, workload: Workload, layers: list[str] | None = None) -> Matrix:
    layers = layers or _taps(workload.tapped[0])
    loader = Batches(workload.maps, workload.batch_size)
    (matrix,) = compute_cka(network, other, loader, layers=layers, device="cpu", progress=False)
    return _matrix(matrix)


def prepare_torch_cka(workload: Workload) -> Run:
    """Return torch-cka without gradients."""
    network = copy.deepcopy(workload.tapped[0])
    loader = Batches(workload.maps, workload.batch_size)

    def run() -> Matrix:
        _remove_hooks(network)
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            library = torch_cka.CKA(network, network, model1_layers=_taps(network), model2_layers=_taps(network))
            library.compare(loader)
        return _matrix(library.export()["CKA"])

    return run


def prepare_cka_pytorch(workload: Workload) -> Run:
    """Return cka-pytorch, one epoch."""
    from cka_pytorch import cka as cka_pytorch  # four seconds of every worker, were it above

    network, other = (copy.deepcopy(workload.tapped[0]) for _ in range(2))
    loader = Batches(workload.maps, workload.batch_size)

    def run() -> Matrix:
        calculator = cka_pytorch.CKACalculator(network, other, model1_layers=_taps(network), verbose=False)
        matrix = calculator.calculate_cka_matrix(loader, num_epochs=1, epsilon=0.0)
        calculator.reset()
        return _matrix(matrix)

    return run


def prepare_repsim(workload: Workload) -> Run:
    """Return repsim on representations collected by hooks."""
    network = copy.deepcopy(workload.tapped[0])
    collected: dict[str, list[npt.NDArray[np.float32]]] = {}
    for name in network.names:
        network.taps[name].register_forward_hook(
            lambda _module, _arguments, output, name=name: collected.setdefault(name, []).append(output.flatten(1))
        )

    def run() -> Matrix:
        collected.clear()
        with torch.inference_mode():
            for batch in workload.maps.split(workload.batch_size):
                network(batch)
        representations = [np.concatenate(collected.pop(name)) for name in network.names]
        return repsim.cka(representations, kernel_type="linear", estimator="gretton")

    return run


def _taps(network: TappedNetwork) -> list[str]:
    return [f"taps.{name}" for name in network.names]


def _remove_hooks(network: nn.Module) -> None:
    for module in network.modules():
        module._forward_hooks.clear()


def _matrix(matrix: Tensor) -> Matrix:
    return matrix.double().numpy()


PYTORCH_CKA = Route(labels.PYTORCH_CKA, prepare_pytorch_cka)
PYTORCH_CKA_TWO = Route(labels.PYTORCH_CKA_TWO, prepare_pytorch_cka_two)
PYTORCH_CKA_PAIRS = Route(labels.PYTORCH_CKA_PAIRS, prepare_pytorch_cka_pairs)
PYTORCH_CKA_WRAPPED = Route(labels.PYTORCH_CKA_WRAPPED, prepare_pytorch_cka_wrapped)
TORCH_CKA = Route(labels.TORCH_CKA, prepare_torch_cka)
CKA_PYTORCH = Route(labels.CKA_PYTORCH, prepare_cka_pytorch)
REPSIM = Route(labels.REPSIM, prepare_repsim, "biased")
