"""The stage stress in a run: what it makes, what makes it again, and how a killed one goes on."""

import json
import os
import shutil
import signal
import time

import pytest
import xarray as xr

from planning import plans, running
from repshift.vocabulary import PARAMETERS
from running import TEST, configure, put, results, run, start

JOB = "stress_T-MockTNG_1"
FILES = [f"results/stress/T-MockTNG/{domain}.nc" for domain in ("MockTNG", "MockSIMBA")]
AFTER = {"all", "summary", "results", "pages", "figure4"}
"""What reads what stress makes."""


@pytest.fixture(scope="module")
def changed(finished, tmp_path_factory):
    """A copy of the finished directory, to change something in."""
    return shutil.copytree(finished, tmp_path_factory.mktemp("copy") / "changed", copy_function=shutil.copy2)


def test_each_case_has_its_curves(finished):
    at_home, abroad = (xr.open_dataset(finished / path) for path in FILES)
    with at_home, abroad:
        assert list(dict.fromkeys(at_home["axis"].values)) == ["noise", "gain", "feedback"]
        assert list(dict.fromkeys(abroad["axis"].values)) == ["noise", "gain"]
        assert list(at_home["strength"].values) == [0, 0.05, 0.2, -0.1, 0, 0.1, 0, 1]
        assert at_home.sizes["map"] == 12 * 2
        assert (at_home["r2_change"].sel(level=at_home["strength"] == 0) == 0).all()
        assert "position" in abroad
        assert "position" not in at_home


def test_other_axes_make_stress_again_and_what_reads_it(finished, tmp_path):
    changes = [put("stress", "axes", "noise", "strengths", value=[0, 0.1]), put("stress", "axes", "shift", value={})]
    for number in range(len(changes)):
        (tmp_path / str(number)).mkdir()
    files = [configure(tmp_path / str(number), change)[1] for number, change in enumerate(changes)]
    for plan in plans(finished, *({"configuration": file} for file in files)):
        assert set(running(plan)) == {JOB, *AFTER}


def test_another_twin_makes_its_maps_again_and_stress(finished, tmp_path):
    other = configure(tmp_path, put("suites", "MockSIMBA-twin", "agn", "efficiency", value=0.1))[1]
    (plan,) = plans(finished, {"configuration": other})
    also = {"attribution_T-MockTNG_1", "figure5", "figure6"}  # the shift to it is attributed
    assert set(running(plan)) == {JOB, "maps", *AFTER, *also}
    assert running(plan)["maps"] == 1


def test_the_code_of_an_axis_makes_stress_again(changed):
    path = changed / "src/repshift/perturbation/axes/noise.py"
    text = path.read_text()
    path.write_text(f"{text}\nEDITED = True\n")
    (plan,) = plans(changed, {"configuration": "config/test.yaml"})
    path.write_text(text)
    rungs = {f"rungs_T-MockTNG_MockSIMBA_{number}" for number in (1, 2)}  # one may be trained on perturbed maps
    assert set(running(plan)) == {JOB, *AFTER, *rungs, "figure7"}


def test_a_set_1p_and_smallest_perturbations_are_a_key_each(changed, tmp_path):
    added = [
        put("maps", "mock", "simulations", "1P", value=30),
        put("domains", "One", value={"suite": "MockTNG", "set": "1P"}),
        put("stress", "cases", "T-MockTNG", value=["MockTNG", "One"]),
        put("stress", "smallest", value={"maps": 10, "outputs": ["Omega_m"]}),
    ]
    made = [f"results/stress/T-MockTNG/{name}.nc" for name in ("One", "MockTNG_smallest")]
    run(changed, *made, *configure(tmp_path, *added), cores=1)
    with xr.open_dataset(changed / made[0]) as curves:
        assert list(dict.fromkeys(curves["axis"].values)) == list(PARAMETERS)
        assert curves["strength"].sel(level=curves["axis"] == "Omega_m").values == pytest.approx(
            [-0.2, -0.1, 0, 0.1, 0.2]
        )
        about = json.loads(curves.attrs["axes"])["Omega_m"]
        assert about["moves_truth"]
        assert not about["moves_labels"]
    with xr.open_dataset(changed / made[1]) as smallest:
        assert list(smallest["output"].values) == ["Omega_m"]
        assert smallest.sizes["map"] == 10


def test_killed_stress_goes_on_to_the_same_bytes(finished, changed):
    shutil.rmtree(changed / "results/stress")
    log = changed / "logs/stress/T-MockTNG_1.log"
    log.unlink()
    process = start(changed, *FILES, *TEST)
    deadline = time.monotonic() + 120
    while not log.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() != 0
    assert not [path for path in FILES if (changed / path).exists()]
    run(changed, *FILES, *TEST, "--unlock")
    run(changed, *FILES, *TEST)
    found, expected = results(changed), results(finished)
    assert [path for path in FILES if found[path] != expected[path]] == []
    assert "Nothing to be done" in run(changed, *FILES, *TEST, "-n")
