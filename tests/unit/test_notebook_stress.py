"""A stress in one call: what comes out, what is left alone, what is refused, what is drawn."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import repshift
from repshift import InputError
from repshift.networks.cmd import CMDNetwork
from repshift.statistics.scores import scores

LITTLE = {"n_resamples": 100, "n_halves": 3}
NOISE = {"noise": [0, 0.1, 1]}


@pytest.fixture
def network():
    torch.manual_seed(0)
    return CMDNetwork(2, dropout=0.3, size=16)


@pytest.fixture
def maps(rng):
    return rng.normal(size=(24, 16, 16)).astype(np.float32)


@pytest.fixture
def labels(rng):
    return pd.DataFrame(rng.normal(size=(24, 6)), columns=list("abcdef"))


def stress(network, maps, labels, axes=NOISE, **changes):
    return repshift.stress(network, maps, labels, axes=axes, **LITTLE | changes)


def bright(maps, strength, rng):
    return maps + strength


def test_all_numbers_of_a_stress_are_named(network, maps, labels):
    found = stress(network, maps, labels, NOISE | {"beam": [0, 2]})
    assert found["axis"].values.tolist() == ["noise"] * 3 + ["beam"] * 2
    assert found["strength"].values.tolist() == [0, 0.1, 1, 0, 2]
    assert found["r2"].dims == ("level", "output")
    assert found["critical"].dims == ("branch", "output")
    assert found["drift_cka"].dims == ("level", "layer")
    assert found["score_value"].dims == ("level", "score", "division")
    assert found["output"].values.tolist() == list("abcdef")
    assert all({"units", "long_name"} <= set(found[name].attrs) for name in found.data_vars)
    assert json.loads(found.attrs["axes"])["noise"]["units"] == "unit of the maps"


def test_strength_0_is_the_network_s_own_answer(network, maps, labels):
    found = stress(network, maps, labels)
    network.eval()
    with torch.no_grad():
        answers = network(torch.from_numpy(maps)[:, None]).double().numpy()
    assert found["mean"][0].values == pytest.approx(answers[:, :6], abs=1e-5)
    assert found["std"][0].values == pytest.approx(answers[:, 6:], abs=1e-5)
    expected = scores(labels["a"].to_numpy(), answers[:, 0], answers[:, 6]).r2
    assert float(found["r2"][0, 0]) == pytest.approx(expected, abs=1e-4)


def test_an_axis_that_does_nothing_has_no_width(network, maps, labels):
    axes = {"mine": {"function": lambda maps, strength, rng: maps, "strengths": [0, 1, 2]}}
    found = stress(network, maps, labels, axes)
    for name in ("r2_change", "bias"):
        for end in ("", "_low", "_high"):
            assert (found[name + end] == 0).all()
    assert np.isinf(found["critical"].dropna("output")).all()


def test_a_function_gets_strengths_and_words(network, maps, labels):
    axes = {"mine": {"function": bright, "strengths": [-1, 0, 1], "label": "brightness", "moves_labels": True}}
    found = stress(network, maps, labels, axes)
    said = json.loads(found.attrs["axes"])["mine"]
    assert (said["label"], said["moves_labels"], said["kind"]) == ("brightness", True, "function")
    assert found["branch_direction"].values.tolist() == ["up", "down"]
    network.eval()
    with torch.no_grad():
        expected = network(torch.from_numpy(maps + np.float32(1))[:, None])[:, 0].numpy()
    assert found["mean"][2, :, 0].values == pytest.approx(expected, abs=1e-5)


def test_an_axis_may_stand_twice_with_options(network, maps, labels):
    blurred = {"axis": "masked_square", "fill": "blur", "strengths": [0, 0.2]}
    found = stress(network, maps, labels, {"masked_square": [0, 0.2], "blurred": blurred})
    filled, blur = found["mean"][1].values, found["mean"][3].values
    assert not np.allclose(filled, blur)


@pytest.mark.parametrize("kind", [tuple, np.array, pd.Series, torch.tensor])
def test_strengths_are_any_row_of_numbers(network, maps, labels, kind):
    assert stress(network, maps, labels, {"noise": kind([0.0, 0.5])})["strength"].values.tolist() == [0, 0.5]


def test_one_seed_gives_one_stress(network, maps, labels):
    first, again = (stress(network, maps, labels) for _ in range(2))
    assert first.identical(again)
    assert not np.allclose(first["mean"][1], stress(network, maps, labels, seed=1)["mean"][1])


def test_a_stress_leaves_the_network_as_it_was(network, maps, labels):
    network.train()
    network.B01.eval()
    before, untouched = {name: one.clone() for name, one in network.state_dict().items()}, maps.copy()
    stress(network, maps, labels)
    assert network.training
    assert not network.B01.training
    assert all(torch.equal(one, before[name]) for name, one in network.state_dict().items())
    assert (maps == untouched).all()


@pytest.mark.parametrize(
    "given",
    [
        lambda maps: torch.from_numpy(maps),
        lambda maps: maps[:, None].astype(">f4"),
        lambda maps: list(maps),
        lambda maps: DataLoader(TensorDataset(torch.from_numpy(maps), torch.zeros(24)), batch_size=5),
    ],
    ids=["tensor", "other byte order", "list", "loader"],
)
def test_maps_of_any_kind_are_stressed_alike(network, maps, labels, given):
    expected = stress(network, maps, labels)["r2"].values
    assert stress(network, given(maps), labels)["r2"].values == pytest.approx(expected, rel=1e-4)


def test_layers_and_a_forward_pass_may_be_given(maps, rng):
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.act, self.last = nn.Linear(256, 8), nn.ReLU(), nn.Linear(8, 1)

        def forward(self, maps, scale):
            return {"answer": self.last(self.act(self.first(maps.flatten(1)) * scale))}

    torch.manual_seed(0)
    found = stress(
        Two(),
        maps,
        rng.normal(size=24),
        layers=["first", "act"],
        forward=lambda network, batch: network(batch, 2.0)["answer"],
    )
    assert found["layer"].values.tolist() == ["first", "act"]
    assert "std" not in found


def test_classes_have_accuracy_and_a_log_loss(network, maps):
    labels = pd.Categorical.from_codes(np.arange(24) % 12, list("abcdefghijkl"))
    found = stress(network, maps, labels)
    assert found["accuracy"].dims == ("level", "output")
    assert found["probability"].sum("class").values == pytest.approx(1)
    assert found["truth"].values.tolist() == list("abcdefghijkl") * 2
    with torch.no_grad():
        right = network.eval()(torch.from_numpy(maps)[:, None]).argmax(1).numpy() == np.arange(24) % 12
    assert float(found["accuracy"][0, 0]) == pytest.approx(right.mean())


def test_without_labels_layers_and_scores_are_left(network, maps):
    found = stress(network, maps, None)
    assert {"drift_cka", "drift_distance", "score_value"} <= set(found.data_vars)
    assert not {"r2", "critical", "mean"} & set(found.data_vars)
    with pytest.raises(InputError, match="was made without labels, so nothing is scored"):
        repshift.plot_stress(found)


def test_halves_of_0_leave_scores_out(network, maps, labels):
    found = stress(network, maps, labels, n_halves=0)
    assert "score_value" not in found
    assert isinstance(repshift.plot_stress(found), Figure)


def test_maps_of_one_simulation_are_resampled_together(network, maps, labels):
    simulations = np.repeat(np.arange(12), 2)
    found = stress(network, maps, labels, simulations=simulations)
    assert found["simulation"].values.tolist() == simulations.astype(str).tolist()
    assert not np.allclose(found["r2_low"], stress(network, maps, labels)["r2_low"])


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ([0, 1], "Expected a dictionary of names and strengths"),
        ({}, "Expected a dictionary of names and strengths"),
        ({"nose": [0, 1]}, "Unknown axis 'nose'"),
        ({"noise": [0.1, 1]}, "Expected 0, which leaves maps as they are"),
        ({"noise": [0, 1, 0.5]}, "Expected them increasing"),
        ({"noise": 1}, "Strengths of axis 'noise' are 1. Expected numbers"),
        ({"noise": "many"}, "Strengths of axis 'noise' are 'many'. Expected numbers"),
        ({"noise": None}, "no strengths by default where no logarithm is taken"),
        ({"noise": {"strengths": [0, 1], "fill": "blur"}}, "Axis 'noise' has no option 'fill'"),
        ({"noise": {"strengths": [0, 1], "units": "K"}}, "has a 'units' of its own already"),
        ({"colour": [0, 1]}, "needs two bands or more; the maps have 1"),
        ({"noise": [0, [1]]}, "Expected numbers, ascending, with 0"),
        ({"mine": bright}, "Axis 'mine' is a function. Expected its strengths too"),
        ({"mine": {"function": bright}}, "found no function, or no strengths"),
        ({"mine": {"function": bright, "strengths": [0, 1], "fill": "blur"}}, "is a function: found fill"),
        (
            {"mine": {"function": lambda maps, strength, rng: maps[0], "strengths": [0, 1]}},
            "at strength 1 it returned float64 of shape",
        ),
    ],
)
def test_axes_that_cannot_be_are_refused(network, maps, labels, axes, message):
    with pytest.raises(InputError, match=message):
        stress(network, maps, labels, axes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_resamples": 0}, "n_resamples is 0. Expected 100 to 1000000."),
        ({"n_recorded": 7}, "n_recorded is 7. Expected 8 to 100000."),
        ({"n_halves": 1}, "n_halves is 1. Expected 2 to 10000, or 0 for none."),
        ({"seed": 1.5}, "seed is 1.5, of type 'float'"),
        ({"scores": ["cka"]}, "Unknown level score 'cka'"),
        ({"forward": 3}, "forward is 3. Expected a function of the network and a batch."),
        ({"simulations": np.arange(5)}, r"simulations has the shape \(5,\), but there are 24 maps"),
        ({"simulations": np.arange(24) % 9}, "9 simulations are too few"),
    ],
)
def test_settings_of_a_stress_that_cannot_be_are_refused(network, maps, labels, changes, message):
    with pytest.raises(InputError, match=message):
        stress(network, maps, labels, **changes)


def test_maps_and_labels_that_cannot_be_are_refused(network, maps, labels):
    with pytest.raises(InputError, match=r"labels have the shape \(5, 6\), but there are 24 maps"):
        stress(network, maps, labels[:5])
    with pytest.raises(InputError, match="returns 12 numbers a map, and the labels are of 5 outputs"):
        stress(network, maps, labels[list("abcde")])
    with pytest.raises(InputError, match="The network does not take the maps, each of shape"):
        stress(network, maps[:, :8, :8], labels)
    with pytest.raises(InputError, match="Maps have the shape"):
        stress(network, maps[:, None, None], labels)
    maps[3, 0, 0] = np.nan
    with pytest.raises(InputError, match="Map 3 of maps holds values that are not finite"):
        stress(network, maps, labels)


def test_a_network_that_draws_random_numbers_is_refused(maps, labels):
    class Random(nn.Module):
        def __init__(self):
            super().__init__()
            self.act = nn.ReLU()

        def forward(self, maps):
            return self.act(maps.flatten(1)[:, :6] + torch.rand(6))

    with pytest.raises(InputError, match="when the network is shown the same maps again"):
        stress(Random(), maps, labels)


def test_an_answer_that_is_drawn_behind_all_layers_is_refused(maps, labels):
    class Random(nn.Module):
        def __init__(self):
            super().__init__()
            self.act = nn.ReLU()

        def forward(self, maps):
            return self.act(maps.flatten(1)[:, :6]) + torch.rand(6)

    with pytest.raises(InputError, match="The answer differs by .* when the network is shown the same maps again"):
        stress(Random(), maps, labels)


def test_an_answer_that_is_no_number_is_refused_with_its_level(network, maps, labels):
    class Frail(nn.Sequential):
        def forward(self, maps):
            answers = super().forward(maps)
            return answers / (maps.abs().amax((1, 2, 3)) < 100)[:, None]

    with pytest.raises(
        InputError, match="Axis 'noise' at strength 1000: the network returns a number that is not finite for map 0"
    ):
        stress(Frail(network), maps, labels, {"noise": [0, 1000]})


def test_maps_in_half_precision_are_taken(network, maps, labels):
    for kind in (torch.float16, torch.bfloat16):
        found = stress(network, torch.from_numpy(maps).to(kind), labels)
        assert np.isfinite(found["mean"]).all()


def test_a_loader_with_a_forward_pass_is_refused(network, maps, labels):
    loader = DataLoader(TensorDataset(torch.from_numpy(maps)), batch_size=8)
    with pytest.raises(InputError, match="whose batches forward= would get as they are, unperturbed"):
        stress(network, loader, labels, forward=lambda network, batch: network(batch[0]))


def test_a_stress_is_drawn_as_figure_4(network, maps, labels):
    with torch.no_grad():  # of a network that is right without noise
        labels[:] = network.eval()(torch.from_numpy(maps)[:, None])[:, :6].numpy() + 1e-3 * labels
    found = stress(network, maps, labels, NOISE | {"beam": [0, 2]})
    figure = repshift.plot_stress(found)
    drawn = {axes.get_label() for axes in figure.axes}
    assert {"noise r2 a", "noise r2 b", "beam r2 a", "noise warnings"} <= drawn
    assert figure._repr_png_().startswith(b"\x89PNG")
    only = repshift.plot_stress(found, outputs=["c"], axes=["beam"])
    assert {axes.get_label() for axes in only.axes} == {"beam r2 c", "beam warnings"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outputs": ["z"]}, "has no output 'z'. There are a, b"),
        ({"axes": ["beam"]}, "has no axis 'beam'. There are noise"),
    ],
)
def test_what_a_stress_does_not_have_is_not_drawn(network, maps, labels, change, message):
    with pytest.raises(InputError, match=message):
        repshift.plot_stress(stress(network, maps, labels), **change)


def test_only_a_stress_is_drawn_as_one(maps):
    with pytest.raises(InputError, match="is a Dataset of repshift.stress; found another ndarray"):
        repshift.plot_stress(maps)
