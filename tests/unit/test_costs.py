"""What a run costs: sizes of networks, costs of jobs, runs played through, time left."""

import io
import subprocess
import sys
from pathlib import Path
from time import process_time

import numpy as np
import pytest

from repshift.cli.commands import actions_of
from repshift.costs.fitting import QUANTITIES, Sample, fit_constants
from repshift.costs.jobs import Job
from repshift.costs.kinds import kind_of_words, terms_of
from repshift.costs.prices import Prices, heaviest, read_prices
from repshift.costs.requests import Requests, parts_of_network, parts_of_statistics
from repshift.costs.sizes import check_headers, sizes_of
from repshift.networks.architecture import architecture_of
from repshift.storage.headers import shape_of
from repshift.study.cases import cases
from repshift.study.jobs import network_job, statistics_job
from repshift.vocabulary import InputError
from studies import put, study_of

ROOT = Path(__file__).parents[2]
CONSTANTS = ROOT / "workflow/costs.json"


def constants(seconds, megabytes=(0.0,), size=(0.0, 0.0)):
    return {"seconds": list(seconds), "megabytes": list(megabytes), "bytes": list(size)}


def prices(start=0.0, **parts):
    return Prices({name: {"seconds": start, "megabytes": 100.0} for name in ("analysis", "torch")}, parts)


def simulations(count, side):
    return {"simulations": count, "particles": side, "pixels": side, "maps": 15 * count}


def test_constants_are_found_again():
    known = prices(maps=constants([2.0, 3e-8, 1e-6], [90.0, 1e-4, 2e-4], [500.0, 1.0]))
    sizes = [simulations(10 + n, side) for n, side in enumerate((16, 32, 64, 128, 256))]
    costs = [known.cost_of("maps", one) for one in sizes]
    found = [{name: getattr(cost, name) for name in QUANTITIES} for cost in costs]
    samples = [Sample("maps", (one,), quantities) for one, quantities in zip(sizes, found, strict=True)]
    again = [prices(**fit_constants(samples)).cost_of("maps", one) for one in sizes]
    for name in QUANTITIES:
        assert [getattr(c, name) for c in again] == pytest.approx([getattr(c, name) for c in costs], rel=0.01)


def test_constants_are_found_in_jobs_of_several_parts():
    known = prices(learning_curve=constants([0.5, 1e-3]))
    samples = []
    for n_cases in (10, 100, 1000):
        parts = ({"cases": n_cases}, {"cases": 3 * n_cases})
        seconds = sum(known.cost_of("learning_curve", one).seconds for one in parts)
        samples.append(Sample("learning_curve", parts, {"seconds": seconds}))
    assert fit_constants(samples)["learning_curve"]["seconds"] == pytest.approx([0.5, 1e-3], rel=0.02)


def test_simulations_take_no_more_cores_than_their_number():
    known = prices(maps=constants([12.0, 0.0, 0.0], [0.0] * 3))
    assert known.cost_of("maps", simulations(8, 64), threads=2).wall == 6
    assert known.cost_of("maps", simulations(1, 64), threads=2).wall == 12


def test_what_is_fetched_takes_its_time():
    known = prices(derive=constants([1.0, 0.0], size=[128.0, 1.0]))
    cost = known.cost_of("download_maps", {"maps": 15000, "pixels": 256}, rate=6e6)
    assert cost.fetched == 15000 * 256**2 * 4
    assert cost.bytes == cost.fetched + 128
    assert (cost.wall, cost.fetching) == (1, pytest.approx(cost.fetched / 6e6))


def test_grams_without_activations_pay_for_the_forward_pass():
    sizes = {"hidden": 2, "pixels": 32, "n_maps": 10, "domains": 2, "passes": 1, "recorded": 1, "batch": 5}
    known = prices(
        grams=constants([3.0, 0.0, 0.0], [300.0]), activations=constants([5.0, 1e-9, 0.0], [350.0, 8e-6, 0.0])
    )
    network = architecture_of(2, 32)
    found = known.cost_of("grams", sizes)
    assert found.seconds == pytest.approx(3 + 1e-9 * 20 * network.multiplications)
    assert found.megabytes == pytest.approx(300 + (4e-6 * 20 + 8e-6 * 5) * network.units)
    kept = known.cost_of("grams", sizes | {"recorded": 0})
    assert (kept.seconds, kept.megabytes) == (3, 300)


def test_representations_that_are_written_are_not_held():
    known = prices(activations=constants([0.0] * 3, [350.0, 1e-6, 0.0]))
    sizes = {"hidden": 12, "pixels": 256, "n_maps": 50, "passes": 1, "batch": 10}
    units = architecture_of(12, 256).units
    assert known.cost_of("activations", sizes).megabytes == pytest.approx(350 + 1e-6 * 10 * units)


def test_a_part_that_nobody_measured_has_a_cost():
    found = prices(start=1.5).cost([("new", {})])
    assert (found.seconds, found.wall, found.megabytes) == (2.5, 2.5, 100)


def test_a_process_starts_once_whatever_it_does():
    known = prices(start=2.0, cka=constants([1.0, 0.0], [10.0]), influence=constants([3.0, 0.0, 0.0], [20.0]))
    found = known.cost([("cka", {}), ("influence", {}), ("influence", {})])
    assert (found.seconds, found.start, found.megabytes) == (9, 2, 120)


def test_a_process_loads_what_its_heaviest_part_needs():
    assert heaviest(["cka", "figure1"]) == "drawing"
    assert heaviest(["figure1", "grams", "cka"]) == "torch"
    assert heaviest([]) == "analysis"


def test_a_job_keeps_what_is_not_temporary():
    known = prices(
        activations=constants([0.0] * 3, [0.0] * 3, [500.0, 0.0]), grams=constants([0.0] * 3, size=[30.0, 0.0])
    )
    files = {"outputs": ("results/activations/a.nc", "results/grams/a.nc"), "temporary": ("results/activations/a.nc",)}
    job = Job(0, "network T", parts=(("activations", {}), ("grams", {})), benchmark="b", **files)
    cost = known.costs([job], rate=1.0)[0]
    assert (cost.bytes, cost.temporary) == (530, 500)


def test_the_constants_fit_the_terms():
    known = read_prices(CONSTANTS)
    assert set(known.start) == {"analysis", "drawing", "torch"}
    for kind, found in known.parts.items():
        terms = terms_of(kind, {})
        assert {name: len(found[name]) - 1 for name in QUANTITIES} == {
            name: len(getattr(terms, name)) for name in QUANTITIES
        }


@pytest.fixture
def default():
    return Requests(study_of(base="config"), CONSTANTS)


def case(*kinds):
    return [(kind, {"model": "T-MockTNG", "domain": "MockSIMBA"}) for kind in kinds]


def test_time_is_asked_for_all_parts_and_memory_for_the_largest(default):
    parts = case("activations", "predictions", "predictions")
    costs = [default.cost([part]) for part in parts]
    whole = sum(cost.seconds - cost.start for cost in costs) + costs[0].start
    assert default.seconds(parts) == pytest.approx(whole)
    assert default.memory(parts) == max(default.memory([part]) for part in parts)
    assert default.minutes(parts) == max(3, -int(-4 * whole // 60))


def test_a_rule_that_is_not_known_asks_for_the_least(default):
    assert (default.memory([("new", {})]), default.minutes([("new", {})])) == (1000, 3)


@pytest.mark.parametrize(
    ("base", "model"), [("config", "T-MockTNG"), ("config", "T-MockTNG-untrained"), ("test", "T-MockTNG")]
)
def test_jobs_are_priced_by_their_commands(base, model):
    study = study_of(base=base)
    for job_of, parts_of in ((network_job, parts_of_network), (statistics_job, parts_of_statistics)):
        job = job_of(study, model, study.cases[model])
        words = [" ".join(command[:2] if actions_of(command[0]) else command[:1]) for command in job.commands]
        assert [kind_of_words(one) for one in words] == [kind for kind, _ in parts_of(study, model, job.domains)]


def test_sizes_are_those_of_the_study():
    found = sizes_of(study_of(base="config"), "predictions", {"model": "T-MockTNG", "domain": "MockSIMBA"})
    expected = {"maps": 750, "shown": 750, "pixels": 64, "domains": 2, "hidden": 4, "n_maps": 50}
    assert {name: found[name] for name in expected} == expected


@pytest.fixture
def own_files(tmp_path, monkeypatch):
    """A working directory with the files of the smallest configuration, and maps in FITS."""
    monkeypatch.chdir(tmp_path)
    for name in ("ours", "theirs"):
        np.save(f"{name}.npy", np.ones((60, 16, 16), np.float32))
        Path(f"{name}.csv").write_text("Omega_m\n0.3\n")
    Path("mine.py").touch()
    Path("ours.fits").touch()


@pytest.mark.usefixtures("own_files")
def test_the_size_of_a_set_that_nothing_says_is_assumed():
    study = study_of(put("suites", "Ours", "maps", "density", value="ours.fits"), base="smallest")
    assert sizes_of(study, "convert", {"suite": "Ours", "set": "LH", "field": "density"})["assumed"] == 1
    assert "assumed" not in sizes_of(study, "grams", {"model": "mine", "domain": "Theirs"})


@pytest.mark.usefixtures("own_files")
def test_a_damaged_file_stops_a_plan_and_no_request():
    study = study_of(base="smallest")
    check_headers(study)
    Path("theirs.npy").write_bytes(damaged("header"))
    assert sizes_of(study, "grams", {"model": "mine", "domain": "Theirs"})["assumed"] == 1
    with pytest.raises(InputError, match="theirs.npy is cut or damaged"):
        check_headers(study)


def test_jobs_of_a_large_study_are_priced_at_once():
    started = process_time()
    requests = Requests(study_of(base="cmd"), CONSTANTS)
    begun = process_time()
    for model, domain in cases(requests.study):
        requests.memory(parts_of_network(requests.study, model, [domain]))
        requests.memory(parts_of_statistics(requests.study, model, [domain]))
    assert process_time() - begun < max(0.5, begun - started)


def test_following_a_run_needs_no_package():
    code = "import sys, repshift.costs.follower, repshift.storage.headers; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT / "src")}).returncode == 0


def test_the_shape_of_maps_is_read_without_numpy(tmp_path):
    np.save(tmp_path / "maps.npy", np.zeros((30, 16, 16), np.float32))
    (tmp_path / "other.npy").write_text("no array")
    assert shape_of(tmp_path / "maps.npy") == (30, 16, 16)
    assert shape_of(tmp_path / "other.npy") is None


def damaged(kind):
    """Return a file of an array whose header is cut, garbled, or of no axes."""
    file = io.BytesIO()
    np.save(file, np.zeros(() if kind == "scalar" else (30, 16, 16), np.float32))
    whole = file.getvalue()
    cut = {"magic": 6, "version": 7, "length": 9, "header": 40, "scalar": len(whole)}
    return whole.replace(b"'shape'", b"'size'") if kind == "key" else whole[: cut[kind]]


@pytest.mark.parametrize("kind", ["magic", "version", "length", "header", "scalar", "key"])
def test_a_damaged_header_is_named(tmp_path, kind):
    (tmp_path / "maps.npy").write_bytes(damaged(kind))
    with pytest.raises(
        InputError, match="maps.npy is cut or damaged: its header tells no shape of maps. Expected a whole .npy file"
    ):
        shape_of(tmp_path / "maps.npy")
