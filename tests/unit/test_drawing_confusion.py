"""Confusion matrices: shares and counts of each case, in the colour of its domain."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_rgb

from repshift import InputError
from repshift.drawing.confusion import ABSENT, draw_confusion
from repshift.drawing.plotting import HOUSE
from repshift.drawing.style import PAGE_WIDTH

KINDS = ("elliptical", "spiral", "irregular")
COUNTS = np.array([[8, 1, 1], [0, 3, 1], [0, 0, 0]])


def make_case(domain="MockTNG", names=KINDS):
    inside = str(domain == "MockTNG").lower()
    attrs = {"model": "sorter", "domain": domain, "test_suite": domain, "train_suite": "MockTNG", "field": "T"}
    return xr.Dataset(coords={"class": list(names)}, attrs={**attrs, "in_distribution": inside, "parameter": "kind"})


def draw(*domains, **more):
    cases = [make_case(domain) for domain in domains or ("MockTNG", "MockSIMBA")]
    return draw_confusion(cases, counts=[COUNTS] * len(cases), **more)


def test_rows_are_true_classes_and_sum_to_one():
    for axes in draw().axes:
        shown = axes.images[0].get_array()
        assert shown[:2].tolist() == [[0.8, 0.1, 0.1], [0.0, 0.75, 0.25]]
        assert [text.get_text() for text in axes.get_yticklabels()] == list(KINDS)
        assert (axes.get_ylabel(), axes.get_xlabel()) == ("True kind", "Predicted class")


def test_the_row_of_a_class_of_no_map_is_grey():
    image = draw().axes[0].images[0]
    assert image.get_array().mask[2].all()
    assert to_rgb(image.cmap.get_bad()[:3]) == pytest.approx(to_rgb(ABSENT))


def test_cells_have_the_share_and_the_count():
    words = [text.get_text() for text in draw().axes[0].texts]
    assert words[:3] == ["0.80\n8", "0.10\n1", "0.10\n1"]
    assert words[-1] == "\N{EN DASH}\n0"


def test_a_full_share_has_the_colour_of_the_domain():
    for axes, suite in zip(draw().axes, ("MockTNG", "MockSIMBA"), strict=True):
        colours = axes.images[0].cmap
        assert colours(1.0)[:3] == pytest.approx(to_rgb(HOUSE.suite_colour(suite)))
        assert colours(0.0)[:3] == (1, 1, 1)


def test_the_title_says_the_accuracy_with_its_interval():
    figure = draw(accuracy={("sorter", "MockTNG"): [0.79, 0.5, 1.0], ("sorter", "MockSIMBA"): [0.6]})
    first, second = (text.get_text() for text in figure.texts)
    assert first == "T: sorter\nMockTNG → MockTNG\nin distribution\naccuracy 0.79 [0.50, 1.00]"
    assert second.endswith("out of distribution\naccuracy 0.60")


@pytest.mark.parametrize("n_classes", [2, 3, 8, 30])
@pytest.mark.parametrize("n_cases", [1, 2, 5])
def test_nothing_leaves_the_page(n_cases, n_classes):
    names = [f"a class with a long name {number}" for number in range(n_classes)]
    counts = np.eye(n_classes, dtype=int) * 123
    figure = draw_confusion([make_case(names=names)] * n_cases, counts=[counts] * n_cases)
    boxes = [artist.get_tightbbox() for artist in (*figure.axes, *figure.texts)]
    assert all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1 for box in boxes)
    assert figure.get_figwidth() <= PAGE_WIDTH


def test_cells_of_many_classes_have_no_words():
    names = list(map(str, range(12)))
    assert not draw_confusion([make_case(names=names)], counts=[np.eye(12, dtype=int)]).axes[0].texts


def test_nothing_to_draw_is_an_error():
    with pytest.raises(InputError, match="Nothing to draw: no case of a classifier"):
        draw_confusion([], counts=[])
