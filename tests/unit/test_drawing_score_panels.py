"""The figure of shift scores: a panel a score, a mark a domain, grey between halves."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_hex

from repshift.drawing.plotting import make_plotting
from repshift.drawing.score_panels import draw_shift_scores, values_of
from repshift.drawing.style import PAGE_WIDTH
from repshift.evidence.shift_scores import SHIFT_SCORES
from repshift.vocabulary import InputError

OF_CASE = [name for name, score in SHIFT_SCORES.items() if not score.is_of_parameters]
SOME = ["cka_debiased_mean_rise", "mmd_linear_mean", "auc_last", "pixel_std"]
PARAMETERS = ["Omega_m", "sigma_8"]


def make(
    rng, domain="away", suite="SIMBA", *, model="first", shift=1.0, halves=20, outputs=("sigma_ratio",), names=SOME
):
    """Make the shift scores of a case, all alike, and those between halves, around 0."""
    variables = {"value": ("predictor", shift * np.linspace(0.5, 1.5, len(names)))}
    coords = {"predictor": list(names)}
    if outputs:
        variables["parameter_value"] = (("answer", "parameter"), np.array([[shift, shift + 1.0]] * len(outputs)))
        coords |= {"answer": list(outputs), "parameter": PARAMETERS}
    for name, (dimensions, values) in dict(variables).items() if halves else ():
        drawn = 0.1 * rng.normal(size=(halves, *values.shape))
        variables[f"halves_{name}"] = (("halves", *np.atleast_1d(dimensions)), drawn)
    attributes = {"model": model, "domain": domain, "test_suite": suite, "own_domain": "home", "train_suite": "TNG"}
    return xr.Dataset(variables, coords, attributes)


def panel(figure, score, model="first"):
    (found,) = [axes for axes in figure.axes if axes.get_label() == f"{model} {score}"]
    return found


def marks(axes):
    """Return the value, the colour and the marker of each domain of a panel."""
    lines = [line for line in axes.lines if line.get_gid() not in ("median", None)]
    return {one.get_gid(): (one.get_xdata()[0], to_hex(one.get_color()), one.get_marker()) for one in lines}


def grey(axes):
    """Return the ends of the range between halves."""
    (patch,) = [patch for patch in axes.patches if patch.get_gid() == "halves"]
    box = patch.get_extents().transformed(axes.transData.inverted())
    return box.x0, box.x1


def test_every_score_has_a_panel(rng):
    figure = draw_shift_scores([make(rng, names=OF_CASE)])
    assert {axes.get_label() for axes in figure.axes} == {f"first {name}" for name in (*OF_CASE, "sigma_ratio")}
    assert figure.get_figwidth() == PAGE_WIDTH


def test_a_mark_is_a_domain_in_the_colour_of_its_suite(rng):
    cases = [make(rng), make(rng, "far", "Astrid", shift=2.0)]
    found = marks(panel(draw_shift_scores(cases), "auc_last"))
    values = [case["value"].sel(predictor="auc_last").item() for case in cases]
    assert found["away"] == (values[0], "#d55e00", "o")
    assert found["far"] == (values[1], "#009e73", "o")


def test_domains_of_one_suite_differ_by_their_marks(rng):
    found = marks(panel(draw_shift_scores([make(rng), make(rng, "away-own")]), "auc_last"))
    assert [marker for _, _, marker in found.values()] == ["o", "s"]
    assert len({colour for _, colour, _ in found.values()}) == 1


def test_grey_holds_95_percent_of_the_halves(rng):
    case = make(rng)
    axes = panel(draw_shift_scores([case]), "auc_last")
    halves = case["halves_value"].sel(predictor="auc_last").to_numpy()
    assert grey(axes) == pytest.approx(tuple(np.quantile(halves, [0.025, 0.975])))
    (median,) = [line for line in axes.lines if line.get_gid() == "median"]
    assert median.get_xdata()[0] == pytest.approx(np.median(halves))


def test_scores_of_outputs_are_means_over_parameters(rng):
    case = make(rng)
    value, halves = values_of(case, "sigma_ratio")
    assert value == 1.5
    assert halves == pytest.approx(case["halves_parameter_value"].sel(answer="sigma_ratio").mean("parameter"))
    case["parameter_value"][0, 0] = np.nan
    assert values_of(case, "sigma_ratio")[0] == 2.0


def test_without_halves_nothing_is_grey(rng):
    figure = draw_shift_scores([make(rng, halves=0)])
    assert not panel(figure, "auc_last").patches
    assert "halves" not in " ".join(text.get_text() for text in figure.legends[0].get_texts())


def test_scores_of_classes_are_drawn_too(rng):
    classes = ("entropy_rise", "confidence_fall")
    figure = draw_shift_scores([make(rng, outputs=classes)])
    assert marks(panel(figure, "entropy_rise"))["away"][0] == 1.5


def test_a_network_without_outputs_has_the_other_panels(rng):
    figure = draw_shift_scores([make(rng, outputs=())])
    assert {axes.get_label() for axes in figure.axes} == {f"first {name}" for name in SOME}


def test_a_value_far_outside_has_a_logarithmic_axis(rng):
    near, far = (panel(draw_shift_scores([make(rng, shift=shift)]), "auc_last") for shift in (1.0, 1000.0))
    assert (near.get_xscale(), far.get_xscale()) == ("linear", "symlog")
    assert 0 in far.get_xticks()
    assert max(far.get_xticks()) >= 100
    assert not len(near.get_xticks(minor=True))
    assert {200, 300, 900} <= set(np.round(far.get_xticks(minor=True)))


@pytest.mark.parametrize("shift", [-1000.0, -1.0, 0.0, 1.0, 1000.0])
def test_every_mark_lies_within_its_axis(rng, shift):
    figure = draw_shift_scores([make(rng, shift=shift), make(rng, "far", shift=2 * shift)])
    for axes in figure.axes:
        low, high = axes.get_xlim()
        assert all(low < value < high for value, _, _ in marks(axes).values())
        assert [low < tick < high for tick in axes.get_xticks()].count(True) >= 1


def test_models_stand_below_each_other(rng):
    figure = draw_shift_scores([make(rng), make(rng, model="second"), make(rng, "far")])
    first, second = (panel(figure, "auc_last", model).get_position() for model in ("first", "second"))
    assert first.y0 > second.y1
    assert list(marks(panel(figure, "auc_last"))) == ["away", "far"]


def test_panels_do_not_overlap(rng):
    figure = draw_shift_scores([make(rng, *named, names=OF_CASE) for named in zip("abcdef", "ABCDEF", strict=True)])
    boxes = [axes.get_position() for axes in figure.axes]
    apart = [
        one.x1 <= other.x0 or other.x1 <= one.x0 or one.y1 <= other.y0 or other.y1 <= one.y0
        for place, one in enumerate(boxes)
        for other in boxes[:place]
    ]
    assert all(apart)
    assert all(box.y0 > 0 and box.y1 < 1 for box in boxes)


def test_the_configuration_labels_and_colours_domains(rng):
    plotting = make_plotting({"domains": {"away": {"label": "Far away", "color": "#112233"}}})
    figure = draw_shift_scores([make(rng)], plotting=plotting)
    assert marks(panel(figure, "auc_last"))["Far away"][1] == "#112233"
    assert "Far away" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_a_domain_named_as_its_suite_has_the_label_of_the_suite(rng):
    plotting = make_plotting({"suites": {"SIMBA": {"label": "Simba"}, "Astrid": {"label": "ASTRID"}}})
    cases = [make(rng, "SIMBA", "SIMBA"), make(rng, "Astrid-test", "Astrid")]
    figure = draw_shift_scores(cases, plotting=plotting)
    assert list(marks(panel(figure, "auc_last"))) == ["Simba", "Astrid-test"]


def test_the_title_names_the_own_domain_by_its_label(rng):
    case = make(rng).assign_attrs(own_domain="TNG")
    figure = draw_shift_scores([case], plotting=make_plotting({"suites": {"TNG": {"label": "IllustrisTNG"}}}))
    assert "first: each domain against IllustrisTNG" in [text.get_text() for text in figure.texts]


def test_scores_of_the_outputs_stand_under_their_heading(rng):
    figure = draw_shift_scores([make(rng)])
    assert "Outputs" in [text.get_text() for text in figure.texts]


def test_nothing_to_draw_is_refused():
    with pytest.raises(InputError, match="Nothing to draw: there are no shift scores"):
        draw_shift_scores([])


def test_long_names_stay_on_the_page_and_off_the_panels(rng):
    names = ["-".join([f"survey{number}", *["of-all-the-sky"] * 6])[:100] for number in range(12)]
    cases = [make(rng, name, "W" * 100, model="a-network-of-" * 7, names=OF_CASE) for name in names]
    for case in cases:
        case.attrs["own_domain"] = "our-own-sky-" * 8
    figure = draw_shift_scores(cases)
    figure.canvas.draw()
    (legend,) = [legend.get_window_extent() for legend in figure.legends]
    assert not any(legend.overlaps(axes.get_window_extent()) for axes in figure.axes)
    assert legend.y0 > 0
    assert all(text.get_window_extent().x1 <= figure.bbox.x1 for text in figure.texts)
