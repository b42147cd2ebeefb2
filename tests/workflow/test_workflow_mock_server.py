"""The paper's configuration against a mock server of CMD, then on a local copy, then in slices."""

import json
import os
import re
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from repshift.mock_server import __main__ as mock_server
from repshift.mock_server import content
from repshift.mock_server.faults import NO_FAULTS, Faults
from repshift.mock_server.server import Server
from repshift.stages.training.train import examples_of
from repshift.storage.files import sha256
from repshift.training.loop import Examples
from running import configure, copy_tree, jobs_of, put, run, start

CASES = ("T-IllustrisTNG/IllustrisTNG", "T-IllustrisTNG/SIMBA", "Mtot-SIMBA/SIMBA", "Mtot-SIMBA/IllustrisTNG")
PREDICTED = [f"results/predictions/{case}.nc" for case in CASES]
MAPS = "2D_maps/data/IllustrisTNG/Maps_T_IllustrisTNG_LH_z=0.00.npy"


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A small CMD of maps of 256 pixels and networks of six blocks, in both layouts."""
    directory = tmp_path_factory.mktemp("mock_server")
    options = "--simulations 2 --particles 64 --trials 2 --epochs 1 --hidden 1 1 --processes 2"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(content, "examples_of", few_examples)
        assert mock_server.main(["make", "--directory", str(directory), *options.split()]) == 0
    return directory


def few_examples(simulations, split):
    """Return 32 examples of a split: what these networks answer does not matter."""
    found = examples_of(simulations, split)
    return Examples(found.maps[:32], found.truth[:32])


@pytest.fixture(scope="module")
def server(copy):
    with Server(copy / "nested") as running:
        yield running


@pytest.fixture
def sound(server):
    """The server, without faults before and after."""
    server.faults = NO_FAULTS
    server.requests.clear()
    yield server
    server.faults = NO_FAULTS


def paper(folder, *changes, address="http://127.0.0.1:1"):
    """Write the paper's configuration for the mock server, at an address."""
    return configure(folder, put("maps", "cmd", "addresses", value=[address]), *changes, base="mock_server")


def local(copy):
    """Change a configuration to read a copy of CMD where it lies."""

    def change(configuration):
        for suite in configuration["suites"]:
            configuration["suites"][suite] = {"provider": "local", "directory": str(copy), "box": 25.0}
        del configuration["maps"]["cmd"]

    return change


@pytest.fixture(scope="module")
def fetched(server, tmp_path_factory):
    """A directory in which the paper's configuration has run against the server."""
    folder = copy_tree(tmp_path_factory.mktemp("fetched"))
    run(folder, *paper(folder, address=server.address))
    return folder


def test_the_paper_s_four_cases_run_to_the_figure(fetched):
    assert {path.relative_to(fetched / "results/cka") for path in (fetched / "results/cka").rglob("*.nc")} == {
        Path(f"{case}.nc") for case in CASES
    }
    with xr.open_dataset(fetched / f"results/cka/{CASES[1]}.nc") as cka:
        assert (cka.sizes["layer"], cka.attrs["in_distribution"]) == (20, "false")
    assert (fetched / "results/figures/figure1.pdf").exists()
    scores = (fetched / "results/summary/scores.csv").read_text()
    assert scores.count("T-IllustrisTNG,") == 24


def test_the_paper_has_nothing_to_do_again(fetched, server):
    assert "Nothing to be done" in run(fetched, "-n", *paper(fetched, address=server.address))


def test_only_the_chosen_trials_weights_are_fetched(fetched):
    for model in ("T-IllustrisTNG", "Mtot-SIMBA"):
        description = json.loads((fetched / f"results/models/{model}.json").read_text())
        field, suite = description["field"], description["suite"]
        held = list((fetched / "resources/mock_server/2D_maps/inference/weights").glob(f"weights_{suite}_{field}_*.pt"))
        assert [path.name for path in held] == [description["provenance"]["weights"]]
        assert description["layers"][-1] == "FC1"
        assert len(description["layers"]) == 20


def test_what_was_fetched_is_recorded_in_the_form_of_sha256sum(fetched):
    directory = fetched / "resources/mock_server"
    lines = [line.split("  ") for line in (directory / "SHA256SUMS").read_text().splitlines()]
    assert len(lines) == 4 + 2 + 2 + 2
    assert all(sha256(directory / path) == digest for digest, path in lines)


def test_a_local_copy_is_used_in_place_with_the_same_bytes(fetched, copy, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in copy.rglob("*")}
    folder = copy_tree(tmp_path)
    made = [f"results/{stage}/{case}.nc" for stage in ("cka", "predictions") for case in CASES]
    run(folder, *made, *paper(folder, local(copy / "nested")))
    assert [path for path in made if (folder / path).read_bytes() != (fetched / path).read_bytes()] == []
    assert {path: path.stat().st_mtime_ns for path in copy.rglob("*")} == before
    assert not (folder / "resources/mock_server").exists()


@pytest.mark.parametrize("root", ["flat", "flat/2D_maps", "nested/2D_maps"])
def test_a_local_copy_may_be_of_either_layout_or_an_inner_folder(fetched, copy, root, tmp_path):
    folder = copy_tree(tmp_path)
    name = "results/models/T-IllustrisTNG.json"
    run(folder, name, *paper(folder, local(copy / root)))
    assert (folder / name).read_bytes() == (fetched / name).read_bytes()


def sliced(sample):
    return put("maps", "cmd", "slices", value={"sample": sample, "seed": 1})


@pytest.fixture(scope="module")
def slices(server, tmp_path_factory):
    """A directory in which networks have answered to slices with exact constants, and the bytes sent."""
    folder = copy_tree(tmp_path_factory.mktemp("slices"))
    before = server.sent
    run(folder, *PREDICTED, *paper(folder, sliced("all"), address=server.address))
    return folder, server.sent - before


def test_slices_with_exact_constants_give_equal_maps_and_predictions(fetched, slices):
    folder, _ = slices
    for case in CASES:
        with (
            xr.open_dataset(fetched / f"results/predictions/{case}.nc") as whole,
            xr.open_dataset(folder / f"results/predictions/{case}.nc") as part,
        ):
            xr.testing.assert_equal(whole, part)
    name = "Maps_T_SIMBA_LH_z=0.00"
    measured = json.loads((folder / f"results/maps/SIMBA/test/{name}.json").read_text())
    maps = np.load(fetched / f"results/maps/SIMBA/{name}.npy", mmap_mode="r")
    held = np.load(folder / f"results/maps/SIMBA/test/{name}.npy")
    np.testing.assert_array_equal(held, np.concatenate([maps[15 * n : 15 * n + 15] for n in measured["simulations"]]))


def test_a_sample_transfers_a_part_and_says_how_wrong_it_may_be(fetched, sound, tmp_path):
    folder = copy_tree(tmp_path)
    name = "results/maps/SIMBA/test/Maps_T_SIMBA_LH_z=0.00.json"
    before = sound.sent
    run(folder, name, *paper(folder, sliced(60), address=sound.address))
    whole = (fetched / "results/maps/SIMBA/Maps_T_SIMBA_LH_z=0.00.npy").stat().st_size
    # Four test simulations of 15 maps, 60 maps of the sample, of 765 in all, and two headers.
    assert (sound.sent - before) / whole == pytest.approx(120 / 765, abs=1e-3)
    exact = json.loads((fetched / "results/maps/SIMBA/Maps_T_SIMBA_LH_z=0.00.json").read_text())["moments"]
    found = json.loads((folder / name).read_text())
    assert found["estimate"]["n_maps"] == 60
    run(folder, "results/models/Mtot-SIMBA.json", *paper(folder, sliced(60), address=sound.address))
    provenance = json.loads((folder / "results/models/Mtot-SIMBA.json").read_text())["provenance"]
    assert provenance["moments_estimate"]["n_maps"] == 60
    for moment in ("mean", "std"):
        assert abs(found["moments"][moment] - exact[moment]) < 4 * found["estimate"][f"{moment}_error"]


def test_slices_of_a_server_that_ignores_range_are_refused(sound, tmp_path):
    sound.faults = Faults(ignore_range=True)
    folder = copy_tree(tmp_path)
    name = "results/maps/SIMBA/test/Maps_T_SIMBA_LH_z=0.00.npy"
    output = run(folder, name, *paper(folder, sliced(60), address=sound.address), expect=1)
    assert re.search(r"repshift: error: .*ignores Range", output)
    assert not (folder / name).exists()


# Faults


def download(folder, server, *, changes=(), expect=0):
    """Fetch one file of maps; give up soon."""
    soon = (put("maps", "cmd", "attempts", value=2), put("maps", "cmd", "timeout", value=1))
    name = "results/maps/IllustrisTNG/Maps_T_IllustrisTNG_LH_z=0.00.npy"
    return folder / name, run(folder, name, *paper(folder, *soon, *changes, address=server.address), expect=expect)


@pytest.fixture
def folder(tmp_path):
    return copy_tree(tmp_path)


def test_a_server_that_cuts_every_connection_is_read_to_the_end(folder, sound, copy):
    sound.faults = Faults(cut=30_000_000)
    found, _ = download(folder, sound)
    assert sha256(found) == sha256(copy / "nested" / MAPS)
    assert len(sound.requests) > 6
    assert sum(request.sent for request in sound.requests) == pytest.approx(found.stat().st_size, abs=10)


def test_a_rerun_of_the_download_fetches_nothing(folder, sound):
    target, _ = download(folder, sound)
    asked = len(sound.requests)
    target.unlink()
    download(folder, sound)
    assert target.exists()
    assert len(sound.requests) == asked


def test_a_download_that_is_killed_goes_on_at_the_byte_it_had(folder, sound, copy):
    sound.faults = Faults(cut=30_000_000)
    arguments = paper(folder, address=sound.address)
    process = start(folder, "results/maps/IllustrisTNG/Maps_T_IllustrisTNG_LH_z=0.00.npy", *arguments)
    partial, deadline = None, time.monotonic() + 60
    while time.monotonic() < deadline:
        partial = next(iter((folder / "resources/mock_server").rglob(".*.part.npy")), None)
        if partial is not None and partial.stat().st_size > 50_000_000:
            break
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert partial is not None
    held = partial.stat().st_size
    sound.faults, asked = NO_FAULTS, len(sound.requests)
    run(folder, "--unlock", *arguments)
    found, _ = download(folder, sound)
    assert sha256(found) == sha256(copy / "nested" / MAPS)
    ranges = [request.range for request in sound.requests[asked:]]
    assert ranges == ["bytes=0-0", f"bytes={held}-{found.stat().st_size - 1}"]


@pytest.mark.parametrize(
    ("faults", "sentence"),
    [
        (Faults(status=404), "404"),
        (Faults(status=500), "500"),
        (Faults(status=503), "503"),
        (Faults(cut=30_000_000, ignore_range=True), "cannot resume|gives no parts"),
        (Faults(change=True), "changed"),
        (Faults(redirect="ftp://127.0.0.1"), "redirect"),
    ],
)
def test_a_fault_ends_in_one_clear_sentence_and_no_file(folder, sound, faults, sentence):
    sound.faults = faults
    target, output = download(folder, sound, expect=1)
    errors = {line for line in output.splitlines() if line.strip().startswith("repshift: error: ")}
    assert len(errors) == 1
    assert re.search(sentence, errors.pop())
    assert not os.path.lexists(target)
    assert not (folder / "resources/mock_server" / MAPS).exists()


def test_wrong_bytes_are_refused_by_the_recorded_checksum(folder, sound):
    target, _ = download(folder, sound)
    target.unlink()
    (folder / "resources/mock_server" / MAPS).unlink()
    sound.faults = Faults(wrong=True)
    _, output = download(folder, sound, expect=1)
    assert re.search(r"SHA-256 \w+, but \w+ is in .*SHA256SUMS", output)
    assert not (folder / "resources/mock_server" / MAPS).exists()


def test_a_page_instead_of_maps_is_refused(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("page")
    (other / MAPS).parent.mkdir(parents=True)
    (other / MAPS).write_text("<html>Log in</html>")
    with Server(other) as running:
        _, output = download(folder, running, expect=1)
    assert "is not a whole .npy file of maps" in output
    assert not (folder / "resources/mock_server" / MAPS).exists()


def test_a_file_that_changed_after_it_was_fetched_is_refused_before_it_is_used(folder, sound):
    download(folder, sound)
    with (folder / "resources/mock_server" / MAPS).open("r+b") as file:
        file.seek(-4, 2)
        file.write(b"\0\0\x80?")
    name = "results/maps/IllustrisTNG/Maps_T_IllustrisTNG_LH_z=0.00.json"
    output = run(folder, name, *paper(folder, address=sound.address), expect=1)
    assert "It was changed or cut since it was fetched: delete" in output
    assert not (folder / name).exists()


def test_another_mirror_is_no_reason_to_run_again(fetched, slices, server):
    more = put("maps", "cmd", "addresses", value=[server.address, "http://127.0.0.1:9"])
    soon = put("maps", "cmd", "attempts", value=3)
    # The report says what was run.
    assert jobs_of(run(fetched, "-n", *paper(fetched, more, soon))) == {"pages": 1, "all": 1}
    assert "Nothing to be done" in run(slices[0], "-n", *PREDICTED, *paper(slices[0], sliced("all"), more, soon))


def test_a_local_suite_beside_fetched_ones_is_read_in_place(fetched, copy, sound, tmp_path):
    folder = copy_tree(tmp_path)
    place = put("suites", "SIMBA", value={"provider": "local", "directory": str(copy / "nested"), "box": 25.0})
    run(folder, "results/models/Mtot-SIMBA.json", *paper(folder, place, address=sound.address))
    name = "results/models/Mtot-SIMBA.json"
    assert (folder / name).read_bytes() == (fetched / name).read_bytes()
    assert sound.requests == []


def test_no_more_files_are_fetched_at_a_time_than_the_configuration_says(folder, sound):
    sound.faults = Faults(stall=0.5)
    names = [f"results/maps/{suite}/params_LH_{suite}.txt" for suite in ("IllustrisTNG", "SIMBA")]
    run(folder, *names, *paper(folder, put("maps", "cmd", "downloads", value=1), address=sound.address))
    paths = [request.path for request in sound.requests]
    assert len(paths) == 4
    assert paths[0] == paths[1]
    assert paths[2] == paths[3]


def test_the_second_best_trial_is_another_model(fetched, server):
    run(fetched, "results/models/second.json", *paper(fetched, second("SIMBA", "Mtot"), address=server.address))
    best, other = (
        json.loads((fetched / f"results/models/{name}.json").read_text())["provenance"]
        for name in ("Mtot-SIMBA", "second")
    )
    assert (other["rank"], {best["trial"], other["trial"]}) == (2, {0, 1})
    assert other["validation_loss"] > best["validation_loss"]


def second(suite, field):
    return put("models", "second", value={"suite": suite, "field": field, "rank": 2})


def test_a_mirror_and_the_flat_layout_are_tried(folder, copy, sound):
    with Server(copy / "flat") as flat:
        both = put("maps", "cmd", "addresses", value=[f"{sound.address}/nowhere", flat.address])
        found, _ = download(folder, sound, changes=[both])
        assert sha256(found) == sha256(copy / "nested" / MAPS)
        assert [request.path.rpartition("/")[0] for request in flat.requests[-1:]] == ["/2D_maps/data"]


def test_files_put_there_by_hand_are_used(folder, copy, sound):
    target = folder / "resources/mock_server" / MAPS
    target.parent.mkdir(parents=True)
    shutil.copy(copy / "nested" / MAPS, target)
    download(folder, sound)
    assert sound.requests == []
    assert sha256(target) in (folder / "resources/mock_server/SHA256SUMS").read_text()


def test_weights_that_carry_code_are_refused(folder, copy, tmp_path_factory):
    import pickle

    other = shutil.copytree(copy / "nested", tmp_path_factory.mktemp("evil") / "nested", copy_function=os.link)
    witness = other / "witness"

    class Code:
        def __reduce__(self):
            return (open, (str(witness), "w"))

    for path in (other / "2D_maps/inference/weights").iterdir():
        path.unlink()
        path.write_bytes(pickle.dumps({"module.C01.weight": Code()}, protocol=2))
    with Server(other) as running:
        output = run(folder, "results/models/T-IllustrisTNG.pt", *paper(folder, address=running.address), expect=1)
    assert "so it was not loaded" in output
    assert not witness.exists()
    assert not list((folder / "resources/mock_server/2D_maps/inference/weights").glob("*.pt"))
