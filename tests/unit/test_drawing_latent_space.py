"""Latent space: points where layers place maps, filled by parameter, marked by domain, with what is kept of them."""

import numpy as np
import pytest
from matplotlib import colormaps

from latent_datasets import latent_dataset
from repshift import InputError
from repshift.drawing.latent_space import draw_latent_space, n_pages


def case(**how):
    return latent_dataset(np.random.default_rng(1), **how)


def panel(figure, name):
    (found,) = [axes for axes in figure.axes if axes.get_label() == name]
    return found


def points(axes, name):
    (found,) = [one for one in axes.collections if one.get_gid() == name]
    return found


def test_each_embedding_and_network_has_a_panel():
    figure = draw_latent_space([case(layers=("C12", "C41"))])
    names = [axes.get_label() for axes in figure.axes if not axes.get_label().endswith("colour bar")]
    assert names == [
        f"{layer} {method} {network} Omega_m"
        for layer in ("C12", "C41")
        for method in ("pca", "tsne")
        for network in ("none", "batch_norm")
    ]


def test_points_lie_where_the_layer_places_them():
    held = case()
    axes = panel(draw_latent_space([held]), "C41 tsne batch_norm Omega_m")
    where = {"network": "batch_norm", "layer": "C41", "method": "tsne"}
    expected = held["position"].sel(where).values[held["map_domain"].values == "away"]
    assert np.asarray(points(axes, "maps away").get_offsets()) == pytest.approx(expected)
    beside = np.asarray(points(axes, "own domain as it is").get_offsets())
    assert beside == pytest.approx(held["position_home"].sel(where).values)


def test_fills_are_the_parameter_and_edges_the_domain():
    held = case()
    axes = panel(draw_latent_space([held], outputs=["sigma_8"]), "C41 pca none sigma_8")
    truth = held["truth"].sel(parameter="sigma_8").values
    scaled = (truth - truth.min()) / (truth.max() - truth.min())
    home = points(axes, "maps home")
    assert home.get_facecolors() == pytest.approx(colormaps["viridis"](scaled[held["map_domain"].values == "home"]))
    assert len(np.unique(home.get_edgecolors(), axis=0)) == 1
    assert not np.allclose(home.get_edgecolors()[0], points(axes, "maps away").get_edgecolors()[0])


def test_maps_without_labels_are_grey():
    axes = panel(draw_latent_space([case(labels=False)]), "C41 pca none Omega_m")
    (fill,) = np.unique(points(axes, "maps away").get_facecolors(), axis=0)
    assert fill == pytest.approx([0.8, 0.8, 0.8, 1.0])


def test_classes_have_colours_of_their_own():
    figure = draw_latent_space([case(classes=("lens", "galaxy"), domains=(("home", "One"), ("away", "Other")))])
    drawn = points(panel(figure, "C41 pca none class"), "maps home")
    fills = np.unique(drawn.get_facecolors(), axis=0)
    assert len(fills) == 2
    assert not (fills == drawn.get_edgecolors()[0]).all(1).any()
    assert {"lens", "galaxy"} <= {text.get_text() for text in figure.legends[0].get_texts()}


def test_what_is_kept_of_neighbours_stands_below():
    said = [text.get_text() for text in draw_latent_space([case()]).texts if (text.get_gid() or "").startswith("kept")]
    assert said[:3] == [
        "trustworthy 0.93, continuous 0.95",
        "41 % of 10 neighbours kept",
        "in the layer 98 % of own domain (50 % by chance)",
    ]


def test_the_network_as_it_is_has_no_points_beside():
    axes = panel(draw_latent_space([case()]), "C41 pca none Omega_m")
    assert {one.get_gid() for one in axes.collections} == {"maps home", "maps away"}


def test_many_networks_begin_a_line_with_each_embedding():
    networks = {name: name for name in ("none", "batch_norm", "feature_moments")}
    figure = draw_latent_space([case(networks=networks)])
    boxes = {axes.get_label(): axes.get_position() for axes in figure.axes}
    first, second = (boxes[f"C41 {method} none Omega_m"] for method in ("pca", "tsne"))
    assert first.x0 == pytest.approx(second.x0)
    assert first.y0 > second.y1


def test_pages_hold_all_layers():
    held = [case(layers=tuple("abcdef"))]
    pages = [draw_latent_space(held, page=page) for page in range(n_pages(held))]
    assert len(pages) == 2
    assert sum(len(page.axes) for page in pages) == len(draw_latent_space(held).axes)
    assert all(page.get_figheight() <= 10.9 for page in pages)


def test_cases_of_no_model_are_refused():
    with pytest.raises(InputError, match="The figure of latent space was given no case. It draws the cases of one"):
        draw_latent_space([])
