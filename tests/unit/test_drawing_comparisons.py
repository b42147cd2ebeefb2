"""The figure of networks compared with each other: what a panel shows, says and marks."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from repshift.drawing.comparisons import draw_comparisons
from repshift.drawing.style import PAGE_WIDTH
from repshift.vocabulary import InputError

LAYERS = ("C01", "C02", "C11", "FC1")


def make(model="first", other="second", *, layers=LAYERS, others=LAYERS, pairing="map"):
    """Make a comparison in which the last layer of the other network is the most similar to all."""
    values = np.tile(np.linspace(-0.2, 0.8, len(others)), (len(layers), 1))
    matrices = {f"cka_{name}": (("layer", "layer_other"), values + shift) for name, shift in SHIFTS.items()}
    return xr.Dataset(
        matrices,
        {"layer": list(layers), "layer_other": list(others), "map": [f"map {number}" for number in range(50)]},
        {"model": model, "domain": "home", "model_other": other, "domain_other": "away", "pairing": pairing},
    )


SHIFTS = {"biased": 0.1, "debiased": 0.0, "minibatch": 0.05}


def table_of(*comparisons):
    rows = [
        {
            **comparison.attrs,
            "measure": f"cka_{name}",
            "mean": 0.3 + shift,
            "diagonal_mean": 0.4 if list(comparison["layer"]) == list(comparison["layer_other"]) else np.nan,
        }
        for comparison in comparisons
        for name, shift in SHIFTS.items()
    ]
    return pd.DataFrame(rows)


def draw(*comparisons, **settings):
    return draw_comparisons(comparisons, table_of(*comparisons), **settings)


def panels(figure):
    return [axes for axes in figure.axes if axes.get_label().startswith("cka ")]


def written(figure):
    return [text.get_text() for text in figure.texts]


def test_a_panel_shows_rows_and_columns_of_the_estimator():
    comparison = make(others=("a", "b", "c"))
    (axes,) = panels(draw(comparison, estimator="biased"))
    assert (axes.images[0].get_array() == comparison["cka_biased"].values).all()
    assert axes.images[0].origin == "lower"
    assert axes.images[0].get_clim() == (0, 1)
    assert [label.get_text() for label in axes.get_yticklabels()] == list(LAYERS)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b", "c"]


def test_a_dot_marks_the_most_similar_layer_of_each_row():
    comparison = make()
    comparison["cka_debiased"].values[2, 0] = 0.9
    (line,) = panels(draw(comparison))[0].lines
    assert line.get_xdata().tolist() == [3, 3, 0, 3]
    assert line.get_ydata().tolist() == [0, 1, 2, 3]


def test_both_networks_are_named_and_what_pairs_their_maps():
    words = written(draw(make(), make(other="third", pairing="simulation")))
    assert words.count("first\nshown home") == 2
    assert "third\nshown away" in words
    assert "the same 50 maps\nmean 0.30, diagonal 0.40" in words
    assert "50 maps, by simulation\nmean 0.30, diagonal 0.40" in words


def test_the_diagonal_is_left_out_where_layers_differ():
    assert "the same 50 maps\nmean 0.35" in written(draw(make(others=("a", "b", "c")), estimator="minibatch"))


def test_a_panel_stays_square_whatever_the_layers():
    bounds = panels(draw(make(others=[f"L{number}" for number in range(9)])))[0].get_window_extent()
    assert bounds.width == pytest.approx(bounds.height)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7])
def test_nothing_leaves_the_page_or_overlaps(count):
    layers = [f"C{number:02d}" for number in range(20)]
    names = [f"Mtot-IllustrisTNG-{number}" for number in range(count)]
    figure = draw(*(make(other=name, layers=layers, others=layers) for name in names))
    page, words = figure.bbox, [text.get_window_extent() for text in figure.texts]
    boxes = [axes.get_tightbbox() for axes in figure.axes]
    whole = [*boxes, *words, *(legend.get_window_extent() for legend in figure.legends)]
    assert len(panels(figure)) == count
    assert figure.get_figwidth() <= PAGE_WIDTH + 1e-9
    assert all(page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1 for box in whole)
    assert not any(box.overlaps(other) for box, other in combinations(whole, 2))


def test_nothing_to_draw_is_an_error():
    with pytest.raises(InputError, match="there is no comparison"):
        draw_comparisons([], table_of(make()))


def test_a_comparison_that_the_table_lacks_is_an_error():
    with pytest.raises(InputError, match="has 0 rows of model 'first', domain 'home', model_other 'third'"):
        draw_comparisons([make(other="third")], table_of(make()))


def test_an_unknown_estimator_is_an_error():
    with pytest.raises(InputError, match="Unknown estimator 'x'"):
        draw(make(), estimator="x")
