import numpy as np
import pytest
import torch
from torch import nn

from repshift.attribution.deletion import deletion_curves, hidden_shares, insertion_curves
from repshift.attribution.network_outputs import explaining
from repshift.attribution.output_choice import chosen_outputs
from repshift.statistics.block_orders import block_orders, random_orders
from repshift.vocabulary import InputError


@pytest.fixture
def curves(rng):
    """Return what runs a linear network of two outputs, its weights and three maps of 8 pixels."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 2))
    network[1].weight.data = torch.as_tensor(rng.normal(size=(2, 64)), dtype=torch.float32)
    maps = torch.as_tensor(rng.normal(size=(3, 1, 8, 8)), dtype=torch.float32)
    weights = network[1].weight.detach().numpy().reshape(2, 1, 1, 8, 8)

    def run(function, orders, *, fill=None, window=4, steps=2, until=1.0):
        outputs = chosen_outputs(2, None, ("a", "b"))
        with explaining(network, maps, outputs, batch_size=5) as explained:
            fill = torch.zeros_like(maps) if fill is None else fill
            return function(explained, maps, orders, fill=fill, window=window, steps=steps, until=until).numpy()

    return run, weights * maps.numpy(), maps


def test_deletion_equals_a_double_loop(curves):
    run, contributions, _ = curves
    orders = random_orders(2, 3, 4, seed=1)
    found = run(deletion_curves, orders, steps=4)
    for order, at in np.ndindex(2, 3):
        left = contributions[:, at].copy()
        for step, block in enumerate(orders[order, at]):
            down, right = 4 * (block // 2), 4 * (block % 2)
            left[..., down : down + 4, right : right + 4] = 0
            moved = found[order, at, step + 1] - found[order, at, -1]
            np.testing.assert_allclose(moved, left.sum((1, 2, 3)), atol=1e-5)


def test_insertion_ends_where_deletion_begins(curves):
    run, _, _ = curves
    orders = random_orders(2, 3, 4, seed=1)
    deleted, inserted = run(deletion_curves, orders), run(insertion_curves, orders)
    np.testing.assert_allclose(inserted[:, :, -1], deleted[:, :, 0], atol=1e-6)
    np.testing.assert_allclose(inserted[:, :, 0], deleted[:, :, -1], atol=1e-6)


def test_the_order_of_contributions_falls_fastest(curves):
    run, contributions, _ = curves
    best = block_orders(contributions[0], window=4)[None]
    fall = run(deletion_curves, np.concatenate([best, random_orders(3, 3, 4, seed=1)]), steps=4)[..., 0]
    assert (fall[:1, :, 1:-1] <= fall[1:, :, 1:-1] + 1e-6).all()


def test_maps_filled_with_themselves_stay(curves):
    run, _, maps = curves
    found = run(deletion_curves, random_orders(1, 3, 4, seed=1), fill=maps)
    np.testing.assert_allclose(found, np.broadcast_to(found[:, :, :1], found.shape), atol=1e-6)


def test_steps_hide_equal_shares_of_blocks():
    np.testing.assert_allclose(hidden_shares((64, 64), window=8, steps=8), np.linspace(0, 0.5, 9))


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ({"fill": torch.zeros(3, 1, 4, 4)}, "expected one shape"),
        ({"orders": np.zeros((1, 3, 5), dtype=np.int64)}, r"Orders of blocks are \(1, 3, 5\)"),
        ({"steps": 5}, "Use fewer steps or a smaller window"),
        ({"until": 1.5}, "expected more than 0, at most 1"),
    ],
)
def test_what_cannot_be_hidden_is_refused(curves, how, text):
    run, _, _ = curves
    orders = how.pop("orders", random_orders(1, 3, 4, seed=1))
    with pytest.raises(InputError, match=text):
        run(deletion_curves, orders, **how)
