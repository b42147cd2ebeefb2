"""The benchmarks: their slow twin, arithmetic and tables; the libraries they compare are not needed here."""

from pathlib import Path

import numpy as np
import pytest
import torch
from benchmarks import estimate, labels
from benchmarks.accuracy import error_of, hsic_1, reference_cka
from benchmarks.measuring import cpu_seconds, peak_of
from benchmarks.page import benchmark_section, estimate_section, replace_section
from benchmarks.report import Results, markdown_table, median_ratio
from benchmarks.routes import prepare_bare, prepare_cached, prepare_fast, prepare_plain
from benchmarks.targets import judge_all
from benchmarks.workload import make_workload

from repshift.networks import CMDNetwork

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"


@pytest.fixture(scope="module")
def workload():
    return make_workload(1, batch_size=8, n_networks=2, n_maps=16, size=32)


@pytest.fixture
def results():
    seconds = {label: [2.0, 2.0] for label in (labels.BARE, *labels.OURS)}
    seconds |= {labels.FAST: [1.0, 1.5], labels.PYTORCH_CKA: [2.0, 4.5], labels.PYTORCH_CKA_TWO: [4.0, 3.0]}
    many = {(labels.BARE, 1): [1.0], (labels.PYTORCH_CKA_PAIRS, 8): [66.0]}
    many |= {(labels.FAST, 8): [6.0], (labels.FAST_LOADED, 8): [11.0]}
    errors = dict.fromkeys(labels.OURS, 1e-6) | {labels.TORCH_CKA: "AssertionError", labels.REPSIM: float("nan")}
    return Results(
        seconds={(4, 16): seconds},
        megabytes={(4, 16): {labels.BARE: 100.0, labels.FAST: 120.0}},
        errors={(4, 16, 0.0): errors},
        many={4: many},
    )


def test_tapped_network_answers_as_the_network_it_shows(workload):
    with torch.inference_mode():
        answers = [network(workload.maps) for network in (workload.networks[0], workload.tapped[0])]
    assert torch.equal(*answers)


@pytest.mark.parametrize("offset", [0.0, 1000.0])
@pytest.mark.parametrize("prepare", [prepare_plain, prepare_fast, prepare_cached])
def test_routes_equal_the_slow_twin(prepare, offset):
    workload = make_workload(1, batch_size=8, n_maps=16, size=32, offset=offset)
    # 1e-4: single precision on layers of a few units, at the offset of 6e-5 a unit
    assert error_of(prepare(workload)(), reference_cka(workload, "minibatch")) < 1e-4


def test_offset_leaves_the_slow_twin_as_it_is(workload):
    offset = make_workload(1, batch_size=8, n_maps=16, size=32, offset=1000.0)
    assert error_of(reference_cka(offset, "biased"), reference_cka(workload, "biased")) < 1e-8


def test_networks_are_compared_with_each_other(workload):
    matrix = prepare_plain(workload)()
    assert matrix.shape == (2 * len(workload.networks[0].layers),) * 2
    assert np.allclose(np.diagonal(matrix), 1)


def test_hsic_1_is_that_of_the_engine(rng):
    from repshift import hsic

    gram, other = (points @ points.T for points in rng.normal(size=(2, 10, 4)))
    assert hsic_1(gram, other) == pytest.approx(hsic(gram, other, estimator="debiased"), abs=1e-10)


def test_cpu_seconds_interleaves_and_rotates():
    calls = []
    cpu_seconds({name: lambda name=name: calls.append(name) for name in "abc"}, repetitions=2)
    assert "".join(calls) == "abcbca"


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
    assert median_ratio([1.0, 10.0, 3.0], [1.0, 5.0, 1.0]) == 2


def test_targets_are_met_or_not(results):
    missed = [target.name for target in judge_all(results) if not target.met]
    assert missed == [
        "h 4: every pair of 8 networks, pytorch-cka over fast, with rewriting and check",
        "h 4, batches of 16: extra memory of fast over the forward pass's",
    ]


def test_an_error_that_is_not_a_number_fails_its_target(results):
    results.errors[4, 16, 0.0][labels.FAST] = float("nan")
    assert not judge_all(results)[-1].met


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
