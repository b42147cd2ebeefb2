"""What every public function of similarity takes, and what none takes: shapes, symmetry, finiteness, masks, tensors."""

import numpy as np
import pytest
import torch
import xarray as xr

import repshift
from repshift import InputError
from repshift.similarity.arrays import numbers_of
from repshift.similarity.measures import MEASURES

MEASURED = sorted(MEASURES)


@pytest.fixture
def stack(rng):
    return np.stack([repshift.linear_gram(rng.normal(size=(8, 5))) for _ in range(3)])


def named(stack):
    return xr.DataArray(stack, dims=("layer", "map", "map_other"), coords={"layer": ["first", "relu:0", "last"]})


SHAPES = [
    (lambda stack: repshift.cka_matrix(stack[0], estimator="biased"), r"\(layers, n_maps, n_maps\); found \(8, 8\)"),
    (lambda stack: repshift.cka_matrix(stack[None], estimator="biased"), r"found \(1, 3, 8, 8\)"),
    (lambda stack: repshift.cka_matrix(stack[:, :6], estimator="biased"), r"found \(3, 6, 8\)"),
    (lambda stack: repshift.cka(stack, stack, estimator="biased"), r"\(n_maps, n_maps\); found \(3, 8, 8\)"),
    (lambda stack: repshift.hsic(stack[0, 0], stack[0, 0], estimator="biased"), r"found \(8,\)"),
    (lambda stack: repshift.hsic(3.0, stack[0], estimator="biased"), r"found \(\)"),
    (lambda stack: repshift.minibatch_cka_matrix(stack), r"found \(8, 8\)"),
    (lambda stack: repshift.minibatch_cka_matrix(named(stack)), r"found \(8, 8\)"),
    (lambda stack: repshift.similarity_matrix(stack[0], measure="cca"), r"found \(8, 8\)"),
    (lambda stack: repshift.cka_matrix(stack[:0], estimator="biased"), "one layer at least"),
]


@pytest.mark.parametrize(("call", "message"), SHAPES)
def test_another_shape_is_refused_with_both(call, message, stack):
    with pytest.raises(InputError, match=message):
        call(stack)


@pytest.mark.parametrize("measure", MEASURED)
def test_representations_are_not_taken_for_gram_matrices(measure, rng):
    square = rng.normal(size=(2, 8, 8))
    with pytest.raises(InputError, match=r"Layer \[0, 1\] has a Gram matrix that is not symmetric"):
        repshift.similarity_matrix(square, measure=measure)


@pytest.mark.parametrize(
    "call",
    [
        lambda square: repshift.cka(square, square, estimator="debiased"),
        lambda square: repshift.hsic(square, square, estimator="biased"),
        lambda square: repshift.minibatch_cka_matrix([square[None]]),
    ],
)
def test_square_activations_are_refused_everywhere(call, rng):
    with pytest.raises(InputError, match="not symmetric"):
        call(rng.normal(size=(8, 8)))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("measure", MEASURED)
def test_values_not_finite_are_refused_by_name(measure, value, stack):
    stack[1, 2, 3] = stack[1, 3, 2] = value
    with pytest.raises(InputError, match=r"Layer \['relu:0'\] holds values that are not finite"):
        repshift.similarity_matrix(named(stack), measure=measure)


@pytest.mark.parametrize("estimator", ["biased", "debiased"])
def test_cka_refuses_a_nan_by_position(estimator, stack):
    stack[2, 0, 0] = np.nan
    with pytest.raises(InputError, match=r"Layer \[2\] holds values"):
        repshift.cka_matrix(stack, estimator=estimator)
    with pytest.raises(InputError, match=r"Layer \[2\] holds values"):
        repshift.minibatch_cka_matrix([stack, stack])


def test_constant_layers_are_named(stack):
    stack[1] = 1
    for call in (repshift.cka_matrix, lambda grams, estimator: repshift.minibatch_cka_matrix([grams])):
        with pytest.raises(InputError, match=r"Layer \['relu:0'\] is constant"):
            call(named(stack), estimator="debiased")


def test_a_mask_is_refused_and_none_is_taken(stack):
    masked = np.ma.masked_invalid(stack)
    assert repshift.cka_matrix(masked, estimator="biased").shape == (3, 3)
    masked[0, 1, 1] = np.ma.masked
    with pytest.raises(InputError, match="has 1 masked values"):
        repshift.cka_matrix(masked, estimator="biased")


@pytest.mark.parametrize("call", [repshift.linear_gram, lambda values: numbers_of(values, what="It")])
@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.ma.array(np.ones((3, 4)), mask=np.eye(3, 4)), "3 masked values"),
        (np.ones((3, 4)) + 1j, "complex numbers"),
        (torch.ones(3, 4) + 1j, "complex numbers"),
        (np.array([["a", "b"], ["c", "d"]]), "type '<U1'"),
        (np.array([[None, 1], [2, 3]]), "type 'object'"),
    ],
)
def test_what_is_no_real_number_is_refused(call, values, message):
    with pytest.raises(InputError, match=message):
        call(values)


@pytest.mark.parametrize(
    "form",
    [
        lambda values: values.astype(">f8"),
        lambda values: values.astype(">f4").astype(">f4"),
        lambda values: values[::-1][::-1],
        lambda values: np.asfortranarray(values),
        lambda values: values.tolist(),
        lambda values: xr.DataArray(values, dims=("map", "unit")),
        lambda values: [torch.from_numpy(row.copy()) for row in values],
        lambda values: torch.from_numpy(values),
    ],
)
def test_arrays_as_people_have_them_are_taken(form, rng):
    values = rng.normal(size=(6, 9)).astype(np.float32).astype(np.float64)
    expected = repshift.linear_gram(values)
    assert np.asarray(repshift.linear_gram(form(values))) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_a_read_only_memory_map_is_taken(rng, tmp_path):
    np.save(tmp_path / "x.npy", rng.normal(size=(6, 9)))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert repshift.linear_gram(mapped).shape == (6, 6)


@pytest.mark.parametrize("estimator", ["biased", "debiased"])
def test_tensors_stay_tensors_with_the_values_of_arrays(estimator, stack):
    tensors = torch.from_numpy(stack)
    found = repshift.cka_matrix(tensors, estimator=estimator)
    assert isinstance(found, torch.Tensor)
    assert found.dtype == torch.float64
    assert found.numpy() == pytest.approx(repshift.cka_matrix(stack, estimator=estimator), abs=1e-12)
    one = repshift.cka(tensors[0], tensors[1], estimator=estimator)
    assert isinstance(one, torch.Tensor)
    assert one.item() == pytest.approx(repshift.cka(stack[0], stack[1], estimator=estimator), abs=1e-12)
    assert isinstance(repshift.hsic(tensors[0], tensors[1], estimator=estimator), torch.Tensor)
    assert isinstance(repshift.minibatch_cka_matrix([tensors, tensors]), torch.Tensor)


@pytest.mark.parametrize("estimator", ["biased", "debiased"])
def test_the_gradient_of_cka_is_right(estimator):
    torch.manual_seed(0)
    first, second = (torch.randn(6, 4, dtype=torch.float64, requires_grad=True) for _ in range(2))

    def value(x, y):
        return repshift.cka(repshift.linear_gram(x), repshift.linear_gram(y), estimator=estimator)

    assert torch.autograd.gradcheck(value, (first, second))


def test_the_gradient_reaches_a_single_precision_tensor():
    torch.manual_seed(0)
    features = torch.randn(8, 5, requires_grad=True)
    other = torch.randn(8, 5)
    grams = torch.stack([repshift.linear_gram(features), repshift.linear_gram(other)])
    repshift.cka_matrix(grams, estimator="debiased")[0, 1].backward()
    assert features.grad.abs().sum() > 0


@pytest.mark.parametrize("measure", MEASURED)
def test_every_measure_of_tensors_is_a_tensor(measure, stack):
    found = repshift.similarity_matrix(torch.from_numpy(stack), measure=measure, neighbours=3)
    assert isinstance(found, torch.Tensor)
    expected = repshift.similarity_matrix(stack, measure=measure, neighbours=3)
    assert found.numpy() == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("measure", [name for name in MEASURED if not MEASURES[name].has_gradient])
def test_a_gradient_that_there_is_not_is_refused(measure, stack):
    tensors = torch.from_numpy(stack).requires_grad_()
    with pytest.raises(InputError, match=f"Measure '{measure}' gives no gradient"):
        repshift.similarity_matrix(tensors, measure=measure)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_grams_of_half_precision_count_as_symmetric(kind, rng):
    features = torch.from_numpy(rng.normal(size=(8, 300))).to(kind)
    gram = features @ features.T
    assert repshift.cka(gram, gram, estimator="biased").item() == pytest.approx(1)


def test_a_list_of_gram_matrices_is_a_stack(stack):
    expected = repshift.cka_matrix(stack, estimator="biased")
    assert repshift.cka_matrix(list(stack), estimator="biased") == pytest.approx(expected)
    tensors = [torch.from_numpy(gram) for gram in stack]
    assert repshift.cka_matrix(tensors, estimator="biased").numpy() == pytest.approx(expected)


@pytest.mark.parametrize("measure", ["cka_biased", "rsa_pearson"])
def test_a_stack_of_half_precision_is_compared(measure, rng):
    features = torch.from_numpy(rng.normal(size=(2, 8, 300))).to(torch.bfloat16)
    grams = features @ features.mT
    assert repshift.similarity_matrix(grams, measure=measure).shape == (2, 2)


@pytest.mark.parametrize("estimator", ["biased", "debiased"])
@pytest.mark.parametrize("scale", [1e-290, 1e-160, 1e-80, 1e80, 1e155, 1e290])
def test_cka_does_not_change_with_any_scale(estimator, scale, stack):
    expected = repshift.cka_matrix(stack, estimator=estimator)
    factors = np.array([scale, 1.0, 1 / scale])[:, None, None]
    assert repshift.cka_matrix(stack * factors, estimator=estimator) == pytest.approx(expected, abs=1e-12)
    one = repshift.cka(stack[0] * scale, stack[1] * scale, estimator=estimator)
    assert one == pytest.approx(expected[0, 1], abs=1e-12)
    if estimator == "debiased":
        batches = [stack * factors, 2 * stack * factors]
        assert repshift.minibatch_cka_matrix(batches) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("batches", "message"),
    [
        (lambda s: [named(s), named(s).assign_coords(layer=["last", "relu:0", "first"])], "different layers: .*first"),
        (lambda s: [s, s[:2]], "different layers: 3, then 2"),
        (lambda s: None, "found a NoneType"),
        (lambda s: 5.0, "found a float"),
        (lambda s: [s, torch.from_numpy(s)], None),
    ],
)
def test_batches_of_other_layers_are_refused(batches, message, stack):
    if message is None:
        with pytest.raises((InputError, TypeError)):
            repshift.minibatch_cka_matrix(batches(stack))
        return
    with pytest.raises(InputError, match=message):
        repshift.minibatch_cka_matrix(batches(stack))


def test_an_array_and_a_tensor_are_refused(stack):
    with pytest.raises(InputError, match="One stack is an array and the other a tensor"):
        repshift.cka(stack[0], torch.from_numpy(stack[1]), estimator="biased")


@pytest.mark.parametrize("estimator", [["biased"], None, "unbiased"])
def test_an_unknown_estimator_is_refused(estimator, stack):
    with pytest.raises(InputError, match="Unknown estimator"):
        repshift.cka_matrix(stack, estimator=estimator)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([np.ma.array([1.0, 2.0], mask=[0, 1]), np.ma.array([1.0, 2.0])], "1 masked values"),
        ([torch.ones(3), torch.ones(4)], "does not fit together"),
        ([np.ones(3), np.ones(4)], "does not fit together"),
        (torch.ones(3, 4).to_sparse(), "is sparse"),
        (torch.ones(3, 4, device="meta"), "without numbers"),
    ],
)
def test_what_is_no_dense_array_is_refused(values, message):
    with pytest.raises(InputError, match=message):
        repshift.linear_gram(values)


@pytest.mark.parametrize("kind", [torch.int32, torch.int64, torch.uint8])
def test_whole_numbers_are_multiplied_in_double(kind, rng):
    values = torch.from_numpy(rng.integers(0, 5, size=(6, 5)) + (0 if kind is torch.uint8 else 10**8)).to(kind)
    expected = repshift.linear_gram(values.numpy().astype(np.float64))
    assert repshift.linear_gram(values).numpy() == pytest.approx(expected)


@pytest.mark.parametrize("scale", [1.0, 1e200])
def test_maps_that_differ_are_refused_at_any_scale(scale, stack):
    first = named(scale * stack).assign_coords(map=[f"a {number}" for number in range(8)])
    other = named(scale * stack).assign_coords(map=[f"b {number}" for number in range(8)])
    with pytest.raises(InputError, match="disagree on map 0: 'a 0' and 'b 0'"):
        repshift.cka_matrix(first, other, estimator="biased")


@pytest.mark.parametrize("estimator", ["biased", "debiased"])
def test_the_gradient_of_a_matrix_of_two_networks_is_right(estimator):
    torch.manual_seed(0)
    pair = [torch.randn(2, 6, 4, dtype=torch.float64, requires_grad=True) for _ in range(2)]

    def value(*layers):
        grams = [torch.stack([repshift.linear_gram(one) for one in of_network]) for of_network in layers]
        return repshift.cka_matrix(*grams, estimator=estimator)

    assert torch.autograd.gradcheck(value, pair)


def test_the_gradient_of_mini_batches_is_right():
    torch.manual_seed(0)
    batches = [torch.randn(2, 5, 4, dtype=torch.float64, requires_grad=True) for _ in range(2)]

    def value(*layers):
        grams = [torch.stack([repshift.linear_gram(one) for one in batch]) for batch in layers]
        return repshift.minibatch_cka_matrix(grams), repshift.minibatch_cka_matrix(grams, grams[::-1])

    assert torch.autograd.gradcheck(value, batches)
