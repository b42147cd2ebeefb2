import numpy as np
import pandas as pd
import pytest

from repshift.drawing.learning_curve import draw_learning_curve
from repshift.vocabulary import InputError


def make_curve(best=30):
    epoch = np.arange(1, 61)
    validation = -7 + 0.01 * (epoch - best) ** 2
    rate = 3e-3 * np.sin(np.pi * epoch / 60) ** 2
    return pd.DataFrame(
        {"epoch": epoch, "learning_rate": rate, "training_loss": -8.0 + 5 / epoch, "validation_loss": validation}
    )


@pytest.fixture(scope="module")
def figure():
    return draw_learning_curve({"T_MockTNG": make_curve(30), "T_MockSIMBA": make_curve(45)})


def test_a_model_has_losses_and_learning_rate(figure):
    assert [axes.get_label() for axes in figure.axes] == [
        f"{panel} {model}" for model in ("T_MockTNG", "T_MockSIMBA") for panel in ("losses", "learning rate")
    ]


def test_losses_and_rate_are_the_table(figure):
    curve = make_curve(30)
    losses, rate = figure.axes[:2]
    np.testing.assert_array_equal(losses.lines[0].get_ydata(), curve["training_loss"])
    np.testing.assert_array_equal(losses.lines[1].get_ydata(), curve["validation_loss"])
    np.testing.assert_array_equal(rate.lines[0].get_ydata(), curve["learning_rate"])


def test_the_epoch_of_lowest_validation_loss_is_marked(figure):
    for axes, best in zip(figure.axes[::2], (30, 45), strict=True):
        (marked,) = [line for line in axes.lines if line.get_label() == "lowest validation loss"]
        assert (marked.get_xdata()[0], marked.get_ydata()[0]) == (best, -7)


def test_negative_losses_have_a_linear_axis(figure):
    assert figure.axes[0].get_yscale() == "linear"


def test_losses_and_rate_share_their_epochs(figure):
    assert figure.axes[0].get_xlim() == figure.axes[1].get_xlim()


@pytest.mark.parametrize("n_models", [1, 2, 4, 5])
def test_nothing_leaves_the_page(n_models):
    figure = draw_learning_curve({f"Mtot_MockSIMBA_{index}": make_curve() for index in range(n_models)})
    artists = (*figure.axes, *figure.texts, *figure.legends)
    boxes = [artist.get_tightbbox() for artist in artists]
    assert all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1 for box in boxes)


def test_missing_column_is_an_error():
    with pytest.raises(InputError, match="The learning curve of model 'x' lacks learning_rate"):
        draw_learning_curve({"x": make_curve().drop(columns="learning_rate")})


def test_no_curves_is_an_error():
    with pytest.raises(InputError, match="there is no learning curve"):
        draw_learning_curve({})
