"""An attribution in one call: what comes out, what is left alone, what is refused, what is drawn."""

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import repshift
from repshift import InputError
from repshift.attribution import METHODS
from repshift.networks.cmd import CMDNetwork

SIDE = 16


@pytest.fixture
def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.LeakyReLU(0.2),
        nn.Conv2d(4, 4, 3, stride=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(196, 4),
    )


@pytest.fixture
def linear():
    """A network that is a sum of weighted pixels."""
    torch.manual_seed(1)
    return nn.Sequential(nn.Flatten(), nn.Linear(SIDE**2, 1))


@pytest.fixture
def maps(rng):
    return rng.normal(size=(5, SIDE, SIDE)).astype(np.float32)


class Square(nn.Module):
    """A network that reads one square of a map."""

    def forward(self, maps):
        return maps[:, :, 8:12, 4:8].square().mean((1, 2, 3))[:, None]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_a_map_for_each_channel(network, maps, method):
    found = repshift.attribute(network, maps, method=method)
    assert found["attribution"].dims == ("map", "channel", "y", "x")
    assert found["attribution"].shape == (5, 1, SIDE, SIDE)
    assert found["completeness_error"].dims == ("map",)
    assert np.isfinite(found["completeness_error"]).all() == METHODS[method].is_complete
    assert found.attrs["sensitivity"] == METHODS[method].is_sensitivity
    assert ("layer" in found.attrs) == METHODS[method].needs_layer


class Again(nn.Module):
    """A network that uses its activation twice."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 2, 3), nn.Conv2d(2, 2, 3)
        self.act = nn.ReLU()

    def forward(self, maps):
        return self.act(self.second(self.act(self.first(maps)))).mean((2, 3))


def test_the_layer_that_was_taken_is_said(maps):
    torch.manual_seed(0)
    assert repshift.attribute(Again(), maps, method="grad_cam").attrs["layer"] == "act:1"
    assert repshift.attribute(Again(), maps, method="layer_cam", layer="second").attrs["layer"] == "second"
    with pytest.raises(InputError, match="'act' is called 2 times: act:0, act:1. Name one of these calls"):
        repshift.attribute(Again(), maps, method="grad_cam", layer="act")


def test_a_list_of_outputs_is_a_first_dimension(network, maps):
    found = repshift.attribute(network, maps, output=[2, 0], nodes=3)
    assert found["attribution"].dims == ("output", "map", "channel", "y", "x")
    assert found["value"].dims == found["completeness_error"].dims == ("output", "map")
    assert found["input"].dims == ("map", "channel", "y", "x")
    for place, output in enumerate((2, 0)):
        alone = repshift.attribute(network, maps, output=output, nodes=3)
        assert found["attribution"][place].values == pytest.approx(alone["attribution"].values, abs=1e-6)


def test_all_variables_have_units_and_words(network, maps):
    found = repshift.attribute(network, maps)
    assert all({"units", "long_name"} <= set(one.attrs) for one in found.data_vars.values())


@pytest.mark.parametrize("method", ["gradient", "integrated_gradients", "occlusion"])
def test_a_linear_network_gets_its_weights_back(linear, maps, method):
    found = repshift.attribute(linear, maps, method=method, window=1)["attribution"].values[:, 0]
    weights = linear[1].weight.detach().numpy().reshape(SIDE, SIDE)
    expected = np.broadcast_to(weights, maps.shape) if method == "gradient" else weights * maps
    assert found == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("method", ["gradient", "integrated_gradients", "occlusion", "smoothgrad"])
def test_the_square_that_a_network_reads_is_found(maps, method):
    found = repshift.attribute(Square(), maps, method=method, window=4)["attribution"].values[:, 0]
    inside = np.zeros((SIDE, SIDE), dtype=bool)
    inside[8:12, 4:8] = True
    assert (found[:, inside] != 0).all()
    assert (found[:, ~inside] == 0).all()


def test_the_error_is_what_the_sum_misses(network, maps):
    found = repshift.attribute(network, maps, nodes=3)
    change = found["value"] - found["baseline_value"]
    missed = found["attribution"].sum(("channel", "y", "x")) - change
    assert found["completeness_error"].values == pytest.approx(missed.values, abs=1e-5)
    finer = repshift.attribute(network, maps, nodes=100)
    assert np.abs(finer["completeness_error"]).mean() < np.abs(found["completeness_error"]).mean() / 3


def test_values_are_the_outputs_of_the_network(network, maps):
    found = repshift.attribute(network, maps, output=[0, 3])
    with torch.no_grad():
        answers = network.eval()(torch.from_numpy(maps[:, None]))[:, [0, 3]]
    assert found["value"].values == pytest.approx(answers.numpy().T, abs=1e-6)


def test_outputs_go_by_name_and_by_place(network, maps):
    names = {"names": ("mass", "age"), "nodes": 3}
    named = repshift.attribute(network, maps, output="age", **names)
    assert named["output"].item() == "age"
    assert named.identical(repshift.attribute(network, maps, output=1, **names))


def test_a_deviation_is_attributed_by_its_root(network, maps):
    squared = nn.Sequential(network, nn.Softplus())
    answer = repshift.attribute(squared, maps, output=3, nodes=3)["value"].values
    root = repshift.attribute(squared, maps, output="age_std", names=("mass", "age"), nodes=3)["value"].values
    assert root**2 == pytest.approx(answer, rel=1e-4)


def test_a_network_of_cmd_has_the_names_of_cmd(maps):
    torch.manual_seed(0)
    found = repshift.attribute(CMDNetwork(2, size=SIDE), maps, method="gradient", output=["sigma_8", "Omega_m"])
    assert found["output"].values.tolist() == ["sigma_8", "Omega_m"]


def test_a_class_is_attributed_by_its_log_odds(network, maps):
    classes = {"classes": ("spiral", "bar", "ring", "none"), "nodes": 3}
    found = repshift.attribute(network, maps, output="bar", **classes)
    with torch.no_grad():
        logits = network.eval()(torch.from_numpy(maps[:, None])).double()
    others = logits[:, [0, 2, 3]].logsumexp(1)
    assert found["value"].values == pytest.approx((logits[:, 1] - others).numpy(), abs=1e-5)
    of_probabilities = nn.Sequential(network, nn.Softmax(1))
    alike = repshift.attribute(of_probabilities, maps, output="bar", **classes)
    assert alike["value"].values == pytest.approx(found["value"].values, abs=1e-4)


@pytest.mark.parametrize("shape", [(), (SIDE, SIDE), (1, SIDE, SIDE), (5, SIDE, SIDE), (5, 1, SIDE, SIDE)])
def test_a_baseline_is_a_number_a_map_or_maps(network, maps, shape):
    found = repshift.attribute(network, maps, baseline=np.full(shape, 0.5), nodes=3)
    assert found["baseline"].shape == (5, 1, SIDE, SIDE)
    assert found.identical(repshift.attribute(network, maps, baseline=0.5, nodes=3))


def test_each_map_has_its_own_baseline(network, maps, rng):
    others = rng.normal(size=maps.shape).astype(np.float32)
    found = repshift.attribute(network, maps, baseline=others, nodes=60)
    value = repshift.attribute(network, others, nodes=1)["value"]
    assert found["baseline_value"].values == pytest.approx(value.values, abs=1e-5)
    assert np.abs(found["completeness_error"]).max() < 0.05 * np.abs(found["value"] - found["baseline_value"]).max()


def test_a_blurred_baseline_keeps_the_mean_of_a_map(network, maps):
    found = repshift.attribute(network, maps, baseline="blur", periodic=True, nodes=1)["baseline"].values[:, 0]
    assert found.mean((1, 2)) == pytest.approx(maps.mean((1, 2)), abs=1e-5)
    assert (found.std((1, 2)) < maps.std((1, 2)) / 2).all()


def test_a_hidden_square_is_filled_as_asked(linear, maps):
    found = repshift.attribute(linear, maps, method="occlusion", window=1, fill=2.0)["attribution"].values[:, 0]
    weights = linear[1].weight.detach().numpy().reshape(SIDE, SIDE)
    assert found == pytest.approx(weights * (maps - 2), abs=1e-5)


def test_a_donor_is_of_another_simulation(linear, maps):
    def hidden(simulations):
        how = {"method": "occlusion", "fill": "donor", "window": SIDE, "simulations": simulations}
        return repshift.attribute(linear, maps, **how)["attribution"].values[0].sum() / SIDE**2

    value = repshift.attribute(linear, maps, nodes=1)["value"].values
    assert hidden(None) == pytest.approx(value[0] - value[1], abs=1e-4)
    assert hidden(list("aabbb")) == pytest.approx(value[0] - value[2], abs=1e-4)


def test_noise_is_drawn_by_its_seed(network, maps):
    first, again, other = (
        repshift.attribute(network, maps, method="smoothgrad", draws=3, seed=seed)["attribution"] for seed in (1, 1, 2)
    )
    assert first.identical(again)
    assert not first.equals(other)


def test_maps_come_in_any_form(network, maps):
    loader = DataLoader(TensorDataset(torch.from_numpy(maps[:, None])), batch_size=2)
    found = repshift.attribute(network, maps, nodes=3)
    for given in (maps[:, None], torch.from_numpy(maps), list(maps), loader):
        assert repshift.attribute(network, given, nodes=3).identical(found)


def test_a_network_is_left_as_it_was(network, maps):
    network.train()
    network[0].weight.requires_grad_(False)
    network[-1].weight.grad = torch.ones_like(network[-1].weight)
    before = {name: one.clone() for name, one in network.state_dict().items()}
    for method in METHODS:
        repshift.attribute(network, maps, method=method, draws=2, nodes=2)
    assert all(torch.equal(one, before[name]) for name, one in network.state_dict().items())
    assert all(module.training for module in network.modules())
    assert [one.requires_grad for one in network.parameters()] == [False] + [True] * 7
    assert torch.equal(network[-1].weight.grad, torch.ones_like(network[-1].weight))
    assert all(one.grad is None for one in list(network.parameters())[:-2])


def test_a_network_in_double_is_attributed_in_double(network, maps):
    found = repshift.attribute(network.double(), maps, nodes=30)
    single = repshift.attribute(network.float(), maps, nodes=30)
    assert found["attribution"].dtype == np.float64
    assert found["attribution"].values == pytest.approx(single["attribution"].values, abs=1e-5)


def test_a_network_is_called_by_forward(network, maps):
    found = repshift.attribute(network, maps, nodes=3, forward=lambda one, batch: 2 * one(batch))
    assert found["value"].values == pytest.approx(2 * repshift.attribute(network, maps)["value"].values, abs=1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": "saliency"}, "Unknown method of attribution 'saliency'"),
        ({"output": 4}, "There is no output '4'. There are 0, 1, 2, 3"),
        ({"output": "mass"}, "There is no output 'mass': the outputs have no names. Give names=.* from 0 to 3"),
        ({"output": "mass", "names": "abcd"}, "There is no output 'mass'. There are a, b, c, d"),
        ({"output": [1, 1]}, "Output '1' is asked for twice"),
        ({"output": 1.0}, "output is 1.0. Expected a place among the outputs, a name, or a list"),
        ({"output": []}, "output is an empty list"),
        ({"names": "abcd", "classes": "abcd"}, "Both names and classes are given"),
        ({"layer": "3"}, "Method 'integrated_gradients' works at no layer, but layer is '3'.*grad_cam, layer_cam"),
        ({"method": "grad_cam", "layer": 3}, "layer is 3, of type 'int'. Expected the name of a layer"),
        ({"method": "grad_cam", "layer": "conv"}, "conv"),
        ({"method": "grad_cam", "layer": "6"}, r"6"),
        ({"baseline": "donor"}, "baseline is 'donor'. Expected a number, mean, blur, or an array"),
        ({"fill": "black"}, "fill is 'black'. Expected a number, mean, blur, donor, or an array"),
        ({"baseline": np.zeros((2, 3))}, r"baseline has the shape \(2, 3\). Expected a number, one map, \(1, 16, 16\)"),
        ({"baseline": np.array(["a"])}, "baseline is of type '<U1'. Expected a number, a name, or an array"),
        ({"baseline": np.nan}, "baseline holds 1 values that are not finite"),
        ({"nodes": 0}, "nodes is 0. Expected 1 to 100000"),
        ({"nodes": 2.5}, "nodes is 2.5, of type 'float'. Expected a whole number"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"window": 4, "stride": 5}, "'stride' is 5 and 'window' 4"),
        ({"noise": "much"}, "noise is 'much'. Expected a number above 0"),
        ({"noise": 0}, "'noise' is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"simulations": [1, 2]}, r"simulations has the shape \(2,\), but there are 5 maps"),
    ],
)
def test_what_cannot_be_attributed_is_refused(network, maps, changes, message):
    with pytest.raises(InputError, match=message):
        repshift.attribute(network, maps, **changes)


def test_maps_that_do_not_fit_are_refused(network, maps):
    with pytest.raises(InputError, match="The network does not take the maps"):
        repshift.attribute(network, np.repeat(maps[:, None], 2, axis=1))
    several = nn.Sequential(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(2 * 14**2, 1))
    with pytest.raises(InputError, match=r"of one map \(channels, y, x\) give maps\[None\]"):
        repshift.attribute(several, maps[:3])
    with pytest.raises(InputError, match=r"Maps have the shape \(5, 256\)"):
        repshift.attribute(network, maps.reshape(5, -1))
    maps[2, 0, 0] = np.nan
    with pytest.raises(InputError, match="Map 2 of maps holds values that are not finite"):
        repshift.attribute(network, maps)


def test_a_network_that_draws_is_refused(maps):
    drawing = nn.Sequential(nn.Flatten(), nn.Linear(SIDE**2, 1))
    drawing.forward = lambda batch: batch.flatten(1)[:, :1] + torch.rand(len(batch), 1)
    with pytest.raises(InputError, match="without random numbers"):
        repshift.attribute(drawing, maps)


def test_batches_of_forward_are_refused(network, maps):
    loader = DataLoader(torch.from_numpy(maps[:, None]), batch_size=2)
    with pytest.raises(InputError, match="maps are a DataLoader, whose batches forward= would get as they are"):
        repshift.attribute(network, loader, forward=lambda one, batch: one(batch))


def panels(figure, word):
    return [axes for axes in figure.axes if axes.get_label().startswith(word)]


def drawn(figure, label):
    return np.asarray(panels(figure, label)[0].images[0].get_array())


def words_of(figure):
    return [one.get_text() for one in figure.texts]


def test_maps_are_drawn_beside_their_attributions(network, maps):
    found = repshift.attribute(network, maps, output=[0, 1], nodes=3)
    figure = repshift.plot_attribution(found)
    assert isinstance(figure, Figure)
    assert [axes.get_label() for axes in panels(figure, ("0", "1"))] == ["0 0", "0 1", "0 2", "1 0", "1 1", "1 2"]
    assert drawn(figure, "input 1") == pytest.approx(maps[1], abs=1e-6)
    assert drawn(figure, "1 2") == pytest.approx(found["attribution"].values[1, 2, 0])


def test_the_scale_is_symmetric_and_that_of_its_column(network, maps):
    figure = repshift.plot_attribution(repshift.attribute(network, maps, output=[0, 1], nodes=3))
    ends = {axes.get_label(): axes.images[0].get_clim() for axes in panels(figure, ("0", "1"))}
    assert all(low == -high for low, high in ends.values())
    assert ends["0 0"] == ends["0 2"] != ends["1 0"] == ends["1 2"]


def test_the_completeness_error_stands_above_each_map(network, maps):
    found = repshift.attribute(network, maps, nodes=3)
    titles = [words for words in words_of(repshift.plot_attribution(found)) if "completeness error" in words]
    error, change = (float(one[1]) for one in (found["completeness_error"], found["value"] - found["baseline_value"]))
    expected = [f"to explain: {change:.2g}", f"completeness error {error:.2g}"]
    assert titles[1].splitlines()[1:] == [line.replace("-", "\N{MINUS SIGN}") for line in expected]
    gradient = repshift.plot_attribution(repshift.attribute(network, maps, method="gradient"), maps=[4])
    assert any("no completeness error" in words for words in words_of(gradient))
    assert "map 4" in words_of(gradient)


def test_three_channels_are_a_picture_and_one_sum(rng):
    torch.manual_seed(0)
    several = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(2 * 36, 1))
    found = repshift.attribute(several, rng.normal(size=(2, 3, 8, 8)), nodes=3)
    figure = repshift.plot_attribution(found)
    assert drawn(figure, "input 0").shape == (8, 8, 3)
    assert drawn(figure, "0 1") == pytest.approx(found["attribution"].values[1].sum(0), abs=1e-6)
    assert drawn(repshift.plot_attribution(found, channel=2), "0 1") == pytest.approx(
        found["attribution"].values[1, 2], abs=1e-6
    )


def test_words_say_which_channels_are_drawn(rng):
    torch.manual_seed(0)
    several = nn.Sequential(nn.Conv2d(2, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(2 * 36, 1))
    found = repshift.attribute(several, rng.normal(size=(2, 2, 8, 8)), nodes=3)
    heads = [words_of(repshift.plot_attribution(found, channel=one))[0] for one in (None, 1)]
    assert heads[0] == "Integrated gradients, sum over all channels"
    assert heads[1] == "Integrated gradients, channel 1 alone (numbers of all channels)"


def test_titles_of_neighbouring_columns_do_not_meet(network, maps):
    figure = repshift.plot_attribution(repshift.attribute(network, 1e-5 * maps, output=[0, 1], nodes=3), maps=[0])
    boxes = [one.get_window_extent() for one in figure.texts if "completeness" in one.get_text()]
    assert len(boxes) == 2
    assert boxes[0].x1 < boxes[1].x0


def test_a_baseline_that_is_a_map_is_drawn(network, maps):
    found = repshift.attribute(network, maps, baseline=maps[::-1].copy(), nodes=3)
    figure = repshift.plot_attribution(found)
    assert drawn(figure, "baseline 1") == pytest.approx(maps[3], abs=1e-6)
    assert panels(figure, "baseline 1")[0].images[0].get_clim() == panels(figure, "input 0")[0].images[0].get_clim()
    assert not panels(repshift.plot_attribution(repshift.attribute(network, maps, nodes=3)), "baseline")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"maps": [5]}, "The attribution has the maps 0 to 4; asked for 5"),
        ({"maps": []}, "The attribution has the maps 0 to 4; asked for none"),
        ({"outputs": ["mass"]}, "The attribution has no output 'mass'. There are 0"),
        ({"channel": 1}, "The attribution has the channels 0 to 0; asked for 1"),
    ],
)
def test_what_is_not_there_is_not_drawn(network, maps, changes, message):
    with pytest.raises(InputError, match=message):
        repshift.plot_attribution(repshift.attribute(network, maps, method="gradient"), **changes)


def test_another_dataset_is_not_drawn(network, maps):
    with pytest.raises(InputError, match=r"a Dataset of repshift.attribute; found another ndarray"):
        repshift.plot_attribution(maps)
    with pytest.raises(InputError, match=r"a Dataset of repshift.attribute; found another Dataset"):
        repshift.plot_attribution(repshift.attribute(network, maps).drop_vars("value"))
