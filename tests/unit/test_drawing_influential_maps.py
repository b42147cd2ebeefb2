from itertools import combinations

import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_hex

from repshift.drawing.influential_maps import draw_influential_maps
from repshift.drawing.style import PAGE_WIDTH, number
from repshift.vocabulary import Field, InputError

CHOICES = ["all", "without_named", "without_most", "without_first_component"]
NUMBERS = ["off_diagonal_mean", "leading_share"]


def make_case(*, named=2, n_maps=50, n_layers=14, most=10, simulation=0, **attributes):
    rng = np.random.default_rng(1)
    share = np.sort(rng.dirichlet(np.ones(n_maps)))  # the last map has the largest
    score = np.linspace(-3, 6, n_maps)
    rank = np.arange(n_maps, 0, -1)
    matrices = rng.uniform(-0.1, 1, size=(4, 2, n_layers, n_layers))
    curve = np.linspace(0.9, 0.6, most + 1) * np.ones((2, 2, 1))
    names = [f"C{index:02d}" for index in range(n_layers - 1)] + ["FC1"]
    return xr.Dataset(
        {
            "mean_share": ("map", share),
            "z_score": ("map", score),
            "dominant": ("map", (rank <= named).astype(np.int8)),
            "rank": ("map", rank),
            "pixel_minimum": ("map", np.full(n_maps, 1234.5)),
            "pixel_maximum": ("map", np.full(n_maps, 9.87e8)),
            "cka": (("choice", "estimator", "layer", "layer_other"), matrices),
            "block": (("choice", "estimator", "number"), np.arange(16.0).reshape(4, 2, 2) / 16),
            "without_dominant": (("estimator", "number", "removed"), curve),
            "random_low": (("estimator", "number", "removed"), curve - 0.05),
            "random_high": (("estimator", "number", "removed"), curve + 0.05),
        },
        {
            "map": [f"MockSIMBA LHT {index:05d}" for index in range(n_maps)],
            "simulation": ("map", simulation + np.arange(n_maps)),
            "position": ("map", 15 * (simulation + np.arange(n_maps))),
            "estimator": ["biased", "debiased"],
            "number": NUMBERS,
            "choice": CHOICES,
            "removed": np.arange(most + 1),
            "layer": names,
            "layer_other": names,
        },
        {
            "model": "T-MockTNG",
            "field": "T",
            "train_suite": "MockTNG",
            "domain": "MockSIMBA",
            "test_suite": "MockSIMBA",
            "in_distribution": "false",
            "influence_most": most,
            "influence_threshold": 3.5,
            **attributes,
        },
    )


def make_maps(count=6):
    return list((10 ** np.random.default_rng(0).normal(5, 1, size=(count, 16, 16))).astype(np.float32))


def draw(case=None, *, maps=None, **settings):
    return draw_influential_maps(
        make_case() if case is None else case, make_maps() if maps is None else maps, **settings
    )


def panels(figure, start):
    return [axes for axes in figure.axes if axes.get_label().startswith(start)]


def written(figure):
    return "\n".join(text.get_text() for text in figure.texts)


@pytest.fixture(scope="module")
def figure():
    return draw(box=75.0)


def test_maps_stand_in_the_order_of_their_rank_on_one_scale(figure):
    drawn = panels(figure, "map MockSIMBA")
    assert [axes.get_label() for axes in drawn] == [f"map MockSIMBA LHT {index:05d}" for index in range(49, 43, -1)]
    for axes, values in zip(drawn, make_maps(), strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array(), values)
        assert axes.images[0].norm is drawn[0].images[0].norm
    assert panels(figure, "map colour bar")[0].get_ylabel() == "$T$ [K]"


def test_only_named_maps_are_framed(figure):
    frames = [to_hex(axes.spines["left"].get_edgecolor()) for axes in panels(figure, "map MockSIMBA")]
    assert frames[0] == frames[1] != frames[2]
    assert len(set(frames[2:])) == 1


def test_a_map_says_simulation_place_share_and_score(figure):
    case = make_case()
    share = 100 * float(case["mean_share"][-1])
    assert f"simulation 49\nmap 735\n{share:.1f} %, z = 6.00" in written(figure)
    times = "\N{MULTIPLICATION SIGN}"
    assert f"min 1.2 {times} 10³ max 9.9 {times} 10⁸" in " ".join(written(figure).split())


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (0, "of 50 maps none is named dominant (z > 3.5)"),
        (1, "1 of 50 maps is named dominant (z > 3.5, framed)"),
        (2, "2 of 50 maps are named dominant (z > 3.5, framed)"),
    ],
)
def test_the_heading_says_how_many_are_named(named, words):
    found = written(draw(make_case(named=named)))
    assert "Gas temperature: model T-MockTNG shown MockSIMBA" in found
    assert f"MockTNG → MockSIMBA, out of distribution; {words}" in found


def test_curves_of_a_case_have_the_band_of_random_maps(figure):
    (axes,) = panels(figure, "left out")
    case = make_case().sel(number="off_diagonal_mean")
    lines = {line.get_label(): line for line in axes.lines}
    assert set(lines) == {"dominant biased", "dominant debiased"}
    for estimator in ("biased", "debiased"):
        of_one = case.sel(estimator=estimator)
        np.testing.assert_array_equal(lines[f"dominant {estimator}"].get_ydata(), of_one["without_dominant"])
        (band,) = [band for band in axes.collections if band.get_label() == f"random {estimator}"]
        ends = band.get_paths()[0].vertices[:, 1]
        assert (ends.min(), ends.max()) == (of_one["random_low"].min(), of_one["random_high"].max())


@pytest.mark.parametrize("estimator", ["biased", "debiased"])
def test_matrices_are_those_of_the_estimator_with_their_means(estimator):
    figure, case = draw(estimator=estimator), make_case().sel(estimator=estimator)
    for choice in CHOICES:
        (axes,) = panels(figure, f"cka {choice}")
        np.testing.assert_array_equal(axes.images[0].get_array(), case["cka"].sel(choice=choice))
        mean = float(case["block"].sel(choice=choice, number="off_diagonal_mean"))
        assert f"mean {number(mean)}" in written(figure)
    assert f"{estimator} linear CKA" in panels(figure, "CKA colour bar")[0].get_xlabel()


@pytest.mark.parametrize("settings", [{"n_layers": 20, "simulation": 9000}, {"n_layers": 3, "most": 2, "n_maps": 12}])
def test_nothing_leaves_the_page_or_overlaps(settings):
    suites = {"train_suite": "Nbody_IllustrisTNG", "test_suite": "Nbody_SIMBA"}
    figure = draw(make_case(**settings, **suites), box=25.0)
    page, words = figure.bbox, [text.get_window_extent() for text in figure.texts]
    boxes = [artist.get_tightbbox() for artist in (*figure.axes, *figure.legends)] + words
    assert figure.get_figwidth() == PAGE_WIDTH
    assert all(page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1 for box in boxes)
    frames = [axes.get_window_extent() for axes in figure.axes]
    others = [axes.get_tightbbox() for axes in figure.axes]
    assert not any(box.overlaps(frame) for box in words for frame in frames)
    assert not any(box.overlaps(other) for box, other in combinations(words, 2))
    assert not any(figure.legends[0].get_tightbbox().overlaps(other) for other in others)


def test_a_field_of_one_s_own_on_a_linear_scale():
    field = Field("surface brightness", "mJy")
    maps = [values - 1e5 for values in make_maps()]
    figure = draw(make_case(field="Radio"), maps=maps, field=field, logarithmic=False)
    assert panels(figure, "map colour bar")[0].get_ylabel() == "Surface brightness [mJy]"
    assert panels(figure, "map MockSIMBA")[0].images[0].norm.vmin == min(values.min() for values in maps)


@pytest.mark.parametrize("count", [0, 7])
def test_too_many_maps_and_none_are_an_error(count):
    with pytest.raises(InputError, match=f"{count} maps are to be drawn of 50; a sheet has 1 to 6"):
        draw(maps=make_maps(count))


def test_an_estimator_that_the_case_has_not_is_an_error():
    with pytest.raises(InputError, match=r"The case has no estimator 'minibatch'\. It has biased, debiased"):
        draw(estimator="minibatch")
