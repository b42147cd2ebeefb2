"""A finished run recorded, archived, unpacked elsewhere, drawn again; and what is refused."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

from repshift.__main__ import main
from repshift.provenance import command as commands
from repshift.provenance.contents import archived_files, code_files
from repshift.provenance.workflow import finished_results
from repshift.storage.archives import write_archive
from repshift.storage.files import sha256
from repshift.storage.manifests import Manifest, ResultRecord, read_manifest
from repshift.vocabulary import InputError
from running import ROOT, jobs_of

CONFIGURATION = ("--configuration", "config/test.yaml", "--manifest", "results/manifest.json")
ARCHIVE = ("archive", *CONFIGURATION, "--output", "archive.tar.gz")
REDRAW = ("redraw", "results/manifest.json", "--cores", "2")
STYLE = "src/repshift/drawing/style.py"


@pytest.fixture
def provenance(monkeypatch, capfd, caplog):
    """Return the function that types a command in a directory, and gives what it says."""

    def typed(folder, *words, expect=0):
        monkeypatch.chdir(folder)
        capfd.readouterr()
        caplog.clear()
        status = main(["provenance", *words])
        said = "".join(capfd.readouterr()) + caplog.text
        assert status == expect, said[-3000:]
        return said

    return typed


def make(folder, *words):
    """Type a target of the Makefile where .venv is set up already."""
    (folder / ".venv").symlink_to(sys.prefix)
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    command = ["make", "--old-file=.venv/installed", *words]
    done = subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True, check=False)
    (folder / ".venv").unlink()
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def recorded(finished, tmp_path_factory):
    """A copy of a finished run, archived."""
    folder = shutil.copytree(finished, tmp_path_factory.mktemp("recorded") / "run", copy_function=shutil.copy2)
    for name in ("requirements.lock", "Makefile", "README.md", "pyproject.toml"):
        if not (folder / name).exists():  # another time would make what is made of it stale
            shutil.copy(ROOT / name, folder)
    make(folder, "archive", "CONFIG=config/test.yaml", "OPTIONS=--verbose")
    (folder / "repshift-archive.tar.gz").rename(folder / "archive.tar.gz")
    return folder


@pytest.fixture(scope="module")
def rows(recorded):
    """What Snakemake knows of the results of that run."""
    return finished_results(recorded, configuration=Path("config/test.yaml"), options=[])


def unpack(recorded, place):
    with tarfile.open(recorded / "archive.tar.gz") as archive:
        archive.extractall(place, filter="data")
    return place / "repshift-archive"


def figures_of(folder):
    found = (folder / "results/figures").rglob("*.p*")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_the_same_figures_are_drawn_elsewhere_from_the_archive_alone(recorded, tmp_path):
    folder, figures = unpack(recorded, tmp_path), figures_of(recorded)
    assert not [path for path in (folder / "results").rglob("*") if path.suffix in (".npy", ".pt")]
    said = make(folder, "figures", "CORES=2")
    assert f"all {len(figures)} files of figures are those archived, byte for byte" in said
    assert figures_of(folder) == figures
    drawing = {"figure1", "figure2", "controls", "measures", "comparisons", "predictions", "latent_space_figure"}
    of_sections = {f"figure{number}" for number in range(4, 10)}
    assert set(jobs_of(said)) == {"all", "influential_maps_1", *drawing, *of_sections}


def test_a_file_that_was_changed_is_named_and_nothing_is_drawn_from_it(recorded, provenance, tmp_path):
    folder = unpack(recorded, tmp_path)
    assert "files are what they were" in provenance(folder, "verify", "results/manifest.json")
    assert "rule training, sha256 " in provenance(folder, "show", "results/training/T-MockTNG.pt")
    with (folder / "results/summary/summary.nc").open("ab") as file:
        file.write(b"more")
    said = provenance(folder, "verify", "results/manifest.json", expect=2)
    assert "files are not what they were: results/summary/summary.nc has the SHA-256" in said
    said = provenance(folder, *REDRAW, expect=2)
    assert "results are not those archived, so no figure is drawn: results/summary/summary.nc has" in said
    assert figures_of(folder) == figures_of(recorded)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: [], "has no line for"),
        (lambda lines: [line for line in lines if "summary.nc" not in line], "the first 'results/summary/summary.nc'"),
        (lambda lines: [line for line in lines if "Snakefile" not in line], "the first 'Snakefile'"),
        (lambda lines: [line for line in lines if "manifest.json" not in line], "the first 'results/manifest.json'"),
        (lambda lines: [f"{'0' * 64}  {line[66:]}" for line in lines], "disagree on"),
        (lambda lines: [*lines, "no checksum"], "has 'no checksum' in line"),
    ],
)
def test_checksums_that_say_too_little_are_refused(recorded, tmp_path, change, message):
    folder = unpack(recorded, tmp_path)
    sums = folder / "SHA256SUMS"
    sums.write_text("".join(f"{line}\n" for line in change(sums.read_text().splitlines())))
    with pytest.raises(InputError, match=message):
        commands.verify(manifest=folder / "results/manifest.json")
    with pytest.raises(InputError, match=message):
        commands.redraw(manifest=folder / "results/manifest.json", cores=1, options=[])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("results/summary/summary.nc", "summary.nc is not a whole netCDF file"),
        ("results/summary/scores.csv", "scores.csv ends within a row"),
        ("results/figures/figure1.png", "figure1.png is cut"),
        ("results/figures/figure1.pdf", "figure1.pdf is cut"),
        ("results/models/T-MockTNG.json", "T-MockTNG.json is not JSON"),
    ],
)
def test_a_truncated_result_is_not_certified(recorded, rows, tmp_path, monkeypatch, name, message):
    folder = shutil.copytree(recorded, tmp_path / "run", copy_function=shutil.copy2)
    path = folder / name
    before, content = path.stat(), path.read_bytes()
    path.write_bytes(content[: len(content) * 3 // 4])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    monkeypatch.setattr(commands, "finished_results", lambda root, **how: rows)
    with pytest.raises(InputError, match=message):
        commands.archive(
            configuration=folder / "config/test.yaml",
            manifest=folder / "results/manifest.json",
            output=folder / "archive.tar.gz",
            options=[],
        )


def test_figures_that_are_not_those_archived_are_named_with_the_code_that_is_not(recorded, tmp_path, monkeypatch):
    folder = unpack(recorded, tmp_path)

    def draw(root, **how):
        for path in (root / "results/figures").rglob("*.p*"):
            os.utime(path)
        (root / "results/figures/figure1.png").write_bytes(b"other")

    again = {"manifest": folder / "results/manifest.json", "cores": 2, "options": []}
    monkeypatch.setattr(commands, "draw_again", draw)
    with pytest.raises(InputError, match=r"^1 of 48 figures are not those archived: results/figures/figure1.png has"):
        commands.redraw(**again)
    with (folder / STYLE).open("a") as file:
        file.write("# An edit.")
    monkeypatch.setattr(commands, "versions", lambda root: {"matplotlib": "1.0"})
    with pytest.raises(InputError, match=rf"Not as archived are {STYLE}, matplotlib 1.0 \(then 3"):
        commands.redraw(**again)
    monkeypatch.setattr(commands, "draw_again", lambda root, **how: None)
    with pytest.raises(InputError, match=r"^48 of 48 figures are old: results/figures/.* was not drawn again"):
        commands.redraw(**again)


def test_an_archive_holds_its_checksums_and_no_path_of_the_machine(recorded, tmp_path):
    folder = unpack(recorded, tmp_path)
    listed = [line.split("  ") for line in (folder / "SHA256SUMS").read_text().splitlines()]
    held = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert held == {path for _, path in listed} | {"SHA256SUMS", "ARCHIVE.md"}
    assert all(sha256(folder / path) == digest for digest, path in listed)
    assert (folder / "config/config.yaml").read_bytes() == (recorded / "config/test.yaml").read_bytes()
    for path in held:
        assert str(recorded.parent).encode() not in (folder / path).read_bytes(), path


def test_the_same_run_is_the_same_archive(recorded, provenance, tmp_path):
    first = (recorded / "archive.tar.gz").read_bytes()
    again = shutil.copytree(recorded, tmp_path / "again", copy_function=shutil.copy2)
    (again / "archive.tar.gz").unlink()
    os.utime(again / "README.md")
    provenance(again, *ARCHIVE)
    assert (again / "archive.tar.gz").read_bytes() == first


def test_a_figure_comes_from_weights_and_maps(recorded, provenance):
    said = provenance(recorded, "show", "results/figures/figure1.png")
    ends = said.partition("all of which begins with:")[2]
    for path in ("MockTNG/Maps_T_MockTNG_LHT_z=0.00.npy", "MockTNG/params_LHT_MockTNG.txt"):
        assert f"results/maps/{path}: rule maps, sha256 {sha256(recorded / 'results/maps' / path)}" in ends
    weights = recorded / "results/training/T-MockTNG.pt"
    assert f"results/training/T-MockTNG.pt: rule training, sha256 {sha256(weights)}" in said
    assert f"config/test.yaml, sha256 {sha256(recorded / 'config/test.yaml')}" in said
    assert "--estimator debiased" in said.splitlines()[1]
    assert "results/example_maps/T-MockTNG/MockTNG.nc: rule " in said


def test_every_result_is_known_with_all_that_it_was_made_of(recorded):
    manifest = read_manifest(recorded / "results/manifest.json")
    known = {*manifest.results, *manifest.sources, *manifest.code}
    assert {path for made in manifest.results.values() for path in made.inputs} <= known
    found = {path.relative_to(recorded).as_posix() for path in (recorded / "results").rglob("*") if path.is_file()}
    found = {path for path in found if not path.startswith("results/benchmarks/")}
    assert found - {"results/manifest.json"} == {path for path, made in manifest.results.items() if made.sha256}


def test_results_that_are_missing_or_stale_are_not_archived(recorded, provenance, tmp_path):
    folder = shutil.copytree(recorded, tmp_path / "changed", copy_function=shutil.copy2)
    (folder / "results/permutation_tests/T-MockTNG/MockTNG.nc").unlink()
    said = provenance(folder, *ARCHIVE, expect=2)
    assert (
        "files are missing or out of date, the first 'results/permutation_tests/T-MockTNG/MockTNG.nc' (missing)" in said
    )
    assert said.count("error:") == 1
    with (folder / STYLE).open("a") as file:
        file.write("\nEDITED = True\n")
    shutil.copy2(
        recorded / "results/permutation_tests/T-MockTNG/MockTNG.nc", folder / "results/permutation_tests/T-MockTNG"
    )
    assert "'results/figures/" in provenance(folder, *ARCHIVE, expect=2)


def test_what_is_no_result_or_not_the_recorded_one_is_refused(recorded, provenance, tmp_path):
    folder = shutil.copytree(recorded / "results", tmp_path / "run/results").parent
    shutil.copytree(recorded / "src", folder / "src")
    assert "manifest.json knows no 'results/summary/none.csv'" in provenance(
        folder, "show", "results/summary/none.csv", expect=2
    )
    (folder / "results/summary/scores.csv").write_text("other")
    said = provenance(folder, "show", "results/summary/scores.csv", expect=2)
    assert "scores.csv has the SHA-256" in said
    assert "is no unpacked archive" in provenance(folder, *REDRAW, expect=2)
    (folder / "results/manifest.json").unlink()
    assert "'make provenance' writes it" in provenance(folder, "show", "results/summary/scores.csv", expect=2)
    (folder / "results/manifest.json").write_text(json.dumps({"results": {"a": {}}}))
    assert "is not a manifest of results" in provenance(folder, "verify", "results/manifest.json", expect=2)


def test_the_code_of_one_s_own_network_is_held_where_it_lies_in_the_run(tmp_path):
    folder = shutil.copytree(ROOT / "examples", tmp_path / "examples").parent
    path = Path("examples/own_network/config.yaml")
    assert "examples/own_network/network.py" in code_files(folder, configuration=path)
    settings = yaml.safe_load((folder / path).read_text())
    outside = str(ROOT / "examples/own_network")
    settings["models"]["residual"]["network"]["path"] = outside
    (folder / path).write_text(yaml.safe_dump(settings))
    code = dict.fromkeys(code_files(folder, configuration=path), "")
    assert f"{outside}/network.py" in code
    weights = "examples/own_network/weights.pt"
    made = {"results/maps/a.npy": ResultRecord("", "", "", ()), "results/cka/a.nc": ResultRecord("", "", "", ())}
    manifest = Manifest(str(path), {}, code, {weights: "", "/elsewhere/maps.npy": ""}, made)
    held = archived_files(manifest, root=folder)
    assert {weights, str(path), "results/cka/a.nc"} <= set(held)
    assert not {f"{outside}/network.py", "/elsewhere/maps.npy", "results/maps/a.npy"} & set(held)


def test_an_archive_is_the_same_bytes_whatever_the_files_times(tmp_path):
    (tmp_path / "a").write_bytes(b"content")
    written = []
    for name, time in (("first.tar.gz", 1e9), ("second.tar.gz", 2e9)):
        os.utime(tmp_path / "a", (time, time))
        write_archive({"b": b"bytes", "a": tmp_path / "a"}, tmp_path / name, folder="folder")
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]
    with tarfile.open(tmp_path / "first.tar.gz") as archive:
        assert archive.getnames() == ["folder/a", "folder/b"]
        assert archive.extractfile("folder/a").read() == b"content"


def test_a_manifest_that_is_none_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text("[]")
    with pytest.raises(InputError, match="An object was expected"):
        read_manifest(tmp_path / "manifest.json")
