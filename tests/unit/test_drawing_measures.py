"""The figure of several measures: what each matrix shows, on which scale, and that nothing overlaps."""

import math
from itertools import combinations

import numpy as np
import pytest
import xarray as xr

from repshift.drawing.measures import draw_measures
from repshift.drawing.style import PAGE_WIDTH
from repshift.vocabulary import InputError

ALL = ("cka_debiased", "rbf_cka_debiased", "rsa_pearson_squared", "procrustes_angle", "mutual_neighbours", "svcca")
DISTANCES = ("procrustes_angle", "procrustes_distance")
DOMAINS = ("IllustrisTNG", "SIMBA", "Nbody_IllustrisTNG", "SIMBA_B", "Astrid", "Nbody_Astrid")


def make_summary(measures=ALL, *, models=("first", "second"), domains=DOMAINS[:2], n_layers=14, n_dims=None):
    """Make a summary in which the value of a matrix is the number of its measure over ten, and a distance ten times."""
    n_dims = n_dims or n_layers
    cases = [(model, domain) for model in models for domain in domains]
    matrices = np.full((len(cases), len(measures), n_dims, n_dims), np.nan)
    for number, measure in enumerate(measures):
        matrices[:, number, :n_layers, :n_layers] = number * (1.0 if measure in DISTANCES else 0.1)
    n_empty = n_dims - n_layers
    names = [f"C{index:02d}" for index in range(n_layers - 1)] + ["FC1"] + [""] * n_empty
    return xr.Dataset(
        {
            "layer_name": (("case", "layer"), [names] * len(cases)),
            "similarity": (("case", "measure", "layer", "layer_other"), matrices),
            "eigenvalue": (("case", "measure", "rank"), np.full((len(cases), len(measures), n_dims), np.nan)),
            "off_diagonal_mean": (("case", "measure"), np.tile(0.11 * np.arange(len(measures)), (len(cases), 1))),
            "r2": (("case", "maps", "parameter"), np.full((len(cases), 2, 0), np.nan)),
            "rmse": (("case", "maps", "parameter"), np.full((len(cases), 2, 0), np.nan)),
            "n_maps": (("case", "maps"), np.zeros((len(cases), 2), dtype=np.int64)),
        },
        {
            "model": ("case", [model for model, _ in cases]),
            "domain": ("case", [domain for _, domain in cases]),
            "field": ("case", ["Mtot"] * len(cases)),
            "train_suite": ("case", ["IllustrisTNG"] * len(cases)),
            "test_suite": ("case", [domain.removesuffix("_B") for _, domain in cases]),
            "in_distribution": ("case", np.array([domain == "IllustrisTNG" for _, domain in cases], dtype=np.int8)),
            "measure": list(measures),
            "measure_units": ("measure", ["rad" if name == "procrustes_angle" else "1" for name in measures]),
            "distance": ("measure", np.array([name in DISTANCES for name in measures], dtype=np.int8)),
            "parameter": np.array([], dtype=object),
            "maps": ["split", "cka"],
        },
    )


def draw(measures=ALL, *, models=("first", "second"), **settings):
    return draw_measures(make_summary(measures, models=models, **settings), models=models, measures=measures)


def panels(figure, start):
    return [axes for axes in figure.axes if axes.get_label().startswith(start)]


def written(figure):
    return [text.get_text() for text in figure.texts]


@pytest.fixture(scope="module")
def figure():
    return draw()


@pytest.mark.parametrize("measure", ALL)
def test_a_column_shows_the_matrices_of_its_measure(figure, measure):
    drawn = panels(figure, f"{measure} ")
    shown = [axes for axes in drawn if axes.images]
    value = ALL.index(measure) * (1.0 if measure in DISTANCES else 0.1)
    assert [axes.get_label() for axes in shown] == [
        f"{measure} {model} {domain}" for model in ("first", "second") for domain in DOMAINS[:2]
    ]
    assert all((axes.images[0].get_array() == value).all() for axes in shown)
    assert len({axes.get_position().x0 for axes in shown}) == 1


def test_rows_are_cases_one_below_the_other(figure):
    tops = [axes.get_position().y1 for axes in panels(figure, "svcca ")]
    assert tops == sorted(tops, reverse=True)
    assert len(set(tops)) == 4


def test_layer_1_is_at_the_bottom_left(figure):
    axes = panels(figure, "cka_debiased first")[0]
    assert axes.images[0].origin == "lower"
    assert axes.get_yticklabels()[0].get_text() == "C00"
    assert axes.get_yticklabels()[-1].get_text() == "FC1"


def test_an_angle_s_scale_ends_at_a_right_one(figure):
    limits = {axes.get_label().split()[0]: axes.images[0].get_clim() for axes in figure.axes if axes.images}
    assert limits.pop("procrustes_angle") == (0, math.pi / 2)
    assert set(limits.values()) == {(0, 1)}


def test_an_open_distance_ends_at_the_largest_drawn():
    summary = make_summary(("cka_debiased", "procrustes_distance"))
    summary["similarity"].values[3, 1, 2, 5] = 640.0
    figure = draw_measures(summary, models=["first", "second"], measures=["cka_debiased", "procrustes_distance"])
    drawn = [axes for axes in panels(figure, "procrustes_distance ") if axes.images]
    assert {axes.images[0].get_clim() for axes in drawn} == {(0, 640)}


def test_each_scale_has_its_bar_with_its_unit(figure):
    bars = [axes for axes in figure.axes if axes.get_label().endswith("colour bar")]
    assert [axes.get_xlabel() for axes in bars] == ["Layer similarity", "Procrustes angle [rad]"]
    assert bars[1].get_xlim() == (0, math.pi / 2)


def test_bright_is_alike_on_every_scale(figure):
    alike = {"cka_debiased": 1.0, "procrustes_angle": 0.0}
    for measure, value in alike.items():
        image = panels(figure, f"{measure} first")[0].images[0]
        luminance = [np.dot(image.cmap(image.norm(level))[:3], (0.3, 0.6, 0.1)) for level in (value, 0.5, 1.0 - value)]
        assert luminance == sorted(luminance, reverse=True)


def test_the_mean_of_distinct_layers_stands_below_each_matrix(figure):
    assert written(figure).count("mean 0.33 rad") == written(figure).count("mean 0.11") == 4


def test_rows_say_the_suites_and_groups_the_model(figure):
    assert written(figure).count("IllustrisTNG → SIMBA, out of distribution") == 2
    assert "Total matter surface density: model second" in written(figure)
    assert [text.get_text() for text in figure.texts if (text.get_gid() or "").startswith("letter")] == ["a", "b"]


def test_a_field_that_cmd_has_not_has_the_name_given():
    summary = make_summary(["cka_debiased"], models=["first"]).assign_coords(field=("case", ["rho"] * 2))
    drawn = {"models": ["first"], "measures": ["cka_debiased"]}
    assert "Dust column: model first" in written(draw_measures(summary, **drawn, fields={"rho": "dust column"}))
    assert "rho: model first" in written(draw_measures(summary, **drawn))


EVERY = [(n_cases, n_measures) for n_cases in (1, 2, 6) for n_measures in (1, 2, 3, 6, 7, 9)]
FEW = [(1, 1), (2, 3), (1, 9)]
"""One panel, one row of panels, and measures that fold over."""


@pytest.mark.parametrize(
    ("n_cases", "n_measures"),
    [*FEW, *(pytest.param(*both, marks=pytest.mark.slow) for both in EVERY if both not in FEW)],
)
def test_nothing_leaves_the_page_or_overlaps(n_cases, n_measures):
    measures = (*ALL, "procrustes_distance", "cka_minibatch", "cca")[:n_measures]
    figure = draw(measures, domains=DOMAINS[:n_cases], n_layers=20, n_dims=22)
    page, words = figure.bbox, [text.get_window_extent() for text in figure.texts]
    boxes = [axes.get_tightbbox() for axes in figure.axes] + words
    assert figure.get_figwidth() <= PAGE_WIDTH + 1e-9
    assert all(page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1 for box in boxes)
    frames = [axes.get_window_extent() for axes in figure.axes]
    assert not any(box.overlaps(frame) for box in words for frame in frames)
    assert not any(box.overlaps(other) for box, other in combinations(words, 2))
    assert not any(box.overlaps(other) for box, other in combinations(frames, 2))


def test_names_of_layers_do_not_touch():
    figure = draw((*ALL, "procrustes_distance"), n_layers=41)
    axes = panels(figure, "cka_debiased first")[0]
    figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in axes.get_yticklabels()]
    assert len(boxes) >= 4
    assert not any(box.overlaps(other) for box, other in combinations(boxes, 2))


def test_more_than_seven_measures_fold_over():
    figure = draw((*ALL, "procrustes_distance", "cka_minibatch"), models=["first"])
    left = {axes.get_position().x0 for axes in figure.axes if axes.images}
    assert len(left) == 4


def test_layers_that_a_model_lacks_are_not_drawn():
    figure = draw(n_layers=11, n_dims=20)
    assert {axes.images[0].get_array().shape for axes in figure.axes if axes.images} == {(11, 11)}


@pytest.mark.parametrize(("models", "measures"), [([], ["svcca"]), (["first"], [])])
def test_nothing_to_draw_is_an_error(models, measures):
    with pytest.raises(InputError, match=f"{len(models)} models and {len(measures)} measures"):
        draw_measures(make_summary(), models=models, measures=measures)


def test_a_measure_that_the_summary_lacks_is_an_error():
    with pytest.raises(InputError, match=r"The summary has no measure 'cca'\. It has cka_debiased, rbf_cka_debiased"):
        draw_measures(make_summary(), models=["first"], measures=["cca"])
