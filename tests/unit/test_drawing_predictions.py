import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_hex

from repshift.drawing.plotting import HOUSE
from repshift.drawing.predictions import draw_predictions
from repshift.vocabulary import PARAMETERS, InputError


def make_case(*, model="T_MockTNG", train="MockTNG", test="MockSIMBA", domain="LHT", shift=1.0, n_maps=60):
    rng = np.random.default_rng(0)
    low = np.array([parameter.minimum for parameter in PARAMETERS.values()])
    high = np.array([parameter.maximum for parameter in PARAMETERS.values()])
    truth = rng.uniform(low, high, (n_maps, 6))
    values = {"mean": truth + shift, "std": np.full((n_maps, 6), 0.05), "truth": truth}
    attrs = {"model": model, "domain": domain, "field": "T", "train_suite": train, "test_suite": test}
    attrs["in_distribution"] = "true" if train == test else "false"
    variables = {name: (("map", "parameter"), value) for name, value in values.items()}
    return xr.Dataset(variables, {"parameter": list(PARAMETERS)}, attrs)


@pytest.fixture(scope="module")
def figure():
    return draw_predictions([make_case(test="MockTNG", shift=0), make_case()])


def test_there_is_a_panel_a_case_and_parameter(figure):
    labels = [f"True {PARAMETERS[name].symbol}" for name in ("Omega_m", "sigma_8")]
    assert [axes.get_xlabel() for axes in figure.axes] == labels * 2
    assert len(draw_predictions([make_case()] * 5, parameters=["A_SN1"]).axes) == 5


def test_axes_carry_the_unit_of_a_parameter_that_has_one():
    figure = draw_predictions([make_case()], parameters=["A_SN1", "A_AGN1"], units={"A_AGN1": "mag"})
    first, second = (axes.get_xlabel() for axes in figure.axes)
    assert "[" not in first
    assert second == f"True {PARAMETERS['A_AGN1'].symbol} [mag]"
    assert figure.axes[1].get_ylabel() == f"Predicted {PARAMETERS['A_AGN1'].symbol} [mag]"


def test_a_long_name_with_its_unit_stays_on_the_page():
    named = make_case().sel(parameter=["Omega_m"]).assign_coords(parameter=["log10_half_light_radius"])
    units = {"log10_half_light_radius": "log10 arcsec"}
    figure = draw_predictions([named] * 4, parameters=list(units), units=units)
    assert figure.axes[-1].xaxis.label.get_window_extent().x1 <= figure.bbox.x1


def test_points_and_error_bars_are_the_predictions(figure):
    points, _, (bars,) = figure.axes[2].containers[0]
    case = make_case().sel(parameter="Omega_m")
    np.testing.assert_array_equal(points.get_xdata(), case["truth"])
    np.testing.assert_array_equal(points.get_ydata(), case["mean"])
    heights = [np.ptp(segment[:, 1]) for segment in bars.get_segments()]
    np.testing.assert_allclose(heights, 2 * case["std"], atol=1e-12)  # rounding of a difference


def test_points_are_rasterised_in_the_test_suite_s_colour(figure):
    points, _, (bars,) = figure.axes[2].containers[0]
    assert points.get_rasterized()
    assert bars.get_rasterized()
    assert to_hex(points.get_color()) == HOUSE.suite_colour("MockSIMBA").lower()


def test_the_prior_range_is_shaded(figure):
    (prior,) = figure.axes[1].patches
    assert prior.get_bbox().extents == pytest.approx([0.6, 0.6, 1.0, 1.0])


def test_panels_of_a_row_share_the_range_of_the_truth(figure):
    for row in range(2):
        assert len({axes.get_xlim() for axes in figure.axes[row::2]}) == 1
    for axes in figure.axes:
        for values, (low, high) in zip(
            axes.containers[0][0].get_data(), (axes.get_xlim(), axes.get_ylim()), strict=True
        ):
            assert low < values.min()
            assert values.max() < high


def test_both_axes_of_a_panel_hold_the_prior_range(figure):
    for axes, name in zip(figure.axes, ("Omega_m", "sigma_8") * 2, strict=True):
        known = PARAMETERS[name]
        for low, high in (axes.get_xlim(), axes.get_ylim()):
            assert low < known.minimum
            assert known.maximum < high


def test_a_panel_says_its_own_score():
    scores = {("T_MockTNG", "LHT", "Omega_m"): -1.234, ("T_MockTNG", "own", "sigma_8"): 0.5}
    figure = draw_predictions([make_case(), make_case(domain="own")], r2=scores)
    said = [[text.get_text() for text in axes.texts if "R^2" in text.get_text()] for axes in figure.axes]
    assert said == [["$R^2$ = \N{MINUS SIGN}1.23"], [], [], ["$R^2$ = 0.50"]]


def test_the_identity_is_drawn(figure):
    assert all(
        any(line.get_label() == "identity" and line.get_slope() == 1 for line in axes.lines) for axes in figure.axes
    )


def test_titles_name_field_model_suites_and_relation(figure):
    titles = [text.get_text() for text in figure.texts]
    assert titles[1] == "T: T_MockTNG\nMockTNG → MockSIMBA\nout of distribution"
    assert titles[0].endswith("\nin distribution")


def test_domains_of_one_suite_are_told_apart():
    figure = draw_predictions([make_case(), make_case(domain="own")])
    assert figure.texts[1].get_text().endswith("(own)")


@pytest.mark.parametrize("n_cases", [1, 2, 4, 5])
def test_nothing_leaves_the_page(n_cases):
    figure = draw_predictions([make_case(train="IllustrisTNG", test="Nbody_IllustrisTNG")] * n_cases)
    boxes = [artist.get_tightbbox() for artist in (*figure.axes, *figure.texts)]
    assert all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1 for box in boxes)


def test_unknown_parameter_is_an_error():
    with pytest.raises(InputError, match=r"Predictions of model 'T_MockTNG' have no parameter 'x'\. They have Omega_m"):
        draw_predictions([make_case()], parameters=["x"])


def test_nothing_to_draw_is_an_error():
    with pytest.raises(InputError, match="Nothing to draw: 0 cases and 2 parameters"):
        draw_predictions([])
