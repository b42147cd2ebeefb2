"""Layers are calls; Gram matrices come straight from the forward pass."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import repshift
from repshift import InputError
from repshift.networks.cmd import CMDNetwork
from repshift.recording.devices import choose_device, reproducible
from repshift.recording.passes import run_network
from repshift.recording.representations import record_representations
from repshift.similarity.gram import centre


@pytest.fixture
def network():
    torch.manual_seed(0)
    return CMDNetwork(2, dropout=0.3, size=16)


@pytest.fixture
def maps(rng):
    return rng.normal(size=(12, 1, 16, 16)).astype(np.float32)


class Plain(nn.Module):
    """No convention of its own: one in-place ReLU called twice, one tanh never called."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 6), nn.Linear(6, 3)
        self.relu, self.tanh = nn.ReLU(inplace=True), nn.Tanh()

    def forward(self, maps):
        """Double in place what the first call returned, so that a late reader would see another value."""
        features = self.relu(self.first(maps))
        answer = self.relu(self.second(features))
        features.mul_(2)
        return answer


def manual_representations(network, maps):
    """Run the network by hand and keep what each LeakyReLU call returns."""
    kept, call = [], network.LeakyReLU.forward
    network.LeakyReLU.forward = lambda features: kept.append(call(features)) or kept[-1]
    with torch.inference_mode():
        network.eval()(torch.from_numpy(maps))
    network.LeakyReLU.forward = call
    return [output.flatten(1).double().numpy() for output in kept]


def test_grams_equal_a_float64_double_loop(network, maps):
    grams = repshift.record_grams(network, maps).to_numpy()
    for gram, representation in zip(grams, manual_representations(network, maps), strict=True):
        exact = centre(np.array([[a @ b for b in representation] for a in representation]))
        assert np.abs(centre(gram) - exact).max() <= 1e-6 * np.abs(exact).max()


def test_one_module_called_eight_times_is_eight_layers(network, maps):
    grams = repshift.record_grams(network, maps)
    assert grams.dims == ("layer", "map", "map_other")
    assert list(grams["layer"].values) == ["C01", "C02", "C03", "C11", "C12", "C13", "C21", "FC1"]


def test_the_forward_batch_does_not_change_grams(network, maps):
    whole, pieces = (repshift.record_grams(network, maps, batch_size=size) for size in (None, 5))
    assert pieces.to_numpy() == pytest.approx(whole.to_numpy(), rel=1e-5, abs=1e-5)


def test_minibatch_grams_are_those_of_each_batch(network, maps):
    batches = repshift.record_minibatch_grams(network, maps, batch_size=4)
    assert batches.dims == ("batch", "layer", "map", "map_other")
    alone = repshift.record_grams(network, maps[4:8])
    assert batches[1].to_numpy() == pytest.approx(alone.to_numpy(), rel=1e-4, abs=1e-4)


def test_recorded_grams_feed_the_measures_as_they_are(network, maps):
    grams = repshift.record_grams(network, maps)
    matrix = repshift.cka_matrix(grams, estimator="debiased")
    assert matrix[0, 1] == pytest.approx(repshift.cka(grams[0], grams[1], estimator="debiased"))
    assert repshift.hsic(grams[0], grams[1], estimator="biased") > 0


def test_recorded_batches_feed_minibatch_cka_as_they_are(network, maps):
    matrix = repshift.minibatch_cka_matrix(repshift.record_minibatch_grams(network, maps, batch_size=6))
    assert np.diagonal(matrix) == pytest.approx(np.ones(8))


def test_without_a_convention_every_nonlinear_call_is_a_layer(rng):
    network, vectors = Plain(), rng.normal(size=(5, 4)).astype(np.float32)
    grams = repshift.record_grams(network, vectors)
    assert list(grams["layer"].values) == ["relu:0", "relu:1"]
    with torch.inference_mode():
        first = network.first(torch.from_numpy(vectors)).relu()
    assert grams[0].to_numpy() == pytest.approx(repshift.linear_gram(first), rel=1e-5, abs=1e-6)


def test_layers_can_be_named(network, maps):
    assert list(repshift.record_grams(network, maps, layers=["C11", "FC2"])["layer"].values) == ["C11", "FC2"]


def test_modes_and_hooks_are_restored(network, maps):
    network.train()
    network.dropout.eval()
    repshift.record_grams(network, maps)
    assert network.training
    assert not network.dropout.training
    assert not network.LeakyReLU._forward_hooks


def test_a_second_pass_in_evaluation_mode_is_identical(network, maps):
    first, second = (repshift.record_grams(network, maps) for _ in range(2))
    assert first.identical(second)


def test_dropout_kept_on_reaches_only_the_last_layer(network, maps):
    passes = []
    for seed in (1, 2):
        outputs = {}
        run_network(network, maps, batch_size=12, consume=outputs.__setitem__, dropout_seed=seed)
        passes.append(outputs)
    differing = [name for name in passes[0] if not torch.equal(passes[0][name], passes[1][name])]
    assert differing == ["FC1"]


def test_seeded_dropout_leaves_the_generator_alone(network, maps):
    before = torch.get_rng_state()
    run_network(network, maps, batch_size=12, dropout_seed=1)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("name", ["C99", "nothing:0"])
def test_an_unknown_layer_is_refused(network, maps, name):
    with pytest.raises(InputError, match=f"no layer \\['{name}'\\]"):
        repshift.record_grams(network, maps, layers=[name])


def test_a_call_never_made_is_refused(network, maps):
    with pytest.raises(InputError, match=r"never made the call of layer \['LeakyReLU:30'\]"):
        repshift.record_grams(network, maps, layers=["LeakyReLU:30"])


def test_a_network_without_nonlinear_modules_is_refused(rng):
    with pytest.raises(InputError, match="called no non-linear activation module"):
        repshift.record_grams(nn.Linear(4, 2), rng.normal(size=(5, 4)).astype(np.float32))


@pytest.mark.parametrize("batch_size", [3, 5])
def test_bad_minibatches_are_refused(network, maps, batch_size):
    with pytest.raises(InputError, match=f"12 maps in batches of {batch_size}"):
        repshift.record_minibatch_grams(network, maps, batch_size=batch_size)


def test_no_maps_are_refused(network, maps):
    with pytest.raises(InputError, match="0 maps in batches of 4"):
        run_network(network, maps[:0], batch_size=4)


@pytest.fixture
def _no_cuda(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.mark.usefixtures("_no_cuda")
def test_cuda_without_a_device_is_refused():
    with pytest.raises(InputError, match="torch finds no CUDA device"):
        choose_device("cuda")


@pytest.mark.usefixtures("_no_cuda")
def test_auto_without_a_device_is_the_cpu():
    assert choose_device("auto").type == "cpu"


def test_an_unknown_device_is_refused():
    with pytest.raises(InputError, match="Unknown device 'gpu'"):
        choose_device("gpu")


def test_torch_s_settings_are_restored():
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with reproducible(threads=1):
        assert torch.are_deterministic_algorithms_enabled()
        assert not torch.backends.cudnn.allow_tf32
        assert torch.get_float32_matmul_precision() == "highest"
    assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == before


def test_a_recording_imports_no_compiler():
    code = (
        "import sys, numpy, torch, repshift\n"
        "from repshift.recording.devices import reproducible\n"
        "network = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.ReLU())\n"
        "maps = numpy.eye(4, 16, dtype='f4').reshape(4, 1, 4, 4)\n"
        "with reproducible(threads=1):\n"
        "    fast = repshift.accelerate(network, maps)\n"
        "    repshift.record_grams(fast.network, maps, layers=fast.layers)\n"
        "sys.exit(', '.join({'sympy', 'torch._dynamo', 'torch._inductor'} & set(sys.modules)) or not fast.fused)"
    )
    source = Path(repshift.__file__).parents[1]
    run = subprocess.run([sys.executable, "-c", code], cwd=source, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


class Returning(nn.Module):
    """Hand back numbers that are set beforehand, and overwrite them afterwards."""

    def __init__(self, numbers):
        super().__init__()
        self.numbers, self.layer = numbers, nn.Identity()

    def forward(self, maps):
        returned = self.layer(self.numbers[: len(maps)].clone(memory_format=torch.preserve_format))
        answer = returned.clone()
        returned.zero_()
        return answer


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.float64])
def test_units_are_copied_in_the_order_of_the_axes(dtype):
    numbers = torch.arange(96.0).reshape(4, 3, 2, 4).to(dtype).to(memory_format=torch.channels_last)
    found = record_representations(Returning(numbers), np.ones((4, 1)), batch_size=2, layers=["layer"])["layer"]
    assert found.tolist() == 2 * np.arange(48.0).reshape(2, 24).tolist()
    assert found.dtype == (np.float64 if dtype == torch.float64 else np.float32)


def test_a_layer_that_changes_its_width_is_refused():
    class Growing(nn.Sequential):
        def forward(self, maps):
            return super().forward(maps.repeat(1, len(maps)))

    with pytest.raises(InputError, match="'0' has 3 units in one batch and 1 in another"):
        record_representations(Growing(nn.ReLU()), np.ones((4, 1)), batch_size=3, layers=["0"])


@pytest.mark.parametrize("first", [torch.channels_last, torch.contiguous_format])
def test_units_in_the_order_of_memory_stay_in_their_column(first, rng):
    """Whatever the order of a later batch, a unit stays in its column."""
    maps = rng.normal(size=(6, 3, 4, 5)).astype(np.float32)
    orders = iter([first, first, torch.channels_last, torch.contiguous_format])  # a trial run, then three batches
    network = nn.Sequential(nn.ReLU(), nn.Flatten())
    network[0].forward = lambda features: features.clamp(min=0).contiguous(memory_format=next(orders))
    found = record_representations(network, maps, batch_size=2, layers=["0"], order="memory")["0"]
    expected = np.maximum(maps, 0)
    expected = expected.transpose(0, 2, 3, 1) if first is torch.channels_last else expected
    assert (found == expected.reshape(6, -1)).all()
