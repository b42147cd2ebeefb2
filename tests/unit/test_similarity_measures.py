"""Measures of similarity from Gram matrices alone: golden numbers, invariances, slow twins, pairing, refusals."""

from typing import get_args

import numpy as np
import pytest
import xarray as xr
from scipy.spatial.distance import pdist
from scipy.stats import pearsonr, spearmanr

from repshift import InputError, linear_gram, similarity_matrix
from repshift.similarity.gram import squared_distances
from repshift.similarity.kernels import rbf_grams
from repshift.similarity.measures import BESIDE_CKA, DECLARED, MEASURES, OPTIONS, measure_of
from repshift.similarity.measures.measure import Invariance
from repshift.similarity.measures.procrustes import procrustes_influence, procrustes_matrix
from repshift.similarity.measures.rsa import rsa_matrix, weighted_rsa_matrices
from repshift.similarity.measures.svcca import kept_directions
from repshift.similarity.portions import Resources

SHAPES = {"narrow": (30, 6), "wide": (12, 60)}


def compare(first, other, measure, **parameters):
    """Compare two representations by their Gram matrices, with few neighbours where none are given."""
    grams, others = linear_gram(first)[None], linear_gram(other)[None]
    return similarity_matrix(grams, others, measure=measure, **{"neighbours": 4} | parameters).item()


@pytest.fixture(params=SHAPES.values(), ids=SHAPES)
def pair(request, rng):
    first = rng.normal(size=request.param)
    return first, first + rng.normal(size=request.param)


def stack(rng, n_maps=12, widths=(3, 8, 30)):
    return np.stack([linear_gram(rng.normal(size=(n_maps, width))) for width in widths])


# golden numbers


def narrow():
    np.random.seed(1337)
    first = np.random.randn(100, 10)
    return first, np.random.randn(100, 10) + first


def wide():
    np.random.seed(1337)
    first = np.random.randn(20, 200)
    return first, np.random.randn(20, 200) + first


def first_odd(pair):
    """Leave out the last map: ckatorch takes the lower of two middle distances, so only an odd number compares."""
    return tuple(representation[: len(representation) - 1] for representation in pair)


def unit_rows(pair):
    """Scale every map to norm 1, as Huh et al. do."""
    return tuple(each / np.linalg.norm(each, axis=1, keepdims=True) for each in pair)


GOLDEN = [
    # CKA.md: two published implementations
    ("cka_biased", narrow(), {}, 0.5576132566),
    ("cka_debiased", narrow(), {}, 0.5134564895),
    ("rbf_cka_biased", narrow(), {}, 0.6548311823),
    # ckatorch 1.0.3, cka_base(method="fro_norm", threshold=0.5)
    ("cka_biased", first_odd(wide()), {}, 0.9543432682),
    ("cka_debiased", first_odd(wide()), {}, 0.3846111546),
    ("rbf_cka_biased", first_odd(narrow()), {}, 0.6546257330),
    ("rbf_cka_debiased", first_odd(narrow()), {}, 0.4162637303),
    ("rbf_cka_biased", first_odd(wide()), {}, 0.9953573078),
    ("rbf_cka_debiased", first_odd(wide()), {}, 0.3906173036),
    # rsatoolbox 0.3.2, calc_rdm(method="euclidean"), which is squared; sqrt_transform; compare("corr", "spearman")
    ("rsa_pearson", narrow(), {}, 0.5065855978),
    ("rsa_pearson", wide(), {}, 0.4352789394),
    ("rsa_pearson_squared", narrow(), {}, 0.5062321116),
    ("rsa_pearson_squared", wide(), {}, 0.4329260660),
    ("rsa_spearman", narrow(), {}, 0.4929646967),
    ("rsa_spearman", wide(), {}, 0.4242902194),
    # scipy 1.17.1, sqrt(1 - disparity) of scipy.spatial.procrustes
    ("procrustes_similarity", narrow(), {}, 0.7362553106),
    ("procrustes_similarity", wide(), {}, 0.9875589957),
    # netrep is not on PyPI: LinearMetric(alpha=1, score_method="angular" or "euclidean") copied from its repository at
    # 3059f54, without the branches for other alpha; scipy 1.17.1, scipy.linalg.orthogonal_procrustes, gives the same
    ("procrustes_angle", narrow(), {}, 0.7432764761),
    ("procrustes_angle", wide(), {}, 0.1579043169),
    ("procrustes_distance", narrow(), {}, 30.0832722291),
    ("procrustes_distance", wide(), {}, 29.3942340856),
    # platonic-universe 0.1.0, mknn; mutual_knn, copied from platonic-rep's repository at 07ef02a, gives the same
    ("mutual_neighbours", unit_rows(narrow()), {"neighbours": 5}, 0.216),
    ("mutual_neighbours", unit_rows(narrow()), {"neighbours": 10}, 0.279),
    ("mutual_neighbours", unit_rows(wide()), {"neighbours": 5}, 0.49),
    ("mutual_neighbours", unit_rows(wide()), {"neighbours": 10}, 0.69),
    # scikit-learn 1.9.1, NearestNeighbors by Euclidean distance
    ("mutual_neighbours", narrow(), {"neighbours": 10}, 0.289),
    ("mutual_neighbours", wide(), {"neighbours": 10}, 0.675),
    # repsim 0.1.5, cca(summary_type="pillai"); statsmodels 0.15.0, CanCorr
    ("cca", narrow(), {}, 0.7310139588),
    ("cca", wide(), {}, 1.0),
    # scikit-learn 1.9.1, PCA(n_components=share), then statsmodels 0.15.0, CanCorr; get_cca_similarity, copied from
    # google/svcca's repository at 08f8935 for epsilon=0, gives the same
    ("svcca", narrow(), {"share": 0.5}, 0.5654873249),
    ("svcca", narrow(), {"share": 0.8}, 0.6607794932),
    ("svcca", narrow(), {"share": 0.99}, 0.7310139588),
    ("svcca", wide(), {"share": 0.5}, 0.7612244795),
    ("svcca", wide(), {"share": 0.8}, 0.8603851225),
]


@pytest.mark.parametrize(("measure", "pair", "parameters", "golden"), GOLDEN, ids=[row[0] for row in GOLDEN])
def test_golden_numbers_of_independent_libraries(measure, pair, parameters, golden):
    # ten decimals are written down
    assert compare(*pair, measure, **parameters) == pytest.approx(golden, abs=2e-10)


def test_every_measure_has_a_golden_number():
    assert {row[0] for row in GOLDEN} == set(MEASURES)


# invariances


def turned(rng, first, other):
    rotation, _ = np.linalg.qr(rng.normal(size=(first.shape[1],) * 2))
    return first @ rotation, other


def with_units_permuted(rng, first, other):
    return first[:, rng.permutation(first.shape[1])], other


def shifted(rng, first, other):
    return first + 5 * rng.normal(size=first.shape[1]), other


def with_maps_permuted(rng, first, other):
    order = rng.permutation(len(first))
    return first[order], other[order]


def scaled(rng, first, other):
    return 1e-3 * first, other


def mapped(rng, first, other):
    rotated, _ = turned(rng, first, other)
    return turned(rng, rotated * rng.lognormal(sigma=1.5, size=first.shape[1]), other)


CHANGES = {
    "rotation": turned,
    "unit_order": with_units_permuted,
    "shift": shifted,
    "map_order": with_maps_permuted,
    "scale": scaled,
    "linear_map": mapped,
}


def test_every_invariance_that_can_be_declared_is_tried():
    assert set(CHANGES) == set(get_args(Invariance))


@pytest.mark.parametrize("measure", DECLARED.values(), ids=DECLARED)
def test_every_measure_says_what_it_is(measure):
    assert measure_of(measure.name) is measure
    assert measure.long_name
    assert measure.units in ("1", "rad")
    assert max(map(len, measure.label.split("\n"))) <= 12
    assert measure.label.count("\n") == 1


def test_measures_beside_cka_are_those_that_are_asked_for():
    assert set(DECLARED) - set(BESIDE_CKA) == {"cka_biased", "cka_debiased", "cka_minibatch"}


@pytest.mark.parametrize("option", OPTIONS.values(), ids=OPTIONS)
def test_the_default_of_an_option_is_one_it_may_have(option):
    assert option.minimum + option.above_minimum * 1e-12 <= option.default <= option.maximum


def test_an_unknown_option_is_refused(rng):
    with pytest.raises(InputError, match=r"Unknown option of a measure 'widht'\. There are "):
        similarity_matrix(stack(rng), measure="cca", widht=1.0)


@pytest.mark.parametrize("invariance", CHANGES)
@pytest.mark.parametrize("measure", MEASURES)
class TestEachInvariance:
    def test_what_is_declared_holds(self, rng, pair, measure, invariance):
        if invariance in MEASURES[measure].invariances:
            changed = compare(*CHANGES[invariance](rng, *pair), measure)
            assert changed == pytest.approx(compare(*pair, measure), abs=1e-9)

    def test_what_is_not_declared_fails(self, rng, measure, invariance):
        first = rng.normal(size=SHAPES["narrow"])
        pair = first, first + rng.normal(size=first.shape)
        if invariance not in MEASURES[measure].invariances:
            changed = compare(*CHANGES[invariance](rng, *pair), measure)
            assert abs(changed - compare(*pair, measure)) > 0.01


@pytest.mark.parametrize("measure", MEASURES)
class TestEachMeasure:
    def test_a_layer_is_like_itself(self, pair, measure):
        # angle and distance are the root of a difference that rounding leaves
        expected, tolerance = (0, 1e-5) if MEASURES[measure].is_distance else (1, 1e-12)
        assert compare(pair[0], pair[0], measure) == pytest.approx(expected, abs=tolerance)

    def test_it_is_symmetric(self, pair, measure):
        assert compare(*pair, measure) == pytest.approx(compare(*pair[::-1], measure), abs=1e-10)

    def test_others_are_the_columns(self, rng, measure):
        grams = stack(rng)
        both = similarity_matrix(grams, measure=measure)
        alone = similarity_matrix(grams[:2], grams, measure=measure)
        assert both.shape == (3, 3)
        # where a layer meets itself, see above
        assert alone == pytest.approx(both[:2], abs=1e-6)

    def test_shuffling_the_maps_of_one_side_changes_it(self, rng, measure):
        first = rng.normal(size=SHAPES["narrow"])
        shuffled = compare(first, first[rng.permutation(len(first))], measure)
        # a rotation undoes some of it; but for chance nothing is left of the neighbours
        assert abs(shuffled - compare(first, first, measure)) > 0.2

    def test_centred_grams_give_the_same_as_those_with_an_offset(self, rng, measure):
        first = rng.normal(size=(12, 5)) + 3
        other = rng.normal(size=(12, 5)) - 2
        offset = similarity_matrix((first @ first.T)[None], (other @ other.T)[None], measure=measure).item()
        assert offset == pytest.approx(compare(first, other, measure, neighbours=10), abs=1e-9)

    def test_a_constant_layer_is_refused_by_its_name(self, rng, measure):
        grams = np.stack([linear_gram(rng.normal(size=(12, 3))), linear_gram(np.full((12, 3), 0.1))])
        with pytest.raises(InputError, match=r"Layer \[1\] is constant over the maps, so it has no"):
            similarity_matrix(grams, measure=measure)

    def test_different_maps_are_refused(self, rng, measure):
        with pytest.raises(InputError, match=r"disagree on maps: \(3, 12, 12\) and \(3, 11, 11\)"):
            similarity_matrix(stack(rng), stack(rng, 11), measure=measure)

    def test_what_is_no_stack_is_refused(self, rng, measure):
        with pytest.raises(InputError, match="found|square"):
            similarity_matrix(rng.normal(size=(2, 5, 4)), measure=measure)


# slow twins, from the representations


def norms(first, other):
    """Return the nuclear norm of X^T Y and the two Frobenius norms, of centred representations."""
    first, other = first - first.mean(0), other - other.mean(0)
    return np.linalg.norm(first.T @ other, "nuc"), np.linalg.norm(first), np.linalg.norm(other)


def test_procrustes_is_that_of_the_representations(pair):
    nuclear, own, own_other = norms(*pair)
    assert compare(*pair, "procrustes_similarity") == pytest.approx(nuclear / own / own_other, abs=1e-12)
    distance = np.sqrt(own**2 + own_other**2 - 2 * nuclear)
    assert compare(*pair, "procrustes_distance") == pytest.approx(distance, rel=1e-10)


def test_rsa_correlates_the_distances_of_pairs_of_maps(pair):
    distances = [pdist(representation) for representation in pair]
    squared = [each**2 for each in distances]
    assert compare(*pair, "rsa_pearson") == pytest.approx(pearsonr(*distances).statistic, abs=1e-12)
    assert compare(*pair, "rsa_pearson_squared") == pytest.approx(pearsonr(*squared).statistic, abs=1e-12)
    assert compare(*pair, "rsa_spearman") == pytest.approx(spearmanr(*distances).statistic, abs=1e-12)


def test_ranks_average_ties():
    grid = np.arange(9.0)[:, None] * [1, 1]
    steps = np.array([0, 1, 1, 2, 2, 2, 5, 5, 8.0])[:, None] * [1, 1]
    expected = spearmanr(*(pdist(each) ** 2 for each in (grid, steps))).statistic
    # integers, so that equal distances are equal as computed
    grams = [(each @ each.T)[None] for each in (grid, steps)]
    assert rsa_matrix(*grams, correlation="spearman").item() == pytest.approx(expected, abs=1e-12)


def test_svcca_is_that_of_the_leading_singular_vectors(pair):
    bases = []
    for representation in pair:
        left, singular, _ = np.linalg.svd(representation - representation.mean(0), full_matrices=False)
        explained = np.cumsum(singular**2) / (singular**2).sum()
        bases.append(left[:, : np.searchsorted(explained, 0.7) + 1])
    expected = np.linalg.svd(bases[0].T @ bases[1], compute_uv=False).mean()
    assert compare(*pair, "svcca", share=0.7) == pytest.approx(expected, abs=1e-12)


def test_neighbours_are_counted_map_by_map(pair):
    shared = []
    for map_ in range(len(pair[0])):
        nearest = [np.argsort(np.linalg.norm(each - each[map_], axis=1))[1:5].tolist() for each in pair]
        shared.append(len(set(nearest[0]) & set(nearest[1])) / 4)
    assert compare(*pair, "mutual_neighbours") == pytest.approx(np.mean(shared), abs=1e-12)


def test_of_neighbours_at_the_same_distance_the_first_is_taken():
    line = np.array([0.0, 1, 2, 3])[:, None]
    # nearest: 1, 0 (before 2), 1 (before 3), 2; of the reordered line: 3, 2 (before 3), 1, 0 (before 1)
    reordered = np.array([0.0, 3, 2, 1])[:, None]
    grams, others = ((each @ each.T)[None] for each in (line, reordered))
    same = similarity_matrix(grams, others, measure="mutual_neighbours", neighbours=1)
    nearest, nearest_other = [1, 0, 1, 2], [3, 2, 1, 0]
    assert same.item() == np.mean(np.equal(nearest, nearest_other))


def test_all_neighbours_but_itself_are_shared(pair):
    assert compare(*pair, "mutual_neighbours", neighbours=len(pair[0]) - 1) == pytest.approx(1, abs=1e-12)


def test_the_rbf_kernel_equals_a_double_loop(rng):
    representation = rng.normal(size=(7, 3))
    squared = np.array([[((a - b) ** 2).sum() for b in representation] for a in representation])
    expected = np.exp(-squared / (2 * 0.8**2 * np.median(squared)))
    assert rbf_grams(linear_gram(representation)[None], width=0.8)[0] == pytest.approx(expected, abs=1e-12)


def test_the_angle_is_the_arc_cosine_of_the_similarity(rng):
    grams = stack(rng)
    similarity, angle = (procrustes_matrix(grams, form=form) for form in ("similarity", "angle"))
    assert np.cos(angle) == pytest.approx(similarity, abs=1e-12)


def test_svcca_of_a_share_of_one_is_cca(pair):
    assert compare(*pair, "svcca", share=1) == compare(*pair, "cca")


def test_directions_that_are_kept_are_told(rng):
    grams = np.stack([linear_gram(rng.normal(size=(12, width))) for width in (1, 4, 300)])
    assert kept_directions(grams, share=1).tolist() == [1, 4, 11]
    assert kept_directions(grams, share=1e-9).tolist() == [1, 1, 1]


# pairing


def named(gram, maps, positions=None):
    coordinates = {"layer": ["only"], "map": list(maps)}
    if positions is not None:
        coordinates["position"] = ("map", list(positions))
    return xr.DataArray(gram[None], dims=("layer", "map", "map_other"), coords=coordinates)


@pytest.fixture
def gram(rng):
    return linear_gram(rng.normal(size=(4, 3)))


@pytest.mark.parametrize("measure", MEASURES)
def test_partners_are_compared_by_their_positions(gram, measure):
    suites = (
        named(gram, ["A 3", "A 1", "A 4", "A 5"], [3, 1, 4, 5]),
        named(gram, ["B 3", "B 1", "B 4", "B 5"], [3, 1, 4, 5]),
    )
    found = similarity_matrix(*suites, measure=measure, pairing="simulation", neighbours=2)
    assert found == pytest.approx(similarity_matrix(gram[None], gram[None], measure=measure, neighbours=2), abs=1e-12)


@pytest.mark.parametrize("measure", MEASURES)
def test_rows_of_other_maps_are_refused(gram, measure):
    with pytest.raises(InputError, match="disagree on map 2: 'c' and 'd'"):
        similarity_matrix(named(gram, "abcd"), named(gram, "abdc"), measure=measure, neighbours=2)


def test_rows_of_other_positions_are_refused(gram):
    with pytest.raises(InputError, match="disagree on the position of map 1: '15' and '16'"):
        similarity_matrix(
            named(gram, "abcd", [0, 15, 30, 45]),
            named(gram, "efgh", [0, 16, 30, 45]),
            measure="rsa_pearson",
            pairing="simulation",
        )


def test_rows_that_carry_no_position_have_no_partners(gram):
    with pytest.raises(InputError, match="do not both carry the coordinate 'position'"):
        similarity_matrix(named(gram, "abcd", range(4)), gram[None], measure="rsa_pearson", pairing="simulation")


def test_an_unknown_pairing_is_refused(gram):
    with pytest.raises(InputError, match="Unknown pairing 'suite'"):
        similarity_matrix(gram[None], gram[None], measure="rsa_pearson", pairing="suite")


# refusals


def test_an_unknown_measure_is_refused(rng):
    with pytest.raises(InputError, match=r"Unknown measure 'pwcca'.*cka_biased, .*svcca"):
        similarity_matrix(stack(rng), measure="pwcca")


@pytest.mark.parametrize(("measure", "fewest"), [("rbf_cka_debiased", 4), ("rsa_pearson", 3), ("svcca", 3), ("cca", 3)])
def test_too_few_maps_are_refused(rng, measure, fewest):
    few = fewest - 1
    with pytest.raises(InputError, match=rf"{few} maps are too few: this measure needs at least {fewest}"):
        similarity_matrix(stack(rng, few), measure=measure)


@pytest.mark.parametrize("neighbours", [0, 12, 50])
def test_as_many_neighbours_as_maps_are_refused(rng, neighbours):
    with pytest.raises(InputError, match=f"{neighbours} neighbours of 12 maps"):
        similarity_matrix(stack(rng), measure="mutual_neighbours", neighbours=neighbours)


@pytest.mark.parametrize("share", [0, -0.1, 1.01, np.nan])
def test_a_share_out_of_range_is_refused(rng, share):
    with pytest.raises(InputError, match=f"share of variance to keep is {share}; it lies above 0 and is at most 1"):
        similarity_matrix(stack(rng), measure="svcca", share=share)


@pytest.mark.parametrize("width", [0, -1.0, np.nan])
def test_a_kernel_without_width_is_refused(rng, width):
    with pytest.raises(InputError, match=f"width of the RBF kernel is {width}; it has to be positive"):
        similarity_matrix(stack(rng), measure="rbf_cka_biased", width=width)


def test_a_median_distance_of_zero_is_refused(rng):
    representation = rng.normal(size=(12, 3))
    representation[:10] = representation[0]
    with pytest.raises(InputError, match=r"Layer \[0\] has a median distance of zero"):
        similarity_matrix(linear_gram(representation)[None], measure="rbf_cka_biased")


@pytest.mark.parametrize("measure", [name for name in MEASURES if name.startswith("rsa")])
def test_maps_equally_far_apart_correlate_with_nothing(measure):
    with pytest.raises(InputError, match=r"Layer \[0\] has all maps equally far apart"):
        similarity_matrix(np.eye(6)[None], measure=measure)


@pytest.mark.parametrize("measure", [name for name in MEASURES if not name.startswith("cka")])
def test_values_that_are_not_finite_are_refused(rng, measure):
    grams = stack(rng)
    grams[1, 0, 0] = np.nan
    with pytest.raises(InputError, match=r"Layer \[1\] holds values that are not finite"):
        similarity_matrix(grams, measure=measure)


def test_a_refused_layer_is_named_where_the_stack_names_it():
    with pytest.raises(InputError, match=r"Layer \['only'\] is constant"):
        similarity_matrix(named(np.zeros((4, 4)), "abcd"), measure="rsa_pearson")


def test_an_unknown_correlation_and_an_unknown_form_are_refused(rng):
    with pytest.raises(InputError, match="Unknown correlation 'kendall'"):
        rsa_matrix(stack(rng), correlation="kendall")
    with pytest.raises(InputError, match="Unknown form of Procrustes 'shape'"):
        procrustes_matrix(stack(rng), form="shape")


@pytest.mark.parametrize("width", [1e-9, 1e9])
def test_a_width_at_which_the_kernel_sees_nothing_is_refused(rng, width):
    with pytest.raises(InputError, match="one value of the RBF kernel for all pairs of maps. Choose another width"):
        similarity_matrix(stack(rng), measure="rbf_cka_biased", width=width)


@pytest.mark.parametrize("memory", [64, 0.05, 0.0045])
@pytest.mark.parametrize("correlation", ["pearson", "pearson_squared", "spearman"])
def test_rsa_of_maps_drawn_several_times_is_that_of_the_distances_repeated(rng, correlation, memory):
    layers = rng.normal(size=(3, 12, 30)) + rng.normal(size=(12, 30))
    layers[1] = np.round(layers[1])  # whole numbers: distances tie
    grams = layers @ layers.swapaxes(1, 2)
    weights = rng.multinomial(12, np.full(12, 1 / 12), size=20).astype(float)
    found = weighted_rsa_matrices(grams, weights, correlation=correlation, resources=Resources(memory))
    squared = squared_distances(grams)
    for drawn, matrix in zip(weights.astype(int), found, strict=True):
        maps = np.repeat(np.arange(12), drawn)
        first, second = np.triu_indices(12, 1)
        first, second = maps[first], maps[second]
        distances = squared[:, first[first != second], second[first != second]]
        if correlation == "pearson":
            distances = np.sqrt(distances)
        expected = spearmanr(distances.T).statistic if correlation == "spearman" else np.corrcoef(distances)
        assert matrix == pytest.approx(expected, abs=1e-12)
    equal = weighted_rsa_matrices(grams, np.ones((1, 12)), correlation=correlation)
    assert equal[0] == pytest.approx(rsa_matrix(grams, correlation=correlation), abs=1e-12)


def test_too_little_memory_for_one_layer_of_a_resample_is_refused(rng):
    layers = rng.normal(size=(2, 12, 9))
    with pytest.raises(InputError, match=r"A resample of 12 maps takes .* MB at a time"):
        weighted_rsa_matrices(
            layers @ layers.swapaxes(1, 2), np.ones((1, 12)), correlation="spearman", resources=Resources(0.003)
        )


def test_a_resample_of_two_maps_has_no_rsa(rng):
    layers = rng.normal(size=(2, 6, 9))
    with pytest.raises(InputError, match="three maps at least"):
        weighted_rsa_matrices(layers @ layers.swapaxes(1, 2), 3.0 * np.eye(6)[:1], correlation="spearman")


@pytest.mark.parametrize("form", ["similarity", "angle"])
def test_procrustes_changes_with_weights_as_its_derivative_says(rng, form):
    """The slow twin weighs the maps: centred by their weights, each scaled by the root of its own."""
    layers = rng.normal(size=(3, 14, 20)) + rng.normal(size=(14, 20))

    def weighted(weights):
        centred = [each - weights @ each / weights.sum() for each in layers]
        scaled = np.stack([np.sqrt(weights)[:, None] * each for each in centred])
        # their mean is not zero, and is not to be taken away again
        nuclear = [[np.linalg.svd(a.T @ b, compute_uv=False).sum() for b in scaled] for a in scaled]
        norms = np.linalg.norm(scaled, axis=(1, 2))
        similarity = np.minimum(nuclear / np.outer(norms, norms), 1)
        return similarity if form == "similarity" else np.arccos(similarity)

    matrix, changes = procrustes_influence(layers @ layers.swapaxes(1, 2), form=form)
    apart = ~np.eye(3, dtype=bool)
    assert matrix[apart] == pytest.approx(weighted(np.ones(14))[apart])
    for one in (0, 9):
        step = 1e-5 * np.eye(14)[one]
        slope = (weighted(1 + step) - weighted(1 - step)) / 2e-5
        assert changes[one][apart] == pytest.approx(slope[apart], abs=1e-8)
    assert changes[:, ~apart] == pytest.approx(0, abs=1e-12)
