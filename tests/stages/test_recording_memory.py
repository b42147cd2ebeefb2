"""Short memory: the forward batch is halved and it is said, or what to lower is named; devices are described."""

import logging
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import repshift
from case_inputs import on_case
from repshift import InputError
from repshift.__main__ import main
from repshift.cli.arguments import device_of
from repshift.cli.exits import exit_status
from repshift.networks.cmd import CMDNetwork
from repshift.recording.devices import describe
from repshift.recording.memory import BatchSize
from repshift.recording.passes import run_network
from repshift.recording.representations import record_representations
from repshift.stages import predictions, symmetries
from repshift.stages.models import initialise as initialise_action
from repshift.stages.training import train
from repshift.training.loop import Examples
from repshift.vocabulary import Domain

CUDA = (
    "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 4.00 GiB of which 1.50 GiB is free. "
    "Including non-PyTorch memory, this process has 2.50 GiB memory in use."
)
SHORTAGE = "Tried to allocate 2.00 GiB, total capacity of 4.00 GiB of which 1.50 GiB is free"


@pytest.fixture
def maps(rng):
    return rng.normal(size=(12, 1, 16, 16)).astype(np.float32)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return CMDNetwork(2, size=16)


def limit(network, n_maps, *, raises=None):
    """Let a network run out of memory in its third convolution, after two layers, with more than `n_maps` maps."""

    class Limited(torch.nn.Conv2d):
        def forward(self, features):
            if len(features) > n_maps:
                raise raises or torch.OutOfMemoryError(CUDA)
            return super().forward(features)

    network.C03.__class__ = Limited
    return network


# Recording


def test_the_batch_is_halved_and_it_is_said_in_a_line(network, maps):
    said = []
    batch = BatchSize(12, say=said.append)
    record_representations(limit(network, 4), maps, batch_size=batch)
    assert batch.maps == 3
    assert said == [
        f"Out of memory with 12 maps a forward pass: starts again with 6 ({SHORTAGE}, after layer 'C02').",
        f"Out of memory with 6 maps a forward pass: starts again with 3 ({SHORTAGE}, after layer 'C02').",
    ]


def test_recording_equals_that_of_the_smaller_batch_in_bits(network, maps):
    expected = record_representations(network, maps, batch_size=3)
    found = record_representations(limit(network, 4), maps, batch_size=BatchSize(12, say=str))
    assert list(found) == list(expected)
    assert all(np.array_equal(found[name], expected[name]) for name in expected)


def test_cka_is_that_of_the_whole_batch_to_rounding(network, maps):
    """Single precision rounds at 6e-8; 5e-8 was seen on fifty maps of 64 pixels."""
    whole = repshift.cka_matrix(repshift.record_grams(network, maps), estimator="debiased")
    with pytest.warns(UserWarning, match="starts again with 6"):
        grams = repshift.record_grams(limit(network, 6), maps)
    assert repshift.cka_matrix(grams, estimator="debiased") == pytest.approx(whole, abs=1e-5)


def test_answers_are_those_of_the_smaller_batch_bit_by_bit(network, maps):
    expected = run_network(network, maps, batch_size=3)
    assert torch.equal(run_network(limit(network, 4), maps, batch_size=BatchSize(12, say=str)), expected)


def test_dropout_draws_what_a_run_with_the_smaller_batch_draws(maps):
    network = CMDNetwork(2, dropout=0.5, size=16)
    expected = run_network(network, maps, batch_size=3, dropout_seed=1)
    found = run_network(limit(network, 4), maps, batch_size=BatchSize(12, say=str), dropout_seed=1)
    assert torch.equal(found, expected)


def test_the_next_run_starts_with_what_was_found(network, maps):
    said = []
    batch = BatchSize(12, say=said.append)
    for _ in range(3):
        run_network(limit(network, 6), maps, batch_size=batch)
    assert len(said) == 1


class Hungry(nn.Module):
    """Asks torch's own allocator for more than any machine has, with more than two maps."""

    def __init__(self):
        super().__init__()
        self.layer = nn.ReLU()

    def forward(self, maps):
        torch.empty(2**50 if len(maps) > 2 else 1)
        return self.layer(maps)


def test_a_shortage_of_the_cpu_s_memory_is_seen(maps):
    said = []
    run_network(Hungry(), maps, batch_size=BatchSize(4, say=said.append))
    assert said == [
        "Out of memory with 4 maps a forward pass: starts again with 2 (tried to allocate 4503599627370496 bytes)."
    ]


def test_one_map_too_large_is_refused_with_layer_and_memory(network, maps):
    sentence = rf"^One map at a time is too much for the memory of cpu \([\d.]+ GiB\): {SHORTAGE}, after layer 'C02'\.$"
    with pytest.raises(InputError, match=sentence):
        record_representations(limit(network, 0), maps, batch_size=BatchSize(12, say=str))


def test_another_error_is_raised_as_it_is(network, maps):
    with pytest.raises(RuntimeError, match="shapes") as raised:
        run_network(limit(network, 4, raises=RuntimeError("shapes")), maps, batch_size=BatchSize(12))
    assert not isinstance(raised.value, InputError)


def test_a_number_is_never_halved(network, maps):
    with pytest.raises(torch.OutOfMemoryError):
        run_network(limit(network, 4), maps, batch_size=12)


def test_minibatches_are_refused_rather_than_halved(network, maps):
    with pytest.raises(InputError, match=r"Out of memory on cpu .* Give a smaller batch_size, which the result"):
        repshift.record_minibatch_grams(limit(network, 5), maps, batch_size=6)


def test_the_tensors_of_a_failed_try_are_freed_before_the_next(network, maps, monkeypatch):
    emptied, alive = [], []

    def hook(_module, _given, output):
        alive.append(weakref.ref(output))

    network.C01.register_forward_hook(hook)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: emptied.append([one() is None for one in alive]))
    run_network(limit(network, 6), maps, batch_size=BatchSize(12, say=str))
    assert emptied == [[True]]


def test_the_fast_path_is_left_out_where_its_check_does_not_fit(network, maps):
    found = repshift.accelerate(limit(network, 1), maps[:2])
    assert found.network is network
    assert found.note == "The plain path is used: memory is short for the 2 maps that check the other."


# Devices


def test_a_gpu_is_described_by_its_name_and_memory(monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (3 * 2**29, 4 * 2**30))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "Quadro")
    assert describe(torch.device("cuda")) == "cuda (Quadro, 4.0 GiB, 1.5 GiB free)"


@pytest.mark.parametrize(
    ("device", "gpus", "expected"),
    [("auto", None, "auto"), ("auto", 1, "auto"), ("auto", 0, "cpu"), ("cuda", 1, "cuda"), ("cpu", 0, "cpu")],
)
def test_a_job_that_was_granted_no_gpu_takes_none(device, gpus, expected):
    assert device_of({"device": device, "gpus": gpus}) == expected


# Stages

HOME = Domain("home", "MockTNG", "LHT", "all")


@pytest.fixture
def files(write_simulations):
    return write_simulations("MockTNG")


def paths_of(files):
    return {"maps": files.maps, "parameters": files.parameters, "measured": files.measured}


def initialise(files, folder, batch_size=32):
    how = {"field": "T", "hidden": 1, "dropout": 0.0, "seed": 1, "split": "all", "threads": 1}
    initialise_action.run(**paths_of(files), suite="MockTNG", **how, batch_size=batch_size, output=folder / "model.pt")
    return folder / "model.pt"


@pytest.fixture
def weights(files, tmp_path):
    return initialise(files, tmp_path)


@pytest.fixture
def short(monkeypatch):
    """Let every network of CMD's family run out of memory with more than so many maps."""

    def set_limit(n_maps):
        forward = CMDNetwork.forward

        def limited(self, maps):
            if len(maps) > n_maps:
                raise torch.OutOfMemoryError(CUDA)
            return forward(self, maps)

        monkeypatch.setattr(CMDNetwork, "forward", limited)

    return set_limit


def predict(files, weights, output, *, batch_size):
    how = {"device": "cpu", "threads": 1, "batch_size": batch_size, "output": output}
    on_case(predictions.run)(model="T", weights=weights, domain=HOME, **paths_of(files), **how)
    return output.read_bytes()


def scatter(files, weights, output, *, batch_size):
    how = {"device": "cpu", "threads": 1, "batch_size": batch_size, "output": output}
    how |= {"n_maps": 10, "seed": 1, "shifts": 0, "shifts_seed": 1}
    on_case(symmetries.run)(model="T", weights=weights, domain=HOME, **paths_of(files), **how)
    return output.read_bytes()


@pytest.mark.parametrize("stage", [predict, scatter])
def test_a_stage_writes_what_the_smaller_batch_gives(files, weights, tmp_path, short, caplog, stage):
    expected = stage(files, weights, tmp_path / "expected.nc", batch_size=4)
    short(4)
    assert stage(files, weights, tmp_path / "found.nc", batch_size=8) == expected
    lines = [line.getMessage() for line in caplog.records if line.levelno == logging.WARNING]
    assert lines == [f"Out of memory with 8 maps a forward pass: starts again with 4 ({SHORTAGE})."]


def test_a_stage_says_which_model_does_not_fit(files, weights, tmp_path, short):
    short(0)
    with pytest.raises(InputError, match=r"^Model 'T' on domain 'home': One map at a time is too much for the memory"):
        predict(files, weights, tmp_path / "no.nc", batch_size=50)
    assert not (tmp_path / "no.nc").exists()


def learn(files, folder):
    how = {"hidden": 1, "dropout": 0.0, "seed": 1, "epochs": 1, "batch_size": 32, "learning_rate": 1e-3}
    how |= {"weight_decay": 0.0, "patience": 1, "device": "cpu", "threads": 1, "configuration": "{}", "code": ""}
    outputs = {"checkpoint": folder / "c.pt", "output": folder / "o.pt", "output_curve": folder / "o.csv"}
    train.run(**paths_of(files), suite="MockTNG", field="T", **how, **outputs)


def test_training_is_refused_rather_than_made_another(write_simulations, tmp_path, short):
    files = write_simulations(n_simulations=40)
    short(31)
    with pytest.raises(InputError, match=r"^Out of memory on cpu .*\. Lower training.batch_size, found 32: it is part"):
        learn(files, tmp_path)
    assert not (tmp_path / "o.pt").exists()


def test_maps_that_do_not_fit_are_no_fault_of_the_batch(write_simulations, tmp_path, monkeypatch):
    def full(_self, _device):
        raise torch.OutOfMemoryError(CUDA)

    files = write_simulations(n_simulations=40)
    monkeypatch.setattr(Examples, "to", full)
    with pytest.raises(InputError, match=r"All maps of the two splits must fit. Train on another device.$"):
        learn(files, tmp_path)


def test_batch_statistics_are_refused_rather_than_made_others(files, tmp_path, short):
    short(31)
    with pytest.raises(InputError, match=r"Lower predictions.batch_size, found 32: the batch statistics"):
        initialise(files, tmp_path)


def command(files, weights, output, *words):
    """Return the command that predicts."""
    named = [f"--{name}={path}" for name, path in paths_of(files).items()]
    domain = ["--domain=home", "--suite=MockTNG", "--set=LHT", "--split=all", "--standardisation=training"]
    how = ["--batch-size=50", "--threads=1", f"--output={output}"]
    return ["predictions", "--model=T", f"--weights={weights}", *named, *domain, *how, *words]


def test_the_log_says_the_device_and_why(files, weights, tmp_path, caplog, monkeypatch):
    """A machine with a GPU that the job was not granted."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with caplog.at_level(logging.INFO):
        assert main(command(files, weights, tmp_path / "p.nc", "--device=auto", "--gpus=0")) == 0
    assert "granted 0 GPUs: torch computes on the CPU" in caplog.text
    assert "T shown home: 180 maps on cpu (" in caplog.text


def test_cuda_that_was_not_granted_is_exit_2(files, weights, tmp_path, capfd):
    assert main(command(files, weights, tmp_path / "p.nc", "--device=cuda", "--gpus=0")) == 2
    assert "the job was granted 0 GPUs. Grant it one, or choose 'auto'." in capfd.readouterr().err
    assert not Path(tmp_path / "p.nc").exists()


def test_memory_that_is_short_elsewhere_is_one_sentence(capsys):
    def run():
        np.empty(1 << 50, dtype=np.float64)

    assert exit_status(run) == 2
    assert "repshift: error: Memory is short: Unable to allocate" in capsys.readouterr().err
