"""The stage symmetries: what turns, flips and shifts of a map change."""

import numpy as np
import pytest

from repshift import InputError
from repshift.networks.cmd import CMDNetwork
from repshift.networks.symmetries import draw_shifts, symmetric_copies, transform
from repshift.stages import shift_scores as shift_scores
from repshift.storage.datasets import open_dataset
from trials import AWAY, HOME, World


@pytest.fixture(scope="module")
def world(write_simulations_once, tmp_path_factory):
    return World(write_simulations_once, tmp_path_factory.mktemp("world"))


def test_the_copies_are_all_the_symmetries_of_a_map(rng):
    import torch

    maps = torch.from_numpy(rng.normal(size=(2, 1, 8, 8)))
    copies = list(symmetric_copies(maps, shifts=draw_shifts(2, size=(8, 8), seed=1)))
    assert len(copies) == 24
    assert torch.equal(copies[0], maps)
    assert len({copy.numpy().tobytes() for copy in copies}) == 24
    assert all(np.sort(copy.numpy().ravel()) == pytest.approx(np.sort(maps.numpy().ravel())) for copy in copies)


def test_shifts_follow_the_seed_and_none_is_zero_or_twice():
    drawn = draw_shifts(63, size=(8, 8), seed=1)
    assert len({tuple(shift) for shift in drawn}) == 63
    assert drawn.any(axis=1).all()
    assert (draw_shifts(3, size=(8, 8), seed=1) == drawn[:3]).all()
    with pytest.raises(InputError, match="64 shifts of maps of 8 pixels a side; expected 0 to 63"):
        draw_shifts(64, size=(8, 8), seed=1)


def test_the_scatter_is_that_of_the_answers(world):
    import torch

    from repshift.storage.models import read_model
    from repshift.storage.simulations import open_simulations

    with open_dataset(world.scatter(HOME)) as found:
        assert found["scatter"].dims == ("map", "parameter")
        position, scatter, attributes = int(found["position"][0]), found["scatter"][0].to_numpy(), dict(found.attrs)
    network, description = read_model(world.folder / "model_1.pt")
    files = world.files["home"]
    simulations = open_simulations(files.maps, files.parameters, files.measured)
    one = torch.from_numpy(simulations.standardised(np.array([position]), description.moments))
    across, along = (int(number) for number in attributes["shifts"].split(","))
    both = (one, one.roll((across, along), dims=(-2, -1)))
    with torch.inference_mode():
        answers = [network.eval()(transform(maps, symmetry))[0, :6] for maps in both for symmetry in range(8)]
    ranges = np.array([0.4, 0.4, 3.75, 3.75, 1.5, 1.5])
    assert scatter == pytest.approx(torch.stack(answers).numpy().std(axis=0) * ranges, rel=1e-3)
    assert attributes["symmetries"] == 16


def test_a_network_that_has_the_symmetries_does_not_scatter(world, monkeypatch):
    monkeypatch.setattr(CMDNetwork, "forward", lambda _self, maps: maps.mean((1, 2, 3))[:, None].repeat(1, 12) ** 2)
    with open_dataset(world.scatter(AWAY)) as found:
        assert found["scatter"].to_numpy() == pytest.approx(0, abs=1e-5)
        assert (found["sigma"] > 0).all()


def test_the_same_run_gives_the_same_bytes(world):
    first = world.scatter(HOME).read_bytes()
    assert world.scatter(HOME).read_bytes() == first
