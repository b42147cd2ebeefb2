"""The command new: what it writes for a new user, and all that it refuses."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from astropy.io import fits
from PIL import Image

from inspected import new, said, write_user
from repshift import InputError
from repshift.__main__ import main
from repshift.inspection.draft import Draft, n_compared, text_of
from repshift.inspection.outputs import Outputs, outputs_of
from repshift.storage.constructors import Constructor, construct


@pytest.fixture
def words(tmp_path, code):
    """What a new user types."""
    (tmp_path / "data").mkdir()
    return write_user(tmp_path / "data", code)


def put_maps(folder, name, values):
    np.save(folder / f"{name}.npy", values.astype(np.float32))


def written(words):
    return yaml.safe_load(Path(*words["output"]).read_text())


def test_two_commands_follow_and_nothing_else(words, capsys):
    assert new(words) == 0
    check, run = capsys.readouterr().out.splitlines()
    assert check == f"repshift check {words['output'][0]}"
    assert run.startswith("snakemake ")
    assert run.endswith(f"--cores 2 --configfile {words['output'][0]}")


def test_what_is_written_is_accepted(words, capsys):
    new(words)
    assert main(["check", *words["output"]]) == 0
    assert "4 outputs" in capsys.readouterr().out


def test_names_become_suites_and_domains(words):
    new(words)
    found = written(words)
    assert list(found["suites"]) == found["cases"]["Reader"] == ["sims", "sky"]
    assert found["models"]["Reader"]["suite"] == "sims"
    assert found["models"]["Reader"]["network"]["outputs"] == ["mass", "age"]


def test_a_name_that_yaml_reads_otherwise_is_kept(words):
    maps = [f"{name}={word.partition('=')[2]}" for name, word in zip(("on", "1"), words["maps"], strict=True)]
    assert new(words, maps=maps, labels=None) == 0
    assert list(written(words)["suites"]) == ["on", "1"]


@pytest.mark.parametrize(("sign", "taken"), [(1.0, True), (-1.0, False)])
def test_the_logarithm_is_chosen_by_the_pixels(tmp_path, code, sign, taken):
    words = write_user(tmp_path, code, sign=sign)
    new(words)
    assert written(words)["models"]["Reader"]["preprocessing"] == {"logarithm": taken}


def test_weights_are_loaded_or_drawn(words, tmp_path):
    new(words)
    network = written(words)["models"]["Reader"]["network"]
    assert (network["trained"], network["seed"]) == (False, 1)
    built = construct(Constructor("inspected_network:Reader", Path(*words["path"])), {})
    torch.save(built.state_dict(), tmp_path / "w.pt")
    output = [str(tmp_path / "loaded.yaml")]
    assert new(words, weights=[str(tmp_path / "w.pt")], output=output) == 0
    network = written({"output": output})["models"]["Reader"]["network"]
    assert network["weights"] == str(tmp_path / "w.pt")
    assert "trained" not in network


def test_files_of_cmd_say_their_field_and_their_simulations(words, tmp_path, rng):
    maps, labels = [], []
    for suite in ("IllustrisTNG", "SIMBA"):
        path = tmp_path / f"Maps_T_{suite}_LH_z=0.00.npy"
        np.save(path, rng.lognormal(size=(60, 8, 8)).astype(np.float32))
        np.savetxt(tmp_path / f"params_LH_{suite}.txt", rng.uniform(size=(4, 6)))
        maps.append(f"{suite}={path}")
        labels.append(f"{suite}={tmp_path}/params_LH_{suite}.txt")
    assert new(words, maps=maps, labels=labels, arguments=['{"answers": 12}']) == 0
    found = written(words)
    assert "fields" not in found
    assert found["suites"]["SIMBA"]["maps_per_simulation"] == 15
    assert found["models"]["Reader"]["network"]["outputs"][0] == "Omega_m"
    assert main(["check", *words["output"]]) == 0


def test_files_of_two_fields_are_refused_by_their_names(words, tmp_path, capsys):
    maps = []
    for name, field in (("in", "T"), ("out", "Mtot")):
        maps.append(f"{name}={tmp_path}/Maps_{field}_IllustrisTNG_LH_z=0.00.npy")
        np.save(
            tmp_path / f"Maps_{field}_IllustrisTNG_LH_z=0.00.npy", np.ones((60, 8, 8), "f4") * np.eye(8, dtype="f4")
        )
    assert new(words, maps=maps, labels=None) == 2
    assert "--maps names files of the fields Mtot, T, by their names." in said(capsys.readouterr())[0]
    assert new(words, maps=maps, labels=None, field=["mixed"]) == 0
    assert written(words)["suites"]["out"]["maps_per_simulation"] == 15


def test_outputs_of_any_kind_will_do_without_labels(words, capsys):
    assert new(words, network=["inspected_network:naming"], labels=None) == 0
    capsys.readouterr()
    assert main(["check", *words["output"]]) == 0
    assert "outputs are no array" in capsys.readouterr().out


def test_zeros_of_stellar_mass_have_a_logarithm(words, tmp_path):
    for name in ("sims", "sky"):
        put_maps(tmp_path / "data", name, np.eye(8)[None] * np.arange(1.0, 13)[:, None, None])
    assert new(words, field=["Mstar"]) == 0
    assert written(words)["models"]["Reader"]["preprocessing"] == {"logarithm": True}


def test_what_the_network_prints_is_not_among_the_commands(words, capsys, caplog):
    assert new(words, network=["inspected_network:talking"]) == 0
    captured = capsys.readouterr()
    assert "hello" not in captured.out
    assert "hello from the network" in captured.err
    assert "calling inspected_network:talking, which is your own code" in caplog.text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network": ["inspected_network:none"]}, "'inspected_network:none' cannot be imported: "),
        ({"network": ["no_network:none"]}, "cannot be imported from .*: No module named 'no_network'"),
        (
            {"network": ["no_network:none"], "path": None},
            "no package 'no_network' is installed. Say by --path which folder has it.",
        ),
        ({"network": ["inspected_network:broken"]}, "is your own code, and .* it raised KeyError: 'no such survey'"),
        ({"network": ["inspected_network:leaving"]}, "is your own code, and .* it raised SystemExit: no licence"),
        ({"network": ["inspected_network:choosy"]}, "raised AssertionError: input size 8 is not 224"),
        ({"network": ["inspected_network:growing"]}, "does not build the same network again"),
        ({"network": ["inspected_network:linear"]}, "no non-linear activation module, nor function. Name its layers"),
        ({"layers": ["first"]}, "has one layer, first. Similarity is of two or more: name others"),
        ({"arguments": ['{"bands": 3}']}, r"shown maps of shape \(3, 1, 8, 8\), it raised RuntimeError: .*3 channels"),
        ({"arguments": ['{"size": 9}']}, r"shown maps of shape \(3, 1, 8, 8\), it raised RuntimeError: mat1 and mat2"),
        (
            {"arguments": ['{"answers": 3}']},
            "returns 3 numbers for a map, which fit no labels: the columns are 'object'",
        ),
        ({"outputs": ["mass", "size"]}, "--outputs names size; the columns of all labels are object, mass, age"),
        ({"labels": None, "outputs": ["mass"]}, "--outputs names mass, but no --labels are given"),
        ({"field": ["my_field"]}, "--field is 'my_field'. Expected letters alone"),
        ({"output": ["no/folder/own.yaml"]}, "There is no folder 'no/folder' for no/folder/own.yaml"),
        ({"network": ["inspected_network:constant"]}, "layers that are the same for all maps: rest.1:1"),
    ],
)
def test_what_cannot_work_is_one_sentence(words, changes, message, capsys):
    assert new(words, **changes) == 2
    (sentence,) = said(capsys.readouterr())
    assert re.search(message, sentence), sentence


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            np.ones((12, 9, 9)),
            r"sky.npy \('sky'\) holds maps of 9 pixels a side, but .*sims.npy \('sims'\) maps of 8 pixels a side",
        ),
        (np.ones((12, 8, 8)), "sky.npy: All 768 pixels of field 'image' are equal"),
        (np.ones((3, 8, 8)), "sky.npy has 3 simulations. CKA needs 4 or more"),
        (
            np.where(np.arange(12)[:, None, None] == 7, np.nan, np.ones((12, 8, 8))),
            "sky.npy has 64 pixels that are blank or not finite, the first in map 7",
        ),
        (np.ones((11, 8, 8)), "sky.csv has 12 rows, but .*sky.npy is of 11 maps, so 11 rows were expected"),
    ],
)
def test_maps_that_cannot_be_compared_are_refused(words, tmp_path, values, message, capsys):
    put_maps(tmp_path / "data", "sky", values)
    assert new(words) == 2
    assert any(re.search(message, sentence) for sentence in said(capsys.readouterr()))


def test_pixels_that_vanish_in_single_precision_are_refused(words, tmp_path, capsys):
    values = np.random.default_rng(5).lognormal(size=(12, 8, 8))
    assert new(words) == 0
    values[3, 0, 0] = 1e-60
    np.save(tmp_path / "data/sky.npy", values)
    assert [new(words, output=[str(tmp_path / "again.yaml")]), main(["check", *words["output"]])] == [2, 2]
    first, second = said(capsys.readouterr())
    assert first == second
    assert "sky.npy has 1 pixels that are too small for single precision, the first in map 3" in first


def test_all_that_is_wrong_is_said_at_once(words, tmp_path, capsys):
    (tmp_path / "data/own.yaml").write_text("mine")
    (tmp_path / "empty").mkdir()
    maps = [words["maps"][0], f"sims={tmp_path}/none.npy", f"sky={tmp_path}/empty", f"third={tmp_path}/none.npy"]
    labels = ["moon=a.csv", "sky"]
    assert new(words, maps=maps, labels=labels, network=["inspected_network:broken"]) == 2
    sentences = "\n".join(said(capsys.readouterr()))
    for message in (
        "--maps names 'sims' twice.",
        "--labels has 'sky'. Expected NAME=PATH.",
        "--labels names moon; --maps names sims, sky, third.",
        "own.yaml exists. Choose another --output, or take it away.",
        "empty holds no file whose name ends with .fits",
        "No such file",
        "raised KeyError",
    ):
        assert message in sentences
    assert (tmp_path / "data/own.yaml").read_text() == "mine"


@pytest.fixture
def cutouts(tmp_path, rng):
    """A folder of FITS files of one object each, which labels name."""
    folder = tmp_path / "cutouts"
    folder.mkdir()
    for number in range(12):
        image = fits.ImageHDU(rng.lognormal(size=(8, 8)).astype(np.float32), name="SCI")
        fits.HDUList([fits.PrimaryHDU(), image]).writeto(folder / f"sky_{number}.fits")
    return folder


def test_a_folder_of_fits_files_is_a_suite(words, cutouts):
    assert new(words, maps=[words["maps"][0], f"sky={cutouts}"]) == 0
    assert main(["check", *words["output"]]) == 0
    assert written(words)["suites"]["sky"]["maps"] == {"image": str(cutouts)}


def test_files_whose_order_is_not_known_are_refused(words, cutouts, capsys):
    labels = Path(words["labels"][1].partition("=")[2])
    labels.write_text(re.sub(r"sky_\d+,", "same,", labels.read_text()))
    assert new(words, maps=[words["maps"][0], f"sky={cutouts}"]) == 2
    assert "stand in another order by text than by number" in said(capsys.readouterr())[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (np.ones((9, 9)), "sky_5.fits holds maps of 9 pixels a side, but .*sky_0.fits of 8"),
        (np.ones((8, 9)), "sky_5.fits holds maps of 8 x 9 pixels, but .*sky_0.fits of 8 pixels a side"),
        (b"SIMPLE of no kind", "sky_5.fits is not a whole FITS file"),
        (None, "sky.csv has 12 rows, but .*cutouts is of 11 maps"),
    ],
)
def test_images_of_a_folder_that_do_not_fit_are_named(words, cutouts, content, message, capsys):
    path = cutouts / "sky_5.fits"
    path.unlink()
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        fits.PrimaryHDU(content.astype(np.float32)).writeto(path)
    assert new(words, maps=[words["maps"][0], f"sky={cutouts}"]) == 2
    assert any(re.search(message, sentence) for sentence in said(capsys.readouterr()))


def test_one_suite_alone_is_refused(words, capsys):
    assert new(words, maps=words["maps"][:1], labels=None) == 2
    assert said(capsys.readouterr()) == ["--maps names only sims. Expected two or more suites, as in=PATH out=PATH."]


def test_nothing_is_left_of_what_was_refused(words, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    assert new(words, network=["inspected_network:broken"]) == 2
    assert sorted(tmp_path.rglob("*")) == before


def test_weights_that_do_not_fit_are_refused(words, tmp_path, capsys):
    torch.save({"first.weight": torch.zeros(3, 1, 3, 3)}, tmp_path / "w.pt")
    assert new(words, weights=[str(tmp_path / "w.pt")]) == 2
    assert (
        "does not fit the network: missing ['first.bias', 'head.bias', 'head.weight']" in said(capsys.readouterr())[0]
    )


# Bands


def write_pictures(folder, rng):
    folder.mkdir()
    for number in range(12):
        values = rng.integers(0, 256, size=(8, 8, 3), dtype=np.uint8)
        Image.fromarray(values).save(folder / f"sky_{number:02d}.png")
    return str(folder)


def write_bands(folder, rng):
    for band in "rgb":
        fits.PrimaryHDU(rng.lognormal(size=(12, 8, 8)).astype(np.float32)).writeto(folder / f"sky_{band}.fits")
    return f"{folder}/sky_{{band}}.fits"


def write_extensions(folder, rng):
    folder.mkdir()
    for number in range(12):
        images = [fits.ImageHDU(rng.lognormal(size=(8, 8)).astype(np.float32), name=band) for band in "RGB"]
        fits.HDUList([fits.PrimaryHDU(), *images]).writeto(folder / f"sky_{number:02d}.fits")
    return f"{folder}/:{{band}}"


def write_array(path, rng):
    np.save(path.with_suffix(".npy"), rng.integers(0, 256, size=(12, 8, 8, 3), dtype=np.uint8))
    return str(path.with_suffix(".npy"))


def write_cubes(path, rng):
    np.savez(path.with_suffix(".npz"), sky=rng.normal(size=(12, 3, 8, 8)))
    return f"{path.with_suffix('.npz')}:sky"


FORMS = {
    "pictures": (write_pictures, "12 maps of 3 channels of 8 pixels a side, uint8 in 12 files", False),
    "array": (write_array, "12 maps of 3 channels of 8 pixels a side, uint8", False),
    "cubes": (write_cubes, "12 maps of 3 channels of 8 pixels a side, float64", False),
    "extensions": (write_extensions, "12 maps of 3 channels of 8 pixels a side, float32 in 12 files", True),
}


@pytest.mark.parametrize("form", FORMS)
def test_images_with_bands_are_looked_at_whatever_their_form(words, tmp_path, rng, form, capsys):
    write, said_of_it, taken = FORMS[form]
    maps = [f"{name}={write(tmp_path / name, rng)}" for name in ("in", "out")]
    bands = ["r", "g", "b"] if form == "extensions" else None
    assert new(words, maps=maps, labels=None, arguments=['{"bands": 3}'], bands=bands) == 0
    capsys.readouterr()
    assert main(["check", *words["output"]]) == 0
    assert said_of_it in capsys.readouterr().out
    names = ["band1", "band2", "band3"] if form == "cubes" else ["r", "g", "b"]
    assert written(words)["suites"]["out"]["bands"] == names
    assert ("write their names here, in the order of the files" in Path(*words["output"]).read_text()) == (
        form == "cubes"
    )
    assert written(words)["models"]["Reader"]["preprocessing"] == {"logarithm": taken}


def write_classes(folder, names):
    """Write RGB pictures of both suites in one array each, and the class of each picture; return both."""
    rng = np.random.default_rng(4)
    for name in ("in", "out"):
        rows = "".join(f"{number},{names[number % len(names)]}\n" for number in range(12))
        (folder / f"{name}.csv").write_text(f"object,kind\n{rows}")
    maps = [f"{name}={write_array(folder / name, rng)}" for name in ("in", "out")]
    return maps, [f"{name}={folder / name}.csv" for name in ("in", "out")]


def test_pictures_with_classes_become_a_classifier(words, tmp_path, capsys):
    maps, labels = write_classes(tmp_path, ["spiral", "elliptical", "merger"])
    assert new(words, maps=maps, labels=labels, arguments=['{"bands": 3, "answers": 3}']) == 0
    network = written(words)["models"]["Reader"]["network"]
    assert (network["task"], network["outputs"]) == ("classification", ["kind"])
    assert network["classes"] == ["elliptical", "merger", "spiral"]
    capsys.readouterr()
    assert main(["check", *words["output"]]) == 0
    assert "12 rows: object; words: kind" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("function", "kind"),
    [("half", "logits"), ("share", "probabilities"), ("gated", "logits"), ("drawn", "probabilities")],
)
def test_a_head_of_one_answer_is_judged_by_its_last_layer(words, tmp_path, function, kind):
    maps, labels = write_classes(tmp_path, ["spiral", "merger"])
    assert new(words, network=[f"inspected_network:{function}"], maps=maps, labels=labels) == 0
    assert written(words)["models"][function]["network"]["output_scale"] == kind


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["spiral", "lens"], "holds 'lens' in row 1 of column 'kind', which is none of the classes spiral, merger"),
        (["spiral"], "Every simulation of split 'all' is of the class 'spiral' of kind"),
    ],
)
def test_labels_of_other_classes_are_found_before_a_run(words, tmp_path, names, sentence, capsys):
    maps, labels = write_classes(tmp_path, ["spiral", "merger"])
    assert new(words, maps=maps, labels=labels, arguments=['{"bands": 3, "answers": 2}']) == 0
    path = Path(*words["output"])
    path.write_text(path.read_text().replace("[merger, spiral]", "[spiral, merger]"))
    write_classes(tmp_path, names)
    capsys.readouterr()
    assert main(["check", str(path)]) == 2
    assert sentence in "".join(said(capsys.readouterr()))


def test_a_file_a_band_is_a_suite(words, tmp_path, rng, capsys):
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    maps = [f"{name}={write_bands(tmp_path / name, rng)}" for name in ("in", "out")]
    assert new(words, maps=maps, labels=None, arguments=['{"bands": 3}']) == 2
    assert "has {band} in it, but no bands are named. Name them by --bands" in said(capsys.readouterr())[0]
    assert new(words, maps=maps, labels=None, arguments=['{"bands": 3}'], bands=["r", "g", "b"]) == 0
    assert main(["check", *words["output"]]) == 0


def test_maps_of_other_bands_are_named(words, tmp_path, rng, capsys):
    maps = [words["maps"][0], f"out={write_array(tmp_path / 'out', rng)}"]
    assert new(words, maps=maps, labels=None) == 2
    assert "holds maps of 8 pixels a side in 3 bands, but" in said(capsys.readouterr())[0]


def test_a_picture_that_is_none_is_named(words, tmp_path, rng, capsys):
    folder = write_pictures(tmp_path / "out", rng)
    (tmp_path / "out/sky_03.png").write_text("no picture")
    assert new(words, maps=[words["maps"][0], f"out={folder}"], labels=None) == 2
    assert "sky_03.png is no image, though it is called one" in said(capsys.readouterr())[0]


# What the text holds, of forms of maps and tasks that the command finds.


def draft(**changes):
    given = {"constructor": "net:build", "maps": {"in": "in.npy", "out": "cut/:SCI"}, "logarithm": True}
    return Draft(**{**given, "why_logarithm": "taken", "n_simulations": 60, **changes})


def full_draft():
    labels, outputs = (
        {"in": "in.csv", "out": "out.csv"},
        Outputs(("kind",), ("disc", "no"), "probabilities", "2 answers"),
    )
    more = {"path": ".", "arguments": {"width": 3}, "labels": labels, "layers": ("a",), "bands": ("g", "r", "i")}
    return draft(**more, outputs=outputs, n_simulations=9, maps_per_simulation=2)


def test_a_configuration_of_every_key_is_short():
    lines = [line for line in text_of(full_draft()).splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert len(lines) <= 25


def test_bands_stand_beside_the_maps_and_classes_beside_the_network():
    found = yaml.safe_load(text_of(full_draft()))
    assert found["suites"]["in"]["bands"] == ["g", "r", "i"]
    assert found["suites"]["out"]["maps"] == {"image": "cut/:SCI"}
    network = found["models"]["build"]["network"]
    assert (network["task"], network["classes"], network["output_scale"]) == (
        "classification",
        ["disc", "no"],
        "probabilities",
    )
    assert (found["activations"], found["cka"]) == ({"n_maps": 9}, {"batch_size": 9})


@pytest.mark.parametrize(("n_simulations", "compared"), [(4, 4), (12, 10), (49, 40), (50, 50), (1000, 50)])
def test_maps_are_compared_in_whole_batches(n_simulations, compared):
    assert n_compared(draft(n_simulations=n_simulations)) == compared


def test_names_of_files_stay_in_their_comment():
    text = text_of(draft(why_logarithm="left out, for a\ndevice: cuda\n# holds zeros"))
    assert "device" not in yaml.safe_load(text)


def answers(n_answers, *, is_share=False):
    values = np.arange(3.0 * n_answers).reshape(3, n_answers) + 1
    return values / values.sum(axis=1, keepdims=True) if is_share else values


def column(*cells):
    return list(cells) * 4


@pytest.mark.parametrize(
    ("n_answers", "table", "names", "classes"),
    [
        (1, {"mass": column("0.1", "0.2", "0.3")}, ("mass",), ()),
        (2, {"mass": column("0.1", "0.2", "0.3")}, ("mass",), ()),
        (4, {"mass": column("0.1", "2"), "age": column("1", "2")}, ("mass", "age"), ()),
        (3, {"kind": column("disc", "bar", "irregular")}, ("kind",), ("bar", "disc", "irregular")),
        (1, {"kind": column("disc", "bar")}, ("kind",), ("bar", "disc")),
        (3, {"kind": column("0", "2", "1")}, ("kind",), (0, 1, 2)),
        (2, {"kind": column("0", "1")}, ("kind",), (0, 1)),
        (3, {"file": [f"{n}.fits" for n in range(12)], "kind": column("0", "2", "1")}, ("kind",), (0, 1, 2)),
        (2, {"mass": column("0.1", "0.2"), "kind": column("0", "1")}, ("mass", "kind"), ()),
        (3, {"mass": column("0.1", "0.2"), "kind": column("0", "1", "2", "2")}, ("kind",), (0, 1, 2)),
    ],
)
def test_answers_are_values_or_classes(n_answers, table, names, classes):
    found = outputs_of([answers(n_answers)], [table])
    assert (found.names, found.classes) == (names, classes)


@pytest.mark.parametrize(("shares", "kind"), [((True, True), "probabilities"), ((True, False), "logits")])
def test_answers_of_every_suite_that_sum_to_one_are_probabilities(shares, kind):
    given = [answers(3, is_share=is_share) for is_share in shares]
    assert outputs_of(given, [{"kind": column("a", "b", "c")}]).output_scale == kind


@pytest.mark.parametrize(("is_sigmoid", "kind"), [(True, "probabilities"), (False, "logits")])
def test_one_answer_is_a_probability_of_a_sigmoid_alone(is_sigmoid, kind):
    found = outputs_of([np.full((3, 1), 0.5)], [{"kind": column("a", "b")}], is_sigmoid=is_sigmoid)
    assert found.output_scale == kind
    assert ("of a probability write output_scale: probabilities" in found.why) == (not is_sigmoid)


@pytest.mark.parametrize(("classes", "found"), [(["disc", "bar"], ("disc", "bar")), (["1", "0"], (1, 0))])
def test_classes_stand_in_the_order_that_the_user_names(classes, found):
    table = {"mass": column("0.1", "0.2"), "kind": column(*classes)}
    chosen = outputs_of([answers(2)], [table], classes=classes)
    assert (chosen.names, chosen.classes, "sorted" in chosen.why) == (("kind",), found, False)


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (["disc", "bar", "lens"], "returns 2 numbers for a map. Expected 3 columns of logits"),
        (["disc", "lens"], "--classes names disc, lens. Expected a column of these alone: 'kind' also has bar"),
    ],
)
def test_classes_that_fit_no_column_are_refused(classes, message):
    with pytest.raises(InputError, match=message):
        outputs_of([answers(2)], [{"kind": column("disc", "bar")}], classes=classes)


def test_numbers_written_otherwise_are_one_class():
    assert outputs_of([answers(2)], [{"kind": column("1", "1.0", "0")}]).classes == (0, 1)


def test_classes_are_those_of_all_suites():
    assert outputs_of([answers(3)], [{"kind": column("a", "b")}, {"kind": column("b", "c")}]).classes == ("a", "b", "c")
