from itertools import combinations

import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_hex

from repshift.drawing.figure1 import draw_figure1
from repshift.drawing.layout import add_panel
from repshift.drawing.matrices import labelled
from repshift.drawing.plotting import HOUSE
from repshift.drawing.spectra import BIN_WIDTH
from repshift.drawing.style import PAGE_WIDTH, PUBLICATION, number
from repshift.vocabulary import PARAMETERS, InputError

MEASURES = ["cka_biased", "cka_debiased", "cka_minibatch"]
TNG = ("T_MockTNG", "T", "MockTNG")
SIMBA = ("Mtot_MockSIMBA", "Mtot", "MockSIMBA")
CASES = [(*TNG, "MockTNG"), (*TNG, "MockSIMBA"), (*SIMBA, "MockSIMBA"), (*SIMBA, "MockTNG")]


def smooth(n_layers):
    depth = np.arange(n_layers) / (n_layers - 1)
    return 1.3 * np.exp(-((np.abs(depth[:, None] - depth) / 0.85) ** 1.4)) - 0.4


def block(n_layers):
    inside = np.arange(n_layers) > 3
    matrix = np.where(np.logical_and.outer(inside, inside), 0.93, 0.35)
    np.fill_diagonal(matrix, 1)
    return matrix


def make_summary(cases=CASES, n_layers=14, n_dims=None):
    n_dims = n_dims or n_layers
    cka = np.full((len(cases), 3, n_dims, n_dims), np.nan)
    eigenvalue = np.full((len(cases), 3, n_dims), np.nan)
    for index, (_, _, train, test) in enumerate(cases):
        matrix = smooth(n_layers) if train == test else block(n_layers)
        np.fill_diagonal(matrix, 1)
        cka[index, :, :n_layers, :n_layers] = matrix
        eigenvalue[index, :, :n_layers] = np.linalg.eigvalsh(matrix)[::-1]
    names = [f"C{index:02d}" for index in range(n_layers - 1)] + ["FC1"] + [""] * (n_dims - n_layers)
    r2 = np.linspace(-10.61, 0.98, len(cases) * 12).reshape(len(cases), 2, 6)
    columns = dict(zip(("model", "field", "train_suite", "test_suite"), zip(*cases, strict=True), strict=True))
    return xr.Dataset(
        {
            "layer_name": (("case", "layer"), [names] * len(cases)),
            "similarity": (("case", "measure", "layer", "layer_other"), cka),
            "eigenvalue": (("case", "measure", "rank"), eigenvalue),
            "off_diagonal_mean": (("case", "measure"), np.full((len(cases), 3), 0.73)),
            "r2": (("case", "maps", "parameter"), r2),
            "rmse": (("case", "maps", "parameter"), np.ones_like(r2)),
            "n_maps": (("case", "maps"), [[750, 50]] * len(cases)),
        },
        {
            **{name: ("case", list(values)) for name, values in columns.items()},
            "domain": ("case", [f"{case[3]}_LHT" for case in cases]),
            "in_distribution": ("case", np.array([case[2] == case[3] for case in cases], dtype=np.int8)),
            "measure": MEASURES,
            "parameter": list(PARAMETERS),
            "maps": ["split", "cka"],
        },
    )


def make_examples(cases=CASES):
    rng = np.random.default_rng(0)
    log_mean = {"T": 4.7, "Mtot": 11.3}
    return {
        (model, f"{suite}_LHT"): (10 ** rng.normal(log_mean[field], 0.5, (64, 64))).astype(np.float32)
        for model, field, _, suite in cases
    }


def draw(cases=CASES, *, models=(TNG[0], SIMBA[0]), n_layers=14, n_dims=None, box=None, **settings):
    summary, examples = make_summary(cases, n_layers, n_dims), make_examples(cases)
    boxes = None if box is None else dict.fromkeys(examples, box)
    return draw_figure1(summary, examples, models=models, boxes=boxes, **settings)


def panels(figure, start):
    return [axes for axes in figure.axes if axes.get_label().startswith(start)]


def written(figure):
    return [text.get_text() for text in figure.texts]


@pytest.fixture(scope="module")
def figure():
    return draw(box=75.0)


def test_of_a_classifier_the_accuracy_is_written():
    summary = make_summary(CASES[:2])
    known = xr.full_like(summary["r2"], np.nan)
    known[:, :, 0] = [[0.91, 0.92], [0.41, 0.42]]
    sorted_maps = summary.assign(accuracy=known, r2=known * np.nan, rmse=known * np.nan)
    words = written(draw_figure1(sorted_maps, make_examples(CASES[:2]), models=(TNG[0],)))
    assert {"accuracy", "0.91", "0.92", "0.41", "0.42"} <= set(words)
    assert "$R^2$" not in words


def test_letters_run_through_the_rows(figure):
    assert [text.get_text() for text in figure.texts if (text.get_gid() or "").startswith("letter")] == [*"abcdef"]


def test_layer_1_is_at_the_bottom_left(figure):
    axes = panels(figure, "cka ")[0]
    image = axes.images[0]
    assert image.origin == "lower"
    assert axes.get_ylim() == axes.get_xlim() == (-0.5, 13.5)
    assert axes.get_yticklabels()[0].get_text() == axes.get_xticklabels()[0].get_text() == "C00"


def test_matrices_show_the_values_of_the_estimator():
    summary = make_summary()
    summary["similarity"].loc[{"measure": "cka_biased"}] = 0.5
    figure = draw_figure1(summary, make_examples(), models=[TNG[0]], estimator="biased")
    assert all((axes.images[0].get_array() == 0.5).all() for axes in panels(figure, "cka "))


def test_matrices_and_colour_bar_share_a_scale_from_0_to_1(figure):
    limits = [axes.images[0].get_clim() for axes in panels(figure, "cka ")]
    assert limits == [(0, 1)] * 4
    (bar,) = panels(figure, "CKA colour bar")
    assert bar.get_xlim() == (0, 1)


def test_values_below_zero_have_a_colour_of_their_own(figure):
    colours = panels(figure, "cka ")[0].images[0].cmap
    assert panels(figure, "cka ")[0].images[0].get_array().min() < 0
    assert tuple(colours.get_under()) not in {tuple(colours(value)) for value in range(colours.N)}


@pytest.mark.parametrize(("estimator", "words"), [("debiased", "debiased"), ("minibatch", "mini-batch")])
def test_colour_bar_and_statistics_name_the_estimator(estimator, words):
    figure = draw(estimator=estimator)
    assert f"{words} linear CKA" in panels(figure, "CKA colour bar")[0].get_xlabel()
    assert all(
        words in axes.get_xlabel() for start in ("distribution", "eigenvalues") for axes in panels(figure, start)
    )


def test_titles_name_suites_and_relation(figure):
    assert "MockTNG → MockSIMBA\nout of distribution" in written(figure)
    assert "MockSIMBA → MockSIMBA\nin distribution" in written(figure)


def test_headings_name_field_and_model(figure):
    assert "Gas temperature: model T_MockTNG" in written(figure)
    assert "Total matter surface density: model Mtot_MockSIMBA" in written(figure)


def test_scores_are_written_with_their_number_of_maps(figure):
    r2 = make_summary()["r2"].sel(parameter=["Omega_m", "sigma_8"]).values.ravel()
    assert {number(value) for value in r2} <= set(written(figure))
    assert written(figure).count("50 CKA maps") == written(figure).count("all 750 maps") == 4


def test_a_suite_keeps_its_colour_in_all_panels(figure):
    for axes in panels(figure, "distribution"):
        assert {steps.get_label(): to_hex(steps.get_edgecolor()[0]) for steps in axes.collections} == {
            f"{suite}_LHT": HOUSE.suite_colour(suite).lower() for suite in ("MockTNG", "MockSIMBA")
        }


def test_distributions_are_filled_in_and_outlined_out(figure):
    for axes in panels(figure, "distribution"):
        inside, outside = (steps.get_facecolor()[0] for steps in axes.collections)
        assert inside[3] > 0
        assert outside[3] == 0


def area(corners):
    """Return the area of a polygon, (n_corners, 2)."""
    x, y = corners.T
    return abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)) / 2


def test_a_distribution_counts_every_pair_of_layers(figure):
    axes = panels(figure, "distribution")[0]
    areas = [area(steps.get_paths()[0].vertices) for steps in axes.collections]
    assert areas == pytest.approx([91 * BIN_WIDTH] * 2)
    assert [line.get_xdata()[0] for line in axes.lines] == [0.73, 0.73]


def test_negative_eigenvalues_are_marked_on_the_floor():
    summary = make_summary()
    summary["eigenvalue"][:, :, -2:] = [-0.2, -0.3]
    axes = panels(draw_figure1(summary, make_examples(), models=[TNG[0]]), "eigenvalues")[0]
    floor = [line for line in axes.lines if line.get_label().startswith("below")]
    assert [len(line.get_xdata()) for line in floor] == [2, 2]
    assert "or negative" in axes.texts[0].get_text()
    assert np.isnan(axes.lines[0].get_ydata()[-2:]).all()


def test_eigenvalues_are_drawn_against_rank_from_1(figure):
    line = panels(figure, "eigenvalues")[0].lines[0]
    expected = make_summary()["eigenvalue"][0, 1].values
    shown = expected >= 1e-3
    np.testing.assert_array_equal(line.get_xdata(), np.arange(1, 15))
    np.testing.assert_array_equal(line.get_ydata()[shown], expected[shown])


def test_maps_of_a_row_share_a_logarithmic_scale(figure):
    first, second, *others = panels(figure, "map T") + panels(figure, "map Mtot")
    assert first.images[0].norm is second.images[0].norm
    assert others[0].images[0].norm is not first.images[0].norm
    examples = make_examples()
    assert first.images[0].norm.vmax == max(
        examples[TNG[0], f"{suite}_LHT"].max() for suite in ("MockTNG", "MockSIMBA")
    )
    assert panels(figure, "map colour bar")[0].get_ylabel() == "$T$ [K]"


def test_each_map_has_the_scale_of_its_own_box():
    examples = make_examples()
    boxes = dict(zip(examples, (75.0, 25.0, 75.0, 75.0), strict=True))
    figure = draw_figure1(make_summary(), examples, models=[TNG[0]], boxes=boxes)
    assert [axes.images[0].get_extent()[1] for axes in panels(figure, "map ")[:2]] == [75, 25]


def test_scale_bar_is_drawn_only_with_a_box(figure):
    axes = panels(figure, "map ")[0]
    assert np.ptp(axes.lines[0].get_xdata()) == pytest.approx(20)
    assert axes.images[0].get_extent() == [0, 75, 0, 75]
    assert not panels(draw(), "map ")[0].lines


@pytest.mark.parametrize(
    ("tests", "rows"), [(1, 1), (4, 1), *(pytest.param(*both, marks=pytest.mark.slow) for both in [(2, 3), (3, 1)])]
)
def test_nothing_leaves_the_page_or_overlaps(tests, rows):
    suites = ("IllustrisTNG", "SIMBA", "Nbody_IllustrisTNG", "SIMBA_B")[:tests]
    models = [f"model_{row}" for row in range(rows)]
    cases = [(model, "Mtot", "IllustrisTNG", suite) for model in models for suite in suites]
    figure = draw(cases, models=models, n_layers=20, n_dims=22, box=25.0)
    page, words = figure.bbox, [text.get_window_extent() for text in figure.texts]
    boxes = [axes.get_tightbbox() for axes in figure.axes] + words
    assert figure.get_figwidth() == PAGE_WIDTH
    assert all(page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1 for box in boxes)
    frames = [axes.get_window_extent() for axes in figure.axes]
    assert not any(box.overlaps(frame) for box in words for frame in frames)
    assert not any(box.overlaps(other) for box, other in combinations(words, 2))


def test_long_names_of_outputs_leave_each_other_room():
    names = ["bulge_to_total_light", "log10_half_light_radius"]
    long = make_summary(CASES[:2]).isel(parameter=slice(2)).assign_coords(parameter=names)
    figure = draw_figure1(long, make_examples(CASES[:2]), models=(TNG[0],))
    assert set(names) <= set(written(figure))
    assert not any(one.overlaps(other) for one, other in combinations([t.get_window_extent() for t in figure.texts], 2))


def test_layers_that_a_model_lacks_are_not_drawn():
    figure = draw(n_layers=11, n_dims=20)
    assert {axes.images[0].get_array().shape for axes in panels(figure, "cka ")} == {(11, 11)}
    assert np.isfinite(panels(figure, "cka ")[0].images[0].get_array()).all()


def test_domains_of_one_suite_are_told_apart():
    summary = make_summary().isel(case=[0, 1, 1]).assign_coords(domain=("case", ["A", "B", "B_own"]))
    examples = {(TNG[0], domain): np.ones((4, 4), np.float32) for domain in ("A", "B", "B_own")}
    figure = draw_figure1(summary, examples, models=[TNG[0]])
    assert "MockTNG → MockSIMBA\nout of distribution (B_own)" in written(figure)


@pytest.mark.parametrize("n_layers", [1, 11, 14, 20, 41])
def test_first_and_last_layer_are_always_labelled(n_layers):
    shown = labelled(n_layers)
    assert shown[0] == 0
    assert shown[-1] == n_layers - 1
    assert len(shown) <= 14


def test_ticks_keep_their_style_after_the_style_is_left(figure):
    assert figure.axes[0].yaxis.get_tick_params()["labelsize"] == PUBLICATION["font.size"]
    assert add_panel(figure, 0, 0, 1, 1).xaxis.get_tick_params()["width"] == 0.5


def test_the_same_input_gives_the_same_figure():
    first, second = draw(), draw()
    assert written(first) == written(second)
    assert [axes.get_position().bounds for axes in first.axes] == [axes.get_position().bounds for axes in second.axes]


def test_unknown_model_is_an_error():
    with pytest.raises(InputError, match=r"The summary has no model 'x'\. It has T_MockTNG, Mtot_MockSIMBA\."):
        draw(models=["x"])


def test_unknown_estimator_is_an_error():
    with pytest.raises(InputError, match=r"Unknown estimator 'x'\. The estimators are biased, debiased, minibatch\."):
        draw(estimator="x")


def test_estimator_absent_from_the_summary_is_an_error():
    summary = make_summary().sel(measure=["cka_biased"])
    with pytest.raises(InputError, match=r"The summary has no measure 'cka_debiased'\. It has cka_biased\."):
        draw_figure1(summary, make_examples(), models=[TNG[0]])


def test_no_models_is_an_error():
    with pytest.raises(InputError, match="'models' is empty"):
        draw(models=[])


def test_missing_example_is_an_error():
    with pytest.raises(InputError, match=r"no example map of model 'T_MockTNG' and domain 'MockTNG_LHT'"):
        draw_figure1(make_summary(), {}, models=[TNG[0]])


def test_examples_without_positive_values_are_an_error():
    examples = {key: np.zeros((4, 4), np.float32) for key in make_examples()}
    with pytest.raises(InputError, match="no positive value"):
        draw_figure1(make_summary(), examples, models=[TNG[0]])


def with_intervals(summary, *, half=0.05, p_value=0.002):
    """Add intervals of a given half width to every number, and a test to every case out of distribution."""
    numbers = ("off_diagonal_mean", "eigenvalue", "r2")
    ends = {
        f"{name}_{end}": summary[name] + sign * half for name in numbers for end, sign in (("low", -1), ("high", 1))
    }
    outside = summary["in_distribution"].to_numpy() == 0
    null = np.where(outside[:, None, None], np.linspace(-3, 3, 99)[:, None], np.nan)
    tests = {
        "studentised": (("case", "number"), np.where(outside, 4.0, np.nan)[:, None]),
        "studentised_p_value": (("case", "number"), np.where(outside, p_value, np.nan)[:, None]),
        "studentised_null": (("case", "permutation", "number"), null),
    }
    return summary.assign(ends).assign(tests).assign_coords(number=["off_diagonal_mean"])


def draw_with_intervals(**changes):
    summary = with_intervals(make_summary(), **changes)
    return draw_figure1(summary, make_examples(), models=(TNG[0], SIMBA[0]))


def test_intervals_stand_beside_every_number():
    figure = draw_with_intervals()
    words = [text.get_text() for text in figure.texts]
    assert words.count("mean CKA") == 4
    assert "0.73 [0.68, 0.78]" in words
    last = float(make_summary()["r2"].sel(maps="cka", parameter="sigma_8")[-1])
    assert f"[{number(last - 0.05)}, {number(last + 0.05)}]" in words
    distribution = next(axes for axes in figure.axes if axes.get_label() == f"distribution {TNG[0]}")
    spans = [patch for patch in distribution.patches if str(patch.get_label()).startswith("interval ")]
    assert [(span.get_x(), span.get_width()) for span in spans] == [pytest.approx((0.68, 0.1))] * 2


def test_the_test_of_swapped_domains_is_drawn_with_its_p_value():
    figure = draw_with_intervals(p_value=0.0125)
    axes = next(axes for axes in figure.axes if axes.get_label() == f"test {SIMBA[0]}")
    assert [text.get_text() for text in axes.texts] == ["p = 0.013"]
    line = next(line for line in axes.lines if line.get_label() == "observed MockTNG_LHT")
    assert line.get_xdata()[0] == 4.0
    assert sum(patch.get_height() for patch in axes.patches) == pytest.approx(1)


def test_p_values_of_many_domains_stay_in_their_panel():
    suites = ("MockTNG", *(f"Suite{number}" for number in range(7)))
    cases = [("T_MockTNG", "T", "MockTNG", suite) for suite in suites]
    examples = {(model, f"{suite}_LHT"): np.ones((8, 8), dtype=np.float32) for model, _, _, suite in cases}
    figure = draw_figure1(with_intervals(make_summary(cases)), examples, models=("T_MockTNG",))
    axes = next(axes for axes in figure.axes if axes.get_label() == "test T_MockTNG")
    assert len(axes.texts) == 7
    assert all(text.get_window_extent().y0 >= axes.get_window_extent().y0 for text in axes.texts)
    assert max(patch.get_height() for patch in axes.patches) > 0.4 * axes.get_ylim()[1]  # the nulls have their room


def test_without_tests_there_is_no_panel_of_one():
    assert not [axes for axes in draw().axes if str(axes.get_label()).startswith("test ")]


def test_scores_with_intervals_do_not_run_into_each_other():
    figure = draw_with_intervals()
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in figure.texts if text.get_text()]
    overlapping = [(a, b) for a, b in combinations(boxes, 2) if a.overlaps(b)]
    assert not [
        1 for a, b in overlapping if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 4
    ]
