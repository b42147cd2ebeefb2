"""The loss, the symmetries, and a loop that goes on where it stopped."""

import numpy as np
import pytest
import torch
from torch import nn

from repshift import InputError
from repshift.networks.cmd import CMDNetwork
from repshift.networks.symmetries import SYMMETRIES, transform
from repshift.recording.devices import reproducible
from repshift.training.augmentation import augment
from repshift.training.initialisation import set_batch_statistics
from repshift.training.loop import Examples, Settings, train
from repshift.training.loss import moment_loss

SETTINGS = Settings(epochs=4, batch_size=8, learning_rate=3e-3, weight_decay=1e-2, patience=4, seed=5)


def test_loss_is_the_published_one(rng):
    mean, std, truth = rng.uniform(size=(3, 20, 6))
    squared = (truth - mean) ** 2
    expected = np.mean(np.log(squared.mean(0)) + np.log(((squared - std**2) ** 2).mean(0)))
    answer = torch.from_numpy(np.concatenate((mean, std), axis=1))
    assert float(moment_loss(answer, torch.from_numpy(truth))) == pytest.approx(expected)


def test_loss_is_least_at_the_true_moments(rng):
    truth = torch.from_numpy(rng.normal(0.5, 0.1, size=(20000, 1)))

    def loss(mean, std):
        return float(moment_loss(torch.tensor([[mean, std]]).expand(len(truth), 2), truth))

    assert loss(0.5, 0.1) < min(loss(0.52, 0.1), loss(0.48, 0.1), loss(0.5, 0.115), loss(0.5, 0.085))


def test_the_symmetries_are_the_eight_of_a_square(rng):
    maps = torch.from_numpy(rng.normal(size=(1, 1, 4, 4)))
    images = {tuple(transform(maps, symmetry).ravel().tolist()) for symmetry in range(SYMMETRIES)}
    assert len(images) == 8
    assert torch.equal(transform(maps, 0), maps)


def test_every_map_gets_a_symmetry_of_its_own(rng):
    maps = torch.from_numpy(rng.normal(size=(40, 1, 4, 4)))
    turned = augment(maps, np.random.default_rng(0))
    drawn = [
        next(s for s in range(SYMMETRIES) if torch.equal(transform(one, s), other))
        for one, other in zip(maps, turned, strict=True)
    ]
    assert set(drawn) == set(range(SYMMETRIES))


@pytest.fixture
def examples(rng):
    """Maps whose mean is the first parameter."""

    def draw(n_maps):
        truth = rng.uniform(size=(n_maps, 6)).astype(np.float32)
        maps = rng.normal(size=(n_maps, 1, 16, 16)).astype(np.float32) + truth[:, :1, None, None]
        return Examples(torch.from_numpy(maps), torch.from_numpy(truth))

    return draw(48), draw(16)


def run(examples, settings=SETTINGS, **arguments):
    torch.manual_seed(0)
    network = CMDNetwork(1, dropout=0.1, size=16)
    with reproducible(threads=1):
        return train(network, *examples, settings=settings, **arguments), network


def test_a_resumed_training_repeats_an_unbroken_one(examples, tmp_path):
    path = tmp_path / "state.pt"

    def stop(state):
        torch.save(state, path)
        if len(state["curve"]) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(examples, after_epoch=stop)
    resumed, _ = run(examples, state=torch.load(path, weights_only=True))
    unbroken, _ = run(examples)
    assert resumed["curve"] == unbroken["curve"]
    assert all(torch.equal(resumed["best"][name], unbroken["best"][name]) for name in unbroken["best"])


def test_training_learns(examples):
    state, _ = run(examples, Settings(15, 8, 3e-3, 1e-2, 15, 5))
    losses = [row["validation_loss"] for row in state["curve"]]
    assert min(losses) < losses[0] - 0.3


def test_training_stops_once_the_loss_no_longer_falls(examples):
    state, _ = run(examples, Settings(60, 8, 3e-2, 0, 3, 5))
    losses = [row["validation_loss"] for row in state["curve"]]
    assert len(losses) < 60
    assert len(losses) - 1 - losses.index(min(losses)) == 3


def test_a_loss_that_is_no_number_stops_training(examples):
    examples[1].maps[3, 0, 2, 2] = torch.nan
    with pytest.raises(InputError, match=r"losses of epoch 1 are .* nan \(validation\)"):
        run(examples)


def test_the_best_epoch_is_kept(examples):
    state, network = run(examples)
    assert all(torch.equal(tensor, state["best"][name]) for name, tensor in network.state_dict().items())


def test_batch_statistics_are_those_of_the_maps(rng):
    torch.manual_seed(0)
    network = CMDNetwork(1, size=16)
    maps = torch.from_numpy(rng.normal(size=(24, 1, 16, 16)).astype(np.float32))
    set_batch_statistics(network, maps, batch_size=24)
    outputs = []
    network.B02.register_forward_hook(lambda module, arguments, output: outputs.append(output))
    with torch.inference_mode():
        network(maps)
    # the running variance divides by n - 1, the batch norm by n
    assert outputs[0].mean().item() == pytest.approx(0, abs=1e-5)
    assert outputs[0].std().item() == pytest.approx(1, abs=1e-2)
    assert all(norm.momentum == 0.1 for norm in network.modules() if isinstance(norm, nn.BatchNorm2d))
