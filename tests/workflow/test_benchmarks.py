"""The benchmarks: their slow twin, arithmetic and tables; the libraries they compare are not needed here."""

import time
from pathlib import Path

import numpy as np
import pytest
import torch
from benchmarks import attribution, estimate, labels, smallest
from benchmarks.accuracy import double_grams, error_of, hsic_1, reference_cka
from benchmarks.measuring import cpu_time_of, interleave, peak_of
from benchmarks.page import benchmark_section, estimate_section, replace_section
from benchmarks.report import kept_table, markdown_table, time_table
from benchmarks.results import CpuTime, Results, median_ratio, read_results, write_results
from benchmarks.routes import prepare_bare, prepare_cached, prepare_fast, prepare_plain
from benchmarks.targets import judge_all
from benchmarks.workload import make_workload

from repshift.attacks.goals import movement
from repshift.attacks.network import on_maps
from repshift.attacks.smallest import AttackSettings, smallest_changes
from repshift.networks.cmd import CMDNetwork

PAGE = Path(__file__).parents[2] / "docs/benchmarks.md"


@pytest.fixture(scope="module")
def workload():
    return make_workload(1, batch_size=8, n_networks=2, n_maps=16, size=32)


def times(*user, system=0.0):
    return [CpuTime(each, system) for each in user]


@pytest.fixture
def results():
    one = {label: times(2, 2) for label in (labels.BARE, *labels.OURS)}
    one |= {labels.FAST: times(1, 1.5), labels.PYTORCH_CKA: times(2, 4.5), labels.PYTORCH_CKA_TWO: times(4, 4.5)}
    one |= {labels.CALL: times(1, 1.2), labels.CALL_FIRST: times(1.4, 1.4)}
    many = {labels.BARE: times(1), labels.FAST_LOADED: times(11)}
    errors = dict.fromkeys(labels.OURS, 1e-6) | {labels.TORCH_CKA: "AssertionError", labels.REPSIM: float("nan")}
    memory = {labels.BARE: 100.0, labels.FAST: 100.0, labels.FAST_KEPT: 20.0, labels.CALL_FIRST: 120.0}
    return Results(
        date="2026-01-01",
        machine="a machine",
        times={(4, 16): one},
        times_kept={(4, 16): {labels.BARE: times(2, system=0.5), labels.FAST: times(2)}},
        megabytes={(4, 16): memory},
        errors={(4, 16, 0.0, "network"): errors},
        many={
            (4, 2): many | {labels.FAST: times(2), labels.PYTORCH_CKA_PAIRS: times(7)},
            (4, 8): many | {labels.FAST: times(6), labels.PYTORCH_CKA_PAIRS: times(66)},
        },
    )


def judged(results, words):
    (target,) = [target for target in judge_all(results) if words in target.name]
    return target


def test_tapped_network_answers_as_the_network_it_shows(workload):
    with torch.inference_mode():
        answers = [network(workload.maps) for network in (workload.networks[0], workload.tapped[0])]
    assert torch.equal(*answers)


# Measurement 6e-7 at offset 0: single precision. At the offset activations are multiples of 6e-5: the forward pass that
# `accelerate` rewrote rounds some to the next (4e-6 measured), and against the network all of that counts (1e-5).
@pytest.mark.parametrize(
    ("offset", "truth", "tolerance"),
    [(0.0, "network", 2e-6), (0.0, "activations", 2e-6), (1000.0, "activations", 1e-5), (1000.0, "network", 3e-5)],
)
@pytest.mark.parametrize("prepare", [prepare_plain, prepare_fast, prepare_cached])
def test_routes_equal_the_slow_twin(prepare, offset, truth, tolerance):
    workload = make_workload(1, batch_size=8, n_maps=16, size=32, offset=offset)
    right = reference_cka(double_grams(workload, truth), "minibatch", batch_size=8)
    assert error_of(prepare(workload)(), right) < tolerance


def test_offset_leaves_the_slow_twin_as_it_is(workload):
    offset = make_workload(1, batch_size=8, n_maps=16, size=32, offset=1000.0)
    here, there = (reference_cka(double_grams(each, "network"), "biased", batch_size=8) for each in (workload, offset))
    assert error_of(here, there) < 1e-8


def test_networks_are_compared_with_each_other(workload):
    matrix = prepare_plain(workload)()
    assert matrix.shape == (2 * len(workload.networks[0].layers),) * 2
    assert np.allclose(np.diagonal(matrix), 1)


def test_hsic_1_is_that_of_the_engine(rng):
    from repshift import hsic

    gram, other = (points @ points.T for points in rng.normal(size=(2, 10, 4)))
    assert hsic_1(gram, other) == pytest.approx(hsic(gram, other, estimator="debiased"), abs=1e-10)


def test_runs_are_interleaved_and_rotate():
    calls = []
    interleave({name: lambda name=name: calls.append(name) for name in "abc"}, rounds=2)
    assert "".join(calls) == "abcbca"


def test_cpu_time_is_that_of_the_process():
    start = time.process_time()
    found = cpu_time_of(lambda: sum(range(3_000_000)))
    assert 0 < found.total <= time.process_time() - start + 0.01  # a tick


def test_peak_is_what_a_run_holds_at_once():
    assert peak_of(lambda: np.ones(50_000_000).sum()) == pytest.approx(400, abs=40)


@pytest.mark.parametrize("hidden", [1, 4])
def test_estimate_counts_the_weights_and_units_of_the_network(hidden):
    network = CMDNetwork(hidden)
    layers = estimate.layers_of(hidden)
    assert [layer.name for layer in layers] == list(network.layers)
    assert [layer.weights for layer in layers] == [network.get_submodule(layer.name).weight.numel() for layer in layers]


def test_estimate_counts_the_units_that_are_recorded():
    workload = make_workload(1, batch_size=4, n_maps=4, size=64)
    units = {}
    for name, tap in workload.tapped[0].taps.items():
        tap.register_forward_hook(lambda _m, _a, output, name=name: units.update({name: output[0].numel()}))
    prepare_bare(workload)()
    workload.tapped[0](workload.maps)
    assert units == {layer.name: layer.units for layer in estimate.layers_of(1, size=64)}


def test_estimate_of_a_convolution_by_hand():
    first = estimate.layers_of(6)[1]
    assert (first.name, first.flops) == ("C02", 2 * 9 * 12 * 12 * 256 * 256)


def test_median_ratio_pairs_the_rounds():
    assert median_ratio(times(1, 10, 3), times(1, 5, 1)) == 2


def test_user_time_leaves_the_system_time_out():
    one, two = times(1, system=3.0), times(2)
    assert (median_ratio(one, two), median_ratio(one, two, "user")) == (2, 0.5)


def test_targets_are_met_or_not(results):
    missed = [target.name for target in judge_all(results) if target.met is False]
    assert missed == [
        "h 4, batches of 16: fast over bare",
        "h 4: every pair of 8 networks, pytorch-cka over fast, with rewriting and check",
        "h 4, batches of 16: extra memory of the call, its check included, over bare",
    ]


def test_the_cached_route_is_judged_with_its_own_pass(results):
    results.times[4, 16] |= {labels.CACHED_FAST: times(4, 4)}
    assert judged(results, "cached fast over bare").measured == "2.00"


def test_targets_say_what_they_would_be_otherwise(results):
    target = judged(results, "batches of 16: fast over bare")
    assert (target.measured, target.user, target.kept) == ("0.62", "0.62", "0.80")


def test_what_was_not_asked_is_not_judged(results):
    target = judged(results, "every pair of 2 networks")
    assert (target.limit, target.measured, target.met) == ("-", "3.50", None)


def test_an_error_that_is_not_a_number_fails_its_target(results):
    results.errors[4, 16, 0.0, "network"][labels.FAST] = float("nan")
    assert judged(results, "largest error").met is False


def test_heads_say_how_many_rounds(results):
    assert time_table(results, "total")[0][1:] == ["h 4, batches of 16, 2 rounds"]


def test_memory_kept_stands_beside_the_defaults(results):
    assert kept_table(results)[2] == [labels.FAST, "0.62 (1.25 + 0.00)", "0.80 (2.00 + 0.00)"]


def test_results_survive_their_file(results, tmp_path):
    write_results(results, tmp_path / "results.json")
    found = read_results(tmp_path / "results.json")
    assert repr(found) == repr(results)  # a NaN equals nothing
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


def test_section_names_no_host_and_no_path(results):
    section = benchmark_section(results, judge=True)
    assert "| NaN |" in section
    assert "| AssertionError |" in section
    assert str(Path.home()) not in section


def test_table_has_a_rule_under_its_head():
    assert markdown_table([["a", "b"], ["1", "2"]]) == "| a | b |\n|---|---|\n| 1 | 2 |\n"


def test_section_is_replaced_between_its_markers(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- estimate: begin -->\nold\n<!-- estimate: end -->\nafter\n")
    replace_section(page, "estimate", "new")
    assert page.read_text() == "before\n<!-- estimate: begin -->\n\nnew\n<!-- estimate: end -->\nafter\n"


def test_page_without_markers_is_refused(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("nothing")
    with pytest.raises(ValueError, match="lacks the markers of the section 'estimate'"):
        replace_section(page, "estimate", "new")


def test_page_has_the_estimate_as_computed():
    assert estimate_section() in PAGE.read_text()


def test_plain_projected_gradient_finds_no_smaller_changes():
    torch.manual_seed(0)
    network, maps = CMDNetwork(2, size=16), torch.randn(6, 1, 16, 16)
    with on_maps(network, maps, batch_size=6) as held:
        goal = movement(held.answers(), 0, 0.1)
        found = smallest_changes(held, goal, AttackSettings(), entropy=[[1, number] for number in range(6)])
        sizes = torch.from_numpy(found.size).float()
        for ours, slow in zip(sizes, smallest.plain(held, goal, 4 * sizes), strict=True):
            assert (ours / slow).numpy() == pytest.approx(np.ones(6), abs=0.06)


def test_attribution_beside_captum_finds_the_same(capsys, monkeypatch):
    pytest.importorskip("captum")
    monkeypatch.setattr(attribution, "_AT_ONCE", {"integrated_gradients": (2,), "occlusion": (4,)})
    attribution.compare(attribution.invented(2, size=16), rounds=1)
    told = capsys.readouterr().out
    differences = [float(line.split()[-1]) for line in told.splitlines() if "relative difference" in line]
    assert len(differences) == 2
    assert max(differences) < 1e-2  # where a feature is within rounding of its kink, gradients are not the same
    assert "repshift / captum, all outputs in one call" in told
    assert "repshift / captum, a call for each output" in told


def test_the_budget_of_attribution_is_of_all_its_cases(capsys):
    attribution.budget([attribution.invented(2, size=16)] * 2)
    *cases, whole = capsys.readouterr().out.splitlines()
    assert len(cases) == 2
    assert all("gradient" in line and "occlusion" in line for line in cases)
    assert whole.endswith("target at most 45")
