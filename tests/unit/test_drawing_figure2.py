"""Figure 2: what it draws of the attribution, the summary and the statistics, and what it leaves out."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.colors import to_hex

from repshift import InputError
from repshift.drawing.figure2 import ModelWithControls, draw_figure2
from repshift.drawing.plotting import HOUSE
from repshift.drawing.shift_steps import FLOOR
from repshift.drawing.style import number, parameter_label
from repshift.statistics.blocks import BLOCK_NUMBERS

DOMAINS = ["MockTNG", "MockSIMBA", "own", "spectrum"]
SUITES = ["MockTNG", "MockSIMBA", "MockSIMBA", "MockSIMBA-spectrum"]
BLOCK = {"M": [0.5, 0.9, 0.8, 0.6], "U": [0.3, 0.4, 0.3, 0.3]}
R2 = {"Omega_m": [0.9, -5.0, 0.1, 0.5], "sigma_8": [0.8, 0.2, 0.3, 0.4]}


def row(model, index, quantity, value, *, estimator="", parameter=""):
    return {
        **{"model": model, "field": "T", "domain": DOMAINS[index], "test_suite": SUITES[index]},
        **{"quantity": quantity, "estimator": estimator, "parameter": parameter},
        **{"value": value, "value_low": value - 0.1, "value_high": value + 0.2},
    }


@pytest.fixture
def attribution():
    rows = [
        row(model, index, "off_diagonal_mean", value + extra, estimator=estimator)
        for model, values in BLOCK.items()
        for index, value in enumerate(values)
        for estimator, extra in (("debiased", 0.0), ("biased", 0.05))
    ]
    scored = [row("M", index, "r2", R2[name][index], parameter=name) for name in R2 for index in range(4)]
    return pd.DataFrame(rows + scored)


@pytest.fixture
def summary():
    cases = [(model, domain) for model in ("M", "U", "L") for domain in DOMAINS[:2]]
    measures = ["cka_biased", "cka_debiased", "cka_minibatch"]
    values = np.arange(18.0).reshape(6, 3) / 20
    names = np.array([["C01", "FC1", "FC2"] if model == "L" else ["C01", "FC1", ""] for model, _ in cases])
    pixels = np.where(names == "", np.nan, np.arange(6)[:, None] / 10 + [0.3, 0.2, 0.1])
    return xr.Dataset(
        {
            "off_diagonal_mean": (("case", "measure"), values),
            "off_diagonal_mean_low": (("case", "measure"), values - 0.02),
            "off_diagonal_mean_high": (("case", "measure"), values + 0.02),
            "layer_name": (("case", "layer"), names),
            "cka_debiased_pixels": (("case", "layer"), pixels),
        },
        coords={
            "model": ("case", [model for model, _ in cases]),
            "domain": ("case", [domain for _, domain in cases]),
            "test_suite": ("case", [domain for _, domain in cases]),
            "measure": measures,
        },
    )


def store(axis, names):
    """Statistics of one case: each variable another number, each estimator another hundredth."""
    values = {
        name: (
            ("estimator", "number", axis),
            np.full((2, 6, 4), 0.5 + 0.1 * index) + np.array([0, 0.01])[:, None, None],
        )
        for index, name in enumerate(names)
    }
    coords = {"estimator": ["biased", "debiased"], "number": list(BLOCK_NUMBERS), axis: [0, 1, 2, 3]}
    return xr.Dataset(values, coords, attrs={"test_suite": "MockSIMBA"})


@pytest.fixture
def draw(attribution, summary):
    def draw(*, attribution=attribution, summary=summary, models=None, **more):
        figure = draw_figure2(
            attribution,
            summary,
            models=[ModelWithControls("M", "U", "L")] if models is None else models,
            parameters=["Omega_m", "sigma_8"],
            **more,
        )
        return {axes.get_label(): axes for axes in figure.axes}

    return draw


def points(axes, label):
    """Return what is drawn under a label: y, colour and face of each point."""
    found = [c for c in axes.containers if c.get_label() == label]
    return [(c[0].get_ydata()[0], to_hex(c[0].get_color()), to_hex(c[0].get_markerfacecolor())) for c in found]


def test_the_block_is_filled_where_the_network_is_trained(draw):
    axes = draw()["Block, debiased M"]
    for domain, suite, value, other in zip(
        DOMAINS, ["MockTNG"] + ["MockSIMBA"] * 3, BLOCK["M"], BLOCK["U"], strict=True
    ):
        colour = to_hex(HOUSE.suite_colour(suite))
        assert points(axes, f"trained {domain}") == [(value, colour, colour)]
        assert points(axes, f"untrained {domain}") == [(other, colour, "#ffffff")]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == DOMAINS


def test_intervals_are_those_of_the_table(draw):
    (container,) = [c for c in draw()["Block, debiased M"].containers if c.get_label() == "trained own"]
    (bar,) = container[2]
    assert bar.get_segments()[0][:, 1] == pytest.approx([0.7, 1.0])


def test_ends_beyond_the_axes_are_not_moved_but_cut_off(draw):
    drawn = draw()
    accuracy = next(axes for label, axes in drawn.items() if label.startswith("Accuracy"))
    for axes, label, ends in [
        (drawn["Block, debiased M"], "trained MockSIMBA", [0.8, 1.1]),
        (accuracy, "Omega_m MockTNG", [0.8, 1.1]),
    ]:
        (container,) = [c for c in axes.containers if c.get_label() == label]
        (bar,) = container[2]
        assert bar.get_segments()[0][:, 1] == pytest.approx(ends)
        assert bar.get_clip_on()
        assert axes.get_ylim()[1] < 1.1


def test_no_bars_are_drawn_where_the_table_has_no_ends(draw, attribution):
    axes = draw(attribution=attribution.drop(columns=["value_low", "value_high"]))["Block, debiased M"]
    assert points(axes, "trained own")[0][0] == 0.8
    assert not any(container[2] for container in axes.containers)


def test_of_a_classifier_the_accuracy_is_drawn(draw, attribution):
    sorted_maps = attribution.replace({"quantity": {"r2": "accuracy"}, "value": {-5.0: 0.4}})
    (axes,) = [axes for axes in draw(attribution=sorted_maps).values() if axes.get_ylabel() == "Accuracy"]
    assert axes.get_ylim() == (0, 1.05)


def test_a_score_below_the_floor_is_a_triangle_with_its_number(draw):
    axes = next(axes for label, axes in draw().items() if label.startswith("Accuracy"))
    assert points(axes, "Omega_m own")[0][0] == 0.1
    triangles = [line for line in axes.lines if line.get_marker() == "v"]
    assert [line.get_ydata()[0] for line in triangles] == [FLOOR]
    assert [text.get_text() for text in axes.texts] == [f"{parameter_label('Omega_m')} {number(-5.0)}"]


def test_estimators_stand_beside_the_other_layers(draw, summary):
    axes = draw()["Estimators and layers M"]
    values = summary["off_diagonal_mean"].to_numpy()
    assert [one[0] for one in points(axes, "MockTNG")] == pytest.approx([*values[0], values[4, 1]])
    assert [one[0] for one in points(axes, "MockSIMBA")] == pytest.approx([*values[1], values[5, 1]])


def test_layers_are_compared_with_the_pixels(draw, summary):
    lines = {line.get_label(): line for line in draw()["Pixels M"].lines}
    assert lines["M MockSIMBA"].get_ydata() == pytest.approx([0.4, 0.3])
    assert to_hex(lines["U MockTNG"].get_markerfacecolor()) == "#ffffff"


def test_statistics_are_drawn_where_there_are_any(draw):
    subsets = {"M": {"MockSIMBA": store("size", ["mean", "low", "high"])}}
    influence = {"M": {"MockSIMBA": store("removed", ["without_dominant", "random_low", "random_high"])}}
    drawn = draw(subsets=subsets, influence=influence)
    solid, dashed = drawn["Number of simulations M"].lines
    assert drawn["Number of simulations M"].get_xlabel() == "Simulations"
    assert (solid.get_ydata()[0], dashed.get_ydata()[0]) == pytest.approx((0.51, 0.50))
    assert drawn["Without dominant maps M"].lines[0].get_ydata() == pytest.approx([0.51] * 4)
    assert len(drawn) == 6


def test_what_is_not_there_is_left_out(draw, attribution, summary):
    drawn = draw(
        attribution=attribution[attribution["quantity"] != "r2"],
        summary=summary.drop_vars(["cka_debiased_pixels", "off_diagonal_mean_low"]),
        models=[ModelWithControls("M")],
    )
    assert list(drawn) == ["Block, debiased M", "Estimators M"]


def test_panels_of_the_block_share_their_range(draw):
    drawn = draw(subsets={"M": {"MockSIMBA": store("size", ["mean", "low", "high"])}})
    ranges = {axes.get_ylim() for axes in drawn.values() if axes.get_ylabel().startswith("Mean CKA")}
    assert len(ranges) == 1


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ([], r"The figure has no rows"),
        ([ModelWithControls("X")], r"The attribution has no model 'X'\. It has M, U\."),
        ([ModelWithControls("M", "L")], r"The attribution has no model 'L'"),
        ([ModelWithControls("M", layers="X")], r"The summary has no model 'X'\."),
    ],
)
def test_a_model_that_is_not_there_is_refused(draw, models, message):
    with pytest.raises(InputError, match=message):
        draw(models=models)
