"""Stages intervals and permutation_tests, and what the tables make of them: on Gram matrices of known layers."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from repshift import InputError, similarity_matrix
from repshift.evidence import permutation_tests as block_swaps
from repshift.similarity.cka import cka_matrix
from repshift.similarity.measures import BESIDE_CKA, MEASURES
from repshift.stages import cka, intervals
from repshift.stages import permutation_tests as permutation_tests
from repshift.stages import scores as score_stage
from repshift.stages.summary import stack, tables
from repshift.statistics.blocks import BLOCK_NUMBERS, block_numbers
from repshift.statistics.scores import SCORES, score_intervals, scores
from repshift.storage.datasets import write_dataset
from repshift.vocabulary import CASE

CASE_OUT = dict(zip(CASE, ("net", "T", "Home", "away", "Away", "false"), strict=True))
CASE_IN = dict(zip(CASE, ("net", "T", "Home", "home", "Home", "true"), strict=True))
LAYERS = ["C01", "C02", "C03", "FC1"]
SHARED = {"block": [0.95] * 4, "graded": [0.3, 0.5, 0.7, 0.9], "independent": [0.0] * 4}
WIDTH = 60


def representations(rng, n_maps, *, layers):
    """Return layers (4, n_maps, 60) that share a part of what they hold."""
    common = rng.normal(size=(n_maps, WIDTH))
    own = rng.normal(size=(4, n_maps, WIDTH))
    loading = np.sqrt(SHARED[layers])[:, None, None]
    return loading * common + np.sqrt(1 - loading**2) * own


@pytest.fixture
def write_grams(tmp_path, rng):
    return grams_writer(tmp_path, rng)


def grams_writer(folder, rng):
    """Return what writes the Gram file of a case out of distribution, or, without `own`, of one in distribution.

    With `noise` the maps shown are those of the own domain and as much noise as that.
    """

    def write(shown, *, own=None, n_maps=20, passes=1, name="grams", suite=None, noise=None):
        domains = {"away" if own else "home": shown} | ({"home": own} if own else {})
        parts = [representations(rng, n_maps, layers=layers) for layers in domains.values()]
        if noise is not None:
            parts[0] = parts[1] + noise * rng.normal(size=parts[1].shape)
        values = np.concatenate(parts, axis=1)
        gram = values @ values.swapaxes(1, 2)
        names = [f"{domain} {number}" for domain in domains for number in range(n_maps)]
        suites = {"away": suite or "Away", "home": "Home"}
        dims = ("layer", "map", "map_other")
        dataset = xr.Dataset(
            {"gram": (dims, gram, {"units": "1", "long_name": "Gram matrix"})},
            {
                "layer": LAYERS,
                "map": names,
                "map_other": names,
                "simulation": ("map", np.tile(np.arange(n_maps), len(domains))),
                "position": ("map", np.tile(np.arange(n_maps) * 15, len(domains))),
                "suite": ("map", [suites[domain] for domain in domains for _ in range(n_maps)]),
                "domain": ("map", [domain for domain in domains for _ in range(n_maps)]),
            },
            {**(CASE_OUT if own else CASE_IN), "passes": passes},
        )
        if passes == 2:
            dataset = dataset.assign(gram=dataset["gram"].expand_dims({"pass": 2}))
            dataset["gram"].attrs = {"units": "1", "long_name": "Gram matrix"}
        path = folder / f"{name}.nc"
        write_dataset(dataset, path)
        return path

    return write


def estimate(grams, **changes):
    output = grams.with_name(f"intervals_{grams.name}")
    how = {"resamples": 200, "seed": 1, "batch_size": 5, "batch_seed": 1}
    intervals.run(grams=grams, output=output, **how | changes)
    return output


def permute(grams, **changes):
    output = grams.with_name(f"nulls_{grams.name}")
    permutation_tests.run(grams=grams, output=output, **{"permutations": 199, "seed": 1} | changes)
    return output


def compare(grams):
    output = grams.with_name(f"cka_{grams.name}")
    cka.run(grams=grams, batch_size=5, seed=1, output=output)
    return output


def opened(path):
    with xr.open_dataset(path) as found:
        return found.load()


def shown_maps(path):
    found = opened(path)
    own = np.flatnonzero(found["domain"] == found.attrs["domain"])
    return found["gram"].to_numpy()[:, own][:, :, own]


def test_values_of_the_stage_cka_lie_in_their_intervals(write_grams):
    grams = write_grams("graded", own="block")
    found = opened(estimate(grams))
    pairs = np.triu_indices(4, k=1)
    compared = opened(compare(grams))
    for measure in ("cka_debiased", "cka_biased", "cka_minibatch"):
        matrix = compared[measure].to_numpy()
        part = found.sel(measure=measure)
        assert part["similarity"].to_numpy()[pairs] == pytest.approx(matrix[pairs], abs=1e-12)
        assert [float(part[name]) for name in BLOCK_NUMBERS] == pytest.approx(block_numbers(matrix).tolist())
        assert part["eigenvalue"].to_numpy() == pytest.approx(np.linalg.eigvalsh(matrix)[::-1])
        for name in ("off_diagonal_mean", "leading_share", "participation_ratio"):
            assert part[f"{name}_low"] < part[name] < part[f"{name}_high"]
            assert part[f"{name}_error"] > 0
        low, high = (part[f"similarity_{end}"].to_numpy()[pairs] for end in ("low", "high"))
        assert ((low < matrix[pairs]) & (matrix[pairs] < high)).all()


@pytest.mark.parametrize("measure", BESIDE_CKA)
def test_other_measures_lie_in_their_intervals_too(write_grams, measure):
    grams = write_grams("graded", own="block", n_maps=25)
    part = opened(estimate(grams, measures=[measure])).sel(measure=measure)
    away = shown_maps(grams)
    matrix = similarity_matrix(away, measure=measure)
    pairs = np.triu_indices(4, k=1)
    assert part["similarity"].to_numpy()[pairs] == pytest.approx(matrix[pairs], abs=1e-12)
    assert float(part["off_diagonal_mean"]) == pytest.approx(matrix[pairs].mean())
    if measure == "cca":  # of 25 maps in 60 dimensions it is 1 but for rounding
        assert np.isnan([part["off_diagonal_mean_low"], part["off_diagonal_mean_high"]]).all()
    else:
        assert part["off_diagonal_mean_low"] < part["off_diagonal_mean"] < part["off_diagonal_mean_high"]
        assert part["off_diagonal_mean_error"] > 0
    by = {"procrustes_similarity": "derivatives", "procrustes_angle": "derivatives"}
    assert part["interval_by"] == by.get(measure, "bootstrap" if measure.startswith("rsa") else "jackknife")
    assert part["interval_trusted"] == MEASURES[measure].interval_trusted
    assert np.isnan(part["leading_share"]) == MEASURES[measure].is_distance
    p_value = part["off_diagonal_mean_change_p_value"]
    assert np.isnan(p_value) if measure == "cca" else 0 < p_value <= 1
    without = [similarity_matrix(np.delete(np.delete(away, i, 1), i, 2), measure=measure) for i in range(25)]
    means = np.array([one[pairs].mean() for one in without])
    error = np.sqrt(24 / 25 * np.square(means - means.mean()).sum())
    # by derivatives to first order alone: at 25 maps within a half
    exact = part["interval_by"] != "derivatives"
    assert float(part["off_diagonal_mean_error"]) == pytest.approx(error, rel=1e-9 if exact else 0.5, abs=1e-12)


def test_a_layer_that_few_maps_activate_has_intervals_of_the_jackknife(write_grams):
    """Some resamples leave out all of its maps, and RSA is nothing there."""
    path = write_grams("graded", n_maps=20)
    stored = opened(path)
    layer = np.zeros((20, 6))
    layer[:4] = np.random.default_rng(0).normal(size=(4, 6))
    stored["gram"][1] = layer @ layer.T
    write_dataset(stored, path)
    part = opened(estimate(path, batch_size=20, measures=["rsa_spearman"])).sel(measure="rsa_spearman")
    assert part["interval_by"] == "jackknife"
    assert part["off_diagonal_mean_low"] < part["off_diagonal_mean"] < part["off_diagonal_mean_high"]


@pytest.mark.parametrize("measure", ["cka_biased", "mutual_neighbours", "rsa_pearson"])
def test_what_depends_on_the_number_of_simulations_is_not_tested_where_it_differs(write_grams, measure):
    path = write_grams("graded", own="graded", n_maps=20)
    stored = opened(path)
    kept = np.r_[0:15, 20:40]
    write_dataset(stored.isel(map=kept, map_other=kept), path)
    part = opened(estimate(path, measures=[measure])).sel(measure=measure)
    assert np.isnan(part["off_diagonal_mean_change_p_value"]) == (measure != "rsa_pearson")


def test_neighbours_that_cannot_change_are_not_tested(write_grams):
    """Of eleven maps ten neighbours are all others: without one of twelve nothing is left to tell layers apart."""
    path = write_grams("graded", own="graded", n_maps=12)
    part = opened(estimate(path, batch_size=6, measures=["mutual_neighbours"])).sel(measure="mutual_neighbours")
    ends = [part[f"off_diagonal_mean{name}"] for name in ("_low", "_high", "_change_low", "_change_p_value")]
    assert np.isnan(ends).all()


@pytest.mark.parametrize("paired", [True, False])
def test_one_layer_has_no_pairs(write_grams, paired):
    path = write_grams("graded", own="graded")
    stored = opened(path)
    write_dataset(stored.isel(layer=[0]), path)
    found = opened(permute(path, paired=paired))
    assert np.isnan(found["studentised_p_value"]).all()
    assert np.isnan(opened(estimate(path, paired=paired))["off_diagonal_mean"]).all()


@pytest.mark.parametrize("scale", [1e-100, 1e100])
def test_the_scale_of_a_layer_counts_for_nothing(write_grams, scale):
    path = write_grams("block", own="graded")
    found = [opened(one(path)) for one in (estimate, permute)]
    stored = opened(path)
    stored["gram"][2] *= scale
    write_dataset(stored, path)
    for before, one in zip(found, (estimate, permute), strict=True):
        after = opened(one(path))
        for name in before.data_vars:
            if before[name].dtype.kind == "f":
                assert after[name].to_numpy() == pytest.approx(
                    before[name].to_numpy(), rel=1e-9, abs=1e-12, nan_ok=True
                )


def test_a_file_without_the_domain_of_its_maps_is_refused(write_grams):
    path = write_grams("graded")
    stored = opened(path).drop_vars("domain")
    write_dataset(stored, path)
    with pytest.raises(InputError, match="lacks the coordinate 'domain'"):
        permute(path)


def test_a_change_of_another_measure_is_tested_by_pseudo_values(write_grams):
    how = {"measures": ["rsa_pearson", "procrustes_angle"]}
    apart = opened(estimate(write_grams("block", own="graded", n_maps=40), **how))
    alike = opened(estimate(write_grams("graded", own="graded", n_maps=40, name="alike"), **how))
    tested = ["cka_biased", "rsa_pearson", "procrustes_angle"]
    name = "off_diagonal_mean_change_p_value"
    assert apart[name].sel(measure=tested).to_numpy() == pytest.approx(np.full(3, 2 / 200))
    assert (alike[name].sel(measure=tested) > 0.05).all()
    assert np.isnan(apart[name].sel(measure="cka_debiased"))


def test_what_is_one_whatever_the_layers_is_not_tested(write_grams):
    """Of 20 maps in 60 dimensions CCA is 1 but for rounding, of which a difference would be called real."""
    found = opened(estimate(write_grams("block", own="graded"), measures=["cca"])).sel(measure="cca")
    assert found["off_diagonal_mean"] == pytest.approx(1)
    assert np.isnan(found["off_diagonal_mean_change_p_value"])


def test_partners_are_swapped_by_their_pseudo_values_too(write_grams):
    grams = write_grams("graded", own="graded", noise=0.15, n_maps=30)
    apart, together = (opened(estimate(grams, paired=paired, measures=["rsa_pearson"])) for paired in (False, True))
    name = "off_diagonal_mean_change_p_value"
    assert together[name].sel(measure="rsa_pearson") == pytest.approx(2 / 200)
    assert apart[name].sel(measure="rsa_pearson") > 0.05


def test_an_interval_says_whether_domains_differ(write_grams):
    grams = write_grams("block", own="graded", n_maps=40)
    found = opened(estimate(grams)).sel(measure="cka_debiased")
    home = opened(grams)["gram"].to_numpy()[:, 40:, 40:]
    expected = float(found["off_diagonal_mean"]) - block_numbers(cka_matrix(home, estimator="debiased"))[0]
    assert float(found["off_diagonal_mean_change"]) == pytest.approx(expected)
    assert found["off_diagonal_mean_change_low"] > 0.2
    alike = opened(estimate(write_grams("graded", own="graded", n_maps=40, name="alike"))).sel(measure="cka_debiased")
    assert alike["off_diagonal_mean_change_low"] < 0 < alike["off_diagonal_mean_change_high"]


def test_in_distribution_no_domains_are_swapped(write_grams):
    grams = write_grams("graded")
    assert "off_diagonal_mean_change" not in opened(estimate(grams))
    assert "difference" not in opened(permute(grams))


def test_swapped_domains_tell_a_block_from_none(write_grams):
    found = opened(permute(write_grams("block", own="graded"))).sel(number="off_diagonal_mean")
    assert found["difference"] > 0.2
    assert found["studentised_p_value"] == pytest.approx(2 / 200)
    assert abs(found["studentised_null"].mean()) < 0.5
    same = opened(permute(write_grams("graded", own="graded", name="same"))).sel(number="off_diagonal_mean")
    assert same["studentised_p_value"] > 0.05


def test_suites_that_count_alike_are_not_taken_for_one(write_grams):
    """Simulation 0 of Home is another than simulation 0 of Away."""
    found = opened(permute(write_grams("block", own="graded")))
    assert found.sizes["permutation"] == 199


def test_partners_are_drawn_and_swapped_together(write_grams):
    """A little noise changes little of each simulation, which the scatter between simulations hides."""
    grams = write_grams("graded", own="graded", noise=0.15, n_maps=30)
    apart, together = (opened(estimate(grams, paired=paired)) for paired in (False, True))
    for measure in ("cka_debiased", "cka_biased", "cka_minibatch"):
        widths = [
            float(found["off_diagonal_mean_change_high"] - found["off_diagonal_mean_change_low"])
            for found in (apart.sel(measure=measure), together.sel(measure=measure))
        ]
        assert widths[1] < 0.5 * widths[0]
    debiased = together.sel(measure="cka_debiased")
    assert debiased["off_diagonal_mean_change_high"] < 0
    swapped = opened(permute(grams, paired=True)).sel(number="off_diagonal_mean")
    assert swapped["studentised_p_value"] == pytest.approx(2 / 200)
    assert opened(permute(grams)).sel(number="off_diagonal_mean")["studentised_p_value"] > 0.05


def test_partners_in_another_order_are_refused(write_grams):
    path = write_grams("graded", own="graded")
    store = opened(path)
    numbers = store["simulation"].to_numpy().copy()
    numbers[:20] = numbers[:20][::-1]
    write_dataset(store.assign_coords(simulation=("map", numbers)), path)
    with pytest.raises(InputError, match="are not those of the model's own domain"):
        estimate(path, paired=True)


def test_mini_batches_of_four_have_no_intervals(write_grams):
    found = opened(estimate(write_grams("graded"), batch_size=4))
    assert found["measure"].to_numpy().tolist() == ["cka_debiased", "cka_biased"]


def test_biased_cka_of_independent_layers_is_corrected(write_grams):
    found = opened(permute(write_grams("independent", n_maps=30)))
    pairs = np.triu_indices(4, k=1)
    biased = found.sel(measure="cka_biased")
    assert (biased["independence_mean"].to_numpy()[pairs] > 0.3).all()
    assert (np.abs(biased["calibrated"].to_numpy()[pairs]) < 0.25).all()
    assert (biased["independence_p_value"].to_numpy()[pairs] > 0.005).all()
    alike = opened(permute(write_grams("block", n_maps=30, name="alike")))
    assert alike["independence_p_value"].to_numpy() == pytest.approx(1 / 200)


@pytest.mark.parametrize("stage", [estimate, permute])
def test_same_input_same_bytes(write_grams, stage):
    grams = write_grams("graded", own="block")
    first = stage(grams).read_bytes()
    assert stage(grams).read_bytes() == first
    assert stage(grams, seed=2).read_bytes() != first


@pytest.mark.parametrize("stage", [estimate, permute])
def test_too_few_simulations_are_refused_and_nothing_is_written(write_grams, stage):
    grams = write_grams("graded", own="block", n_maps=9)
    with pytest.raises(InputError, match="Model 'net' shown domain 'away': 9 simulations are too few for an interval"):
        stage(grams)
    assert [path.name for path in grams.parent.iterdir()] == ["grams.nc"]


@pytest.mark.parametrize("stage", [estimate, permute])
def test_a_file_of_another_stage_is_refused(write_grams, stage):
    with pytest.raises(InputError, match=r"cka_grams.nc holds no Gram matrices. Expected a file of the stage grams."):
        stage(compare(write_grams("graded")))


@pytest.mark.parametrize("stage", [estimate, permute])
def test_two_passes_are_refused(write_grams, stage):
    with pytest.raises(InputError, match="holds two passes over the maps; its statistics need activations.passes 1"):
        stage(write_grams("graded", passes=2))


def write_predictions(path, rng, attributes, *, error=0.1):
    n_maps = 40
    truth = np.repeat(rng.normal(size=(20, 1)), 2, axis=0)
    labels = [f"{attributes['domain']} {number}" for number in range(n_maps)]
    values = {"truth": truth, "mean": truth + error * rng.normal(size=(n_maps, 1)), "std": np.full((n_maps, 1), error)}
    about = {"units": "1", "long_name": "predicted"}
    coords = {"parameter": ["Omega_m"], "map": labels, "simulation": ("map", np.repeat(np.arange(20), 2))}
    write_dataset(
        xr.Dataset({k: (("map", "parameter"), v, about) for k, v in values.items()}, coords, attributes), path
    )
    return path


@pytest.fixture(scope="module")
def summed_up(tmp_path_factory):
    """Both cases through cka, intervals, permutation_tests and summary."""
    folder, rng = tmp_path_factory.mktemp("summed_up"), np.random.default_rng(20261122)
    write_grams = grams_writer(folder, rng)
    grams = [write_grams("graded", name="home"), write_grams("block", own="graded", name="away")]
    matrices = [path.with_name(f"cka_{path.name}") for path in grams]
    for path, output in zip(grams, matrices, strict=True):
        cka.run(grams=path, batch_size=5, seed=1, output=output, measures=["rsa_pearson"])
    how = {"intervals": [estimate(path) for path in grams], "permutation_tests": [permute(path) for path in grams]}
    scored = [folder / f"scores_{path.name}" for path in grams]
    for case, path, output in zip((CASE_IN, CASE_OUT), grams, scored, strict=True):
        answers = write_predictions(folder / f"p{case['domain']}.nc", rng, case)
        score_stage.run(predictions=answers, grams=path, resamples=200, seed=1, output=output)
    stack.run(cka=matrices, scores=scored, **how, output=folder / "summary.nc")
    names = ["scores", "similarity", "permutation_tests", "independence"]
    tables.run(summary=folder / "summary.nc", tables=names, outputs=[folder / f"{name}.csv" for name in names])
    return folder


def test_tables_have_the_ends_of_intervals_beside_every_number(summed_up):
    similarity = pd.read_csv(summed_up / "similarity.csv").set_index(["domain", "measure"])
    scored = pd.read_csv(summed_up / "scores.csv")
    for name in BLOCK_NUMBERS:
        row = similarity.loc["away", "cka_debiased"]
        assert row[f"{name}_low"] < row[name] < row[f"{name}_high"]
    assert np.isnan(similarity.loc["away", "rsa_pearson"]["off_diagonal_mean_low"])
    assert np.isfinite(similarity.loc["away", "rsa_pearson"]["off_diagonal_mean"])
    for name in SCORES:
        assert (scored[f"{name}_low"] < scored[name]).all()
        assert (scored[name] < scored[f"{name}_high"]).all()


def test_the_summary_holds_ends_and_tests_for_the_figures(summed_up):
    found = opened(summed_up / "summary.nc").sel(measure="cka_debiased")
    assert found["similarity_low"].dims == ("case", "layer", "layer_other")
    assert (found["eigenvalue_low"] < found["eigenvalue_high"]).all()
    assert np.isnan(found["studentised"][0]).all()
    assert found["studentised"].sel(number="off_diagonal_mean")[1] > 2
    assert found["studentised_null"].shape == (2, 199, 2)


def test_the_table_of_tests_has_the_cases_out_of_distribution(summed_up):
    table = pd.read_csv(summed_up / "permutation_tests.csv")
    assert table["domain"].tolist() == ["away", "away"]
    first = table.set_index("number").loc["off_diagonal_mean"]
    assert 0 < first["difference_low"] < first["difference"] < first["difference_high"]
    assert first["studentised_p_value"] == pytest.approx(2 / 200)


def test_the_table_of_independence_has_every_case(summed_up):
    table = pd.read_csv(summed_up / "independence.csv")
    assert table["domain"].tolist() == ["home", "home", "away", "away"]
    away = table[table["domain"] == "away"].set_index("measure")
    assert away.loc["cka_biased", "null_mean"] > 0.2 > abs(away.loc["cka_debiased", "null_mean"])
    assert away.loc["cka_debiased", "calibrated_mean"] == pytest.approx(0.9, abs=0.1)
    assert away["p_value_largest"].tolist() == pytest.approx([1 / 200] * 2)
    assert (away["n_pairs"] == 6).all()


def test_resampled_scores_are_those_of_drawn_simulations(rng):
    simulations = np.repeat(np.arange(12), 3)
    truth, error = rng.normal(size=12)[simulations], rng.normal(size=36)
    mean, std = truth + error, np.full(36, 0.5)
    found = score_intervals(truth, mean, std, simulations=simulations, n_resamples=4000, seed=1)
    draws = np.random.default_rng(2).integers(12, size=(4000, 12))
    maps = (draws[:, :, None] * 3 + np.arange(3)).reshape(4000, 36)
    brute = [[getattr(scores(truth[m], mean[m], std[m]), name) for name in SCORES] for m in maps]
    expected = np.quantile(brute, [0.025, 0.975], axis=0)
    width = expected[1] - expected[0]
    # expanded: 12 simulations tell their own scatter badly
    for ends, brute_ends, sign in ((found.low, expected[0], -1), (found.high, expected[1], 1)):
        further = sign * (ends - brute_ends) / width
        assert ((further > 0) & (further < 0.5)).all(), further


def test_intervals_of_r2_hold_the_truth(rng):
    hits = []
    for _ in range(60):
        truth = np.repeat(rng.normal(size=30), 5)
        shared = np.repeat(rng.normal(size=30), 5)
        mean = truth + 0.5 * (np.sqrt(0.8) * shared + np.sqrt(0.2) * rng.normal(size=150))
        labels = np.repeat(np.arange(30), 5)
        ends = score_intervals(truth, mean, np.full(150, 0.5), simulations=labels, n_resamples=300, seed=1)
        hits.append((ends.low <= [0.75, 0.5, 0, 1]) & (ends.high >= [0.75, 0.5, 0, 1]))
    assert (np.mean(hits, axis=0) >= 0.83).all(), np.mean(hits, axis=0)


def test_scores_that_are_no_numbers_have_no_intervals():
    truth, mean = np.full(20, 0.3), np.linspace(0, 1, 20)
    ends = score_intervals(truth, mean, np.zeros(20), simulations=np.arange(20), n_resamples=100, seed=1)
    assert np.isnan(ends.low[SCORES.index("r2")])
    assert np.isfinite(ends.low[SCORES.index("rmse")])
    assert not np.isfinite(ends.high[SCORES.index("chi2")])


@pytest.mark.parametrize(("paired", "noise"), [(False, None), (True, 0.1), (True, 0.0)])
def test_swapped_domains_at_once_are_those_of_a_loop(write_grams, monkeypatch, paired, noise):
    grams = write_grams("graded", own="block", n_maps=12, noise=noise)
    fast = opened(permute(grams, paired=paired))
    monkeypatch.setattr(block_swaps, "_has_one_map_each", lambda *_: False)
    slow = opened(permute(grams, paired=paired))
    for name in ("difference", "studentised"):
        assert fast[f"{name}_null"].to_numpy() == pytest.approx(slow[f"{name}_null"].to_numpy(), rel=1e-8, abs=1e-12)
        assert (fast[f"{name}_p_value"] == slow[f"{name}_p_value"]).all()


def test_of_many_simulations_groups_are_left_out(write_grams):
    """A hundred simulations in fifty groups: as good an error as one by one, at half the price."""
    grams = write_grams("graded", own="block", n_maps=100)
    part = opened(estimate(grams, measures=["rsa_pearson_squared", "rbf_cka_debiased"]))
    away, pairs = shown_maps(grams), np.triu_indices(4, k=1)
    for measure in ("rsa_pearson_squared", "rbf_cka_debiased"):
        left_out = [np.arange(2 * group, 2 * group + 2) for group in range(50)]
        kept = [np.delete(np.arange(100), maps) for maps in left_out]
        without = [similarity_matrix(away[:, maps[:, None], maps], measure=measure)[pairs].mean() for maps in kept]
        error = np.sqrt(49 / 50 * np.square(without - np.mean(without)).sum())
        assert float(part["off_diagonal_mean_error"].sel(measure=measure)) == pytest.approx(error, rel=1e-9)
        assert part["off_diagonal_mean_change_p_value"].sel(measure=measure) < 0.05
