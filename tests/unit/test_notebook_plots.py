"""The figures of a notebook: what they show, and that they are made as the workflow's are."""

import numpy as np
import pytest
import torch
import xarray as xr
from matplotlib.figure import Figure
from torch import nn

import repshift
from repshift import InputError
from repshift.drawing.matrices import BELOW_ZERO, similarity_scale

NOTHING = {"n_permutations": 0, "n_resamples": 0}


@pytest.fixture(scope="module")
def compared():
    rng = np.random.default_rng(1)
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(8, 9), nn.ReLU(), nn.Linear(9, 7), nn.ReLU(), nn.Linear(7, 6), nn.ReLU())
    maps = [scale * rng.normal(size=(12, 8)).astype(np.float32) for scale in (1, 3)]
    labels = {f"labels_{name}": rng.normal(size=(12, 3)) for name in ("in", "out")}
    return repshift.compare(network, *maps, **labels, n_permutations=39, n_resamples=100)


@pytest.fixture
def matrix(rng):
    return np.corrcoef(rng.normal(size=(3, 20)))


def panels(figure):
    return [axes for axes in figure.axes if axes.get_label().startswith("cka")]


def ticks(axes):
    return [[label.get_text() for label in one] for one in (axes.get_yticklabels(), axes.get_xticklabels())]


def written(figure):
    return " ".join(text.get_text() for text in figure.texts)


@pytest.mark.parametrize("given", [np.asarray, torch.from_numpy, xr.DataArray], ids=["array", "tensor", "DataArray"])
def test_a_matrix_is_drawn_from_the_bottom_left(given, matrix):
    (axes,) = panels(repshift.plot_similarity(given(matrix)))
    assert (axes.images[0].get_array() == matrix).all()
    assert axes.images[0].origin == "lower"
    assert ticks(axes) == [["1", "2", "3"]] * 2


def test_the_scale_is_the_workflow_s(matrix):
    (axes,) = panels(repshift.plot_similarity(matrix))
    assert axes.images[0].get_clim() == (0, 1)
    assert axes.images[0].get_cmap() == similarity_scale().colours
    assert axes.images[0].get_cmap().get_under()[0] == pytest.approx(float(BELOW_ZERO), abs=0.01)


def test_names_are_given_or_carried(matrix):
    coords = {"layer": ["a", "b", "c"], "layer_other": ["d", "e", "f"]}
    named = xr.DataArray(matrix, coords, ("layer", "layer_other"))
    assert ticks(panels(repshift.plot_similarity(named))[0]) == [["a", "b", "c"], ["d", "e", "f"]]
    assert ticks(panels(repshift.plot_similarity(named, layers=list("xyz")))[0]) == [["x", "y", "z"]] * 2


def test_two_networks_of_other_layers_are_drawn(matrix):
    (axes,) = panels(repshift.plot_similarity(matrix[:2]))
    assert ticks(axes) == [["1", "2"], ["1", "2", "3"]]


def test_a_comparison_has_a_panel_for_each_domain(compared):
    figure = repshift.plot_similarity(compared)
    for axes, name in zip(panels(figure), ("in", "out"), strict=True):
        assert (axes.images[0].get_array() == compared["cka"].sel(domain=name)).all()
    assert "in distribution" in written(figure)
    assert figure.axes[-1].get_xlabel() == "Layer similarity, debiased linear CKA"


def test_a_matrix_is_drawn_in_the_axes_given(matrix, compared):
    figure = Figure()
    axes = figure.add_subplot()
    assert repshift.plot_similarity(matrix, ax=axes) is figure
    assert (axes.images[0].get_array() == matrix).all()
    assert repshift.plot_similarity(compared.sel(domain="out"), ax=figure.add_subplot()) is figure


@pytest.mark.parametrize("ax", [None, "given"])
def test_cells_say_their_numbers_where_asked(matrix, ax):
    axes = ax and Figure().add_subplot()
    axes = axes or panels(repshift.plot_similarity(matrix, annotate=True))[0]
    if ax:
        repshift.plot_similarity(matrix, ax=axes, annotate=True)
    words = [text.get_text().replace("\N{MINUS SIGN}", "-") for text in axes.texts]
    assert words == [f"{value:.2f}" for value in matrix.flat]
    assert not panels(repshift.plot_similarity(matrix))[0].texts


def test_a_comparison_shows_matrices_values_and_distances(compared):
    figure = repshift.plot_comparison(compared)
    names = [axes.get_label() for axes in figure.axes]
    assert names[:5] == ["cka network in", "cka network out", *(f"{one} network" for one in LABELS)]
    values = panels(figure)[1].images[0].get_array()
    assert (values == compared["cka"].sel(domain="out")).all()
    lines = figure.axes[4].lines
    assert [line.get_label() for line in lines][:2] == ["linear MMD", "RBF MMD"]
    distance = compared["distance"].sel(measure="mmd_linear")
    assert lines[0].get_ydata() == pytest.approx((distance / np.abs(distance).max()).to_numpy())


LABELS = ("distribution", "eigenvalues", "distances")


def test_a_comparison_says_scores_change_and_p_value(compared):
    words = written(repshift.plot_comparison(compared)).replace("\N{MINUS SIGN}", "-")
    for name in ("in", "out"):
        assert f"{compared['score'].sel(score_name='r2', domain=name, output='0').item():.2f}" in words
    assert f"out less in: {compared['off_diagonal_mean_change'].item():.3f} [" in words
    assert f"p = {compared['off_diagonal_mean_change_p_value'].item():.2g}" in words
    assert "12 CKA maps" in words


def test_layers_are_whole_numbers_with_a_key(compared):
    figure = repshift.plot_comparison(compared)
    assert figure.axes[4].get_xticks().tolist() == [1, 2, 3]
    words = [text.get_text() for text in figure.texts]
    assert words[-4:] == ["Layers", "1  1:0", "2  3:0", "3  5:0"]


def test_many_layers_are_whole_numbers_without_a_key(compared):
    many = compared.isel(layer=[0, 1, 2] * 10, layer_other=[0, 1, 2] * 10)
    figure = repshift.plot_comparison(many)
    assert {5, 10, 25} <= set(figure.axes[4].get_xticks().tolist())
    assert "Layers" not in [text.get_text() for text in figure.texts]


def test_a_long_name_keeps_its_end_within_the_page(compared):
    names = [f"{'encoder.' * 30}{number}:0" for number in range(3)]
    figure = repshift.plot_comparison(compared.assign_coords(layer=names))
    figure.canvas.draw()
    assert figure.texts[-1].get_text().endswith("encoder.2:0")
    assert figure.texts[-1].get_window_extent().x1 < figure.bbox.x1


def test_the_classifier_s_auc_is_not_scaled_and_starts_at_0(compared):
    axes = repshift.plot_comparison(compared).axes[4]
    lines = {line.get_label(): np.asarray(line.get_ydata()) for line in axes.lines}
    assert lines["classifier AUC"] == pytest.approx(compared["distance"].sel(measure="auc").to_numpy())
    assert (lines["AUC by chance"] == 0.5).all()
    assert axes.get_ylim()[0] < min(0, *(line.min() for line in lines.values()))


@pytest.mark.parametrize("change", [0.2, -1.234e-6])
def test_words_of_the_change_stay_clear_of_the_panels(change, compared):
    name = "off_diagonal_mean_change"
    values = {name: change, f"{name}_low": -9.87e-6, f"{name}_high": abs(2 * change), f"{name}_p_value": 0.00012}
    figure = repshift.plot_comparison(compared.assign(values))
    figure.canvas.draw()
    (words,) = (text for text in figure.texts if "out less in" in text.get_text())
    assert words.get_text().endswith("\np = 0.00012")
    assert "0.000" not in words.get_text().partition("\n")[0]
    label = figure.axes[4].yaxis.label.get_window_extent()
    assert words.get_window_extent().x1 < label.x0


def test_a_comparison_without_statistics_is_drawn(rng):
    maps = rng.normal(size=(2, 12, 8)).astype(np.float32)
    network = nn.Sequential(nn.Linear(8, 9), nn.ReLU(), nn.Linear(9, 7), nn.ReLU())
    words = written(repshift.plot_comparison(repshift.compare(network, *maps, **NOTHING)))
    assert "p =" not in words
    assert "[" not in words


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("estimator", ["biased", "debiased"])
def test_equal_domains_are_drawn_at_no_distance(rng, estimator):
    network = nn.Sequential(nn.Linear(8, 9), nn.ReLU(), nn.Linear(9, 7), nn.ReLU())
    maps, how = rng.normal(size=(12, 8)).astype(np.float32), {"n_permutations": 39, "n_resamples": 100}
    compared = repshift.compare(network, maps, maps, paired=True, estimator=estimator, **how)
    figure = repshift.plot_comparison(compared)
    assert (figure.axes[4].lines[0].get_ydata() == 0).all()
    assert "nan" not in written(figure)


@pytest.mark.filterwarnings("error")
def test_a_distance_that_is_no_number_is_a_gap(compared):
    distance = compared["distance"].copy()
    distance[0, 1], distance[1] = np.nan, np.nan
    lines = repshift.plot_comparison(compared.assign(distance=distance)).figure.axes[4].lines
    assert np.isnan(lines[0].get_ydata()).tolist() == [False, True, False]
    assert "RBF MMD" not in [line.get_label() for line in lines]


def test_a_notebook_shows_the_figure(compared):
    for figure in (repshift.plot_similarity(compared), repshift.plot_comparison(compared)):
        assert figure._repr_png_().startswith(b"\x89PNG")
        assert figure._repr_png_() == figure._repr_png_()


BAD = [
    (lambda one, _: repshift.plot_similarity(one[0]), r"has the shape \(layers, layers_other\); found \(3,\)"),
    (lambda one, _: repshift.plot_similarity(one, layers=["a"]), r"1 names of layers were given for a matrix \(3, 3\)"),
    (lambda _, two: repshift.plot_similarity(two, ax=Figure().add_subplot()), "ax takes one matrix"),
    (lambda _, two: repshift.plot_similarity(two.drop_vars("cka")), "The dataset has no variable 'cka'"),
    (
        lambda one, _: repshift.plot_comparison(one),
        "A comparison is a Dataset, as of repshift.compare; found a ndarray",
    ),
    (lambda _, two: repshift.plot_comparison(two.drop_vars("distance")), "it lacks distance"),
    (lambda _, two: repshift.plot_comparison(two.isel(domain=0)), "it lacks domains"),
    (
        lambda _, two: repshift.plot_comparison(two.assign(distance=two["distance"] * np.nan)),
        "All distances of the comparison are NaN. Expected one layer or more",
    ),
    (lambda _, two: repshift.plot_comparison(two.isel(layer=[0], layer_other=[0])), "has a single layer"),
]


@pytest.mark.parametrize(("draw", "message"), BAD, ids=[message[:40] for _, message in BAD])
def test_what_cannot_be_drawn_is_refused(draw, message, matrix, compared):
    with pytest.raises(InputError, match=message):
        draw(matrix, compared)
