"""The stage attribution in a run: what it makes, and what makes it again."""

import shutil
from copy import deepcopy

import numpy as np
import pytest
import xarray as xr

from planning import plans, running
from running import configure, put, results

JOB = "attribution_T-MockTNG_1"
FOLDER = "results/attribution/T-MockTNG"
FILES = [f"{FOLDER}/{name}.nc" for name in ("MockTNG", "MockSIMBA", "MockTNG_to_MockSIMBA-twin")]
AFTER = {"all", "summary", "results", "pages", "figure5", "figure6"}
"""What reads what attribution makes."""


@pytest.fixture(scope="module")
def changed(finished, tmp_path_factory):
    """A copy of the finished directory, to change something in."""
    return shutil.copytree(finished, tmp_path_factory.mktemp("copy") / "changed", copy_function=shutil.copy2)


def planned(finished, tmp_path, *changes):
    """Return which rules a changed configuration would run."""
    (plan,) = plans(finished, {"configuration": configure(tmp_path, *changes)[1]})
    return set(running(plan))


def test_each_case_has_its_attributions(finished):
    at_home, abroad = (xr.open_dataset(finished / path) for path in FILES[:2])
    with at_home, abroad:
        assert list(at_home["method"].values[:4]) == ["gradient", "integrated_gradients", "occlusion", "grad_cam"]
        assert list(at_home["output"].values) == ["Omega_m", "sigma_8_std"]
        assert at_home["attribution"].sizes["map"] == 12
        assert list(at_home["fill"].values) == ["blur", "donor"]
        assert "share_over_pixels_change" in abroad
        assert "share_over_pixels_change" not in at_home


def test_parts_of_a_shift_by_pixels_sum_to_it(finished):
    with xr.open_dataset(finished / FILES[2]) as shift:
        error = shift["completeness_error"]
        parts = shift["environment_shift"].sum("environment")
        assert np.allclose(parts, shift["shift"] + error.mean("map"), atol=1e-5)


def test_what_is_attributed_is_drawn_and_listed(finished):
    found = results(finished)
    assert {f"results/figures/figure{number}/T-MockTNG.png" for number in (5, 6)} <= set(found)
    assert {"results/summary/attribution.csv", "results/summary/attribution_of_shift.csv"} <= set(found)


@pytest.mark.parametrize(
    "change",
    [put("attribution", "nodes", value=7), put("attribution", "faithfulness", value=None)],
    ids=["nodes", "faithfulness"],
)
def test_other_settings_attribute_again_and_what_reads_it(finished, tmp_path, change):
    assert planned(finished, tmp_path, change) == {JOB, *AFTER}


def test_another_twin_of_attribution_alone_makes_its_maps_again(finished, tmp_path):
    def other(config):
        config["suites"]["Other"] = deepcopy(config["suites"]["MockSIMBA-twin"])
        config["suites"]["Other"]["agn"]["efficiency"] = 0.1
        config["attribution"]["twins"] = ["Other"]

    jobs = planned(finished, tmp_path, other)
    assert {JOB, "maps", *AFTER} <= jobs  # with other figures, for each suite has a colour
    assert not [name for name in jobs if name.startswith(("network", "stress", "statistics"))]


def test_a_changed_suite_takes_the_density_that_is_there(finished, tmp_path):
    def spectrum(config):
        config["attribution"]["cases"]["T-MockTNG"].append("MockSIMBA-spectrum")

    assert planned(finished, tmp_path, spectrum) == {JOB, *AFTER}


def test_the_code_of_a_method_attributes_again(changed):
    path = changed / "src/repshift/attribution/occlusion.py"
    text = path.read_text()
    path.write_text(f"{text}\nEDITED = True\n")
    (plan,) = plans(changed, {"configuration": "config/test.yaml"})
    path.write_text(text)
    assert set(running(plan)) == {JOB, *AFTER}
