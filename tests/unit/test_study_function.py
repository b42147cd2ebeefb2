"""Studies of suites that a function of one's own makes: what follows from them, and what is refused."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import torch
import yaml

from repshift.cli.commands import call_of
from repshift.costs.kinds import kind_of_words
from repshift.costs.requests import Requests, parts_of_generation, parts_of_measurement
from repshift.costs.sizes import sizes_of
from repshift.costs.whole import jobs_of_run
from repshift.simulation.repetition import require_repeatable
from repshift.stages.maps import generate
from repshift.storage.generators import objects_of
from repshift.study.cases import failing_pairs, is_scored
from repshift.study.channels import bands_of, channels_of
from repshift.study.commands import activations_command
from repshift.study.documentation import SCHEMA
from repshift.study.figure_cases import units_of_outputs
from repshift.study.files import case_simulations, shape_of_maps
from repshift.study.generation import generation_job, generator_of, measurement_job, n_objects, sets_made
from repshift.study.groups import network_groups
from repshift.study.partners import are_partners, have_own_seeds
from repshift.study.reading import read_study
from repshift.study.shifts import box_of, condition_of, is_paired, shift_of
from repshift.study.sizes import SetSize, perturbed_maps, size_of
from studies import ROOT, drop, put, refusal, study_of

NEAR = ("suites", "Near")
FLUX = (*NEAR, "parameters", "flux")
AT = "at suites.Near.parameters.flux"
COSTS = ROOT / "workflow/costs.json"


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    """A working directory with the code and the table of the configuration."""
    (tmp_path / "sky.py").write_text("")
    (tmp_path / "net.py").write_text("")
    (tmp_path / "real.csv").write_text("name,flux,kind\na,2,lens\nb,3,galaxy\nc,3,lens\nd,4,lens\n")
    monkeypatch.chdir(tmp_path)


def study(*changes):
    return study_of(*changes, base="function")


def refused(*changes):
    return refusal(*changes, base="function").removeprefix("Configuration: ")


def test_a_figure_has_the_units_of_its_suites():
    drawn = study(put("figures", value={"predictions": [["net", "Near"]]}))
    assert units_of_outputs(drawn, "predictions") == {"flux": "nJy", "size": "arcsec"}


def test_files_of_a_set_have_a_band_each_and_a_table():
    found = case_simulations(study(), "net", "Blurred")
    assert found["maps"] == tuple(f"results/maps/Blurred/Maps_image-{band}_Blurred_LH_z=0.00.npy" for band in "gr")
    assert found["parameters"] == ("results/maps/Blurred/params_LH_Blurred.csv",)
    assert found["measured"][1] == "results/maps/Blurred/Maps_image-r_Blurred_LH_z=0.00_logarithm=none.json"


def test_channels_are_the_field_in_its_bands():
    assert channels_of(study(), "net") == ("image-g", "image-r")
    assert bands_of(study(), "Faint") == ("g", "r")
    single = [drop("suites", name, "bands") for name in ("Near", "Blurred", "Other")]
    assert channels_of(study(*single), "net") == ("image",)


def test_only_sets_that_are_shown_are_made():
    of_near = put("suites", "Faint", "of", value="Near"), put("domains", "Faint", value={"set": "LHT"})
    assert sets_made(study(), "Near") == ["LH", "real"]
    assert sets_made(study(*of_near), "Near") == ["LH", "LHT", "real"]
    assert sets_made(study(), "Other") == ["LH"]


def test_one_job_makes_a_suite():
    job = generation_job(study(), "Near")
    assert job.inputs == ["real.csv"]
    assert len(job.outputs) == len(set(job.outputs)) == 2 * 3
    assert [words[:2] for words in job.commands] == [["maps", "generate"]]
    assert job.words[:1] == ["--generator"]


def test_one_job_measures_a_suite_in_all_preparations():
    reader = {**study().plain()["models"]["net"], "preprocessing": {"logarithm": False, "arcsinh": 2}}
    job = measurement_job(study(put("models", "soft", value=reader), put("cases", "soft", value=["Near"])), "Near")
    made = generation_job(study(), "Near").outputs
    assert set(job.inputs) == {path for path in made if path.endswith(".npy")}
    assert len(job.inputs) == 4
    assert len(job.outputs) == len(set(job.outputs)) == 4 + 2
    assert [words[:2] for words in job.commands] == [["maps", "measure"]] * 6
    assert job.words[:1] == ["--maps"]
    assert job.words[job.words.index("then") :][:3] == ["then", "maps", "measure"]


def test_another_preprocessing_changes_no_job_that_makes():
    other = put("models", "net", "preprocessing", "arcsinh", value=2)
    assert generation_job(study(other), "Near") == generation_job(study(), "Near")
    assert not {*measurement_job(study(other), "Near").outputs} & {*measurement_job(study(), "Near").outputs}


def test_files_that_a_generator_reads_are_inputs_of_its_job():
    Path("seeing.txt").touch()
    read = put(*NEAR, "files", value=["seeing.txt", "real.csv"])
    assert generation_job(study(read), "Near").inputs == ["real.csv", "seeing.txt"]
    assert generation_job(study(read), "Blurred").inputs == []


def test_the_command_says_all_that_makes_the_objects(monkeypatch):
    words = [*generation_job(study(), "Blurred").commands[0], "--processes", "3"]
    monkeypatch.setattr(generate, "run", lambda **given: found.update(given))
    found = {}
    call = call_of(words)
    call.run(**call.arguments)
    assert found["generator"] == generator_of(study(), "Blurred")
    assert [(one.name, one.n_objects) for one in found["sets"]] == [("LH", 60)]
    assert found["processes"] == 3


def test_what_a_function_prepares_is_measured_apart():
    own = put("models", "net", "preprocessing", "function", value="net:prepared")
    assert measurement_job(study(own), "Near").commands == []


def test_a_twin_is_drawn_by_the_other_suite():
    near, twin = (generator_of(study(), name) for name in ("Near", "Blurred"))
    assert (twin.suite, twin.seed, twin.columns) == ("Near", 7, near.columns)
    assert json.loads(twin.arguments) == {"seeing": 3.0}
    assert (generator_of(study(), "Other").suite, generator_of(study(), "Other").seed) == ("Other", 1)


def test_twins_and_what_is_made_of_them_are_paired():
    made = study()
    assert {domain: is_paired(made, "net", domain) for domain in made.cases["net"]} == {
        "Near": False, "Blurred": True, "Other": False, "Faint": True, "Sky": False,
    }  # fmt: skip
    assert not are_partners(made, ("Near", "LH", "all"), ("Blurred", "LHT", "all"))
    assert have_own_seeds(made, ("Near", "Other"), "LH")
    assert not have_own_seeds(made, ("Near", "Blurred"), "LH")


def test_a_model_is_scored_where_its_outputs_are_columns():
    assert is_scored(study(), "net", "Blurred")
    assert is_scored(study(), "net", "Faint")
    mass = put("models", "net", "network", "outputs", value=["mass", "age"])
    assert not is_scored(study(mass), "net", "Near")
    assert failing_pairs(study(mass)) == []


def test_shifts_redshift_and_box_are_those_of_maps_of_ones_own():
    made = study()
    assert (shift_of(made, "Blurred"), condition_of(made, "Blurred"), box_of(made, "Near")) == ("suite", "Blurred", 0)
    assert "--redshift" not in activations_command(made, "net", "Faint")


def test_sizes_are_known_before_anything_is_made():
    made = study()
    assert size_of(made, "Faint", "LH", field="image-g") == SetSize(60, 2)
    assert size_of(made, "Near", "real", field="image-g") == SetSize(4, 2)
    assert n_objects(made, "Near", "real") == 4
    path = Path("results/maps/Near/Maps_image-g_Near_LH_z=0.00.npy")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"of an earlier run")
    assert shape_of_maps(made, "Near", "LH", channel="image-g") is None
    assert network_groups(made, "net") == network_groups(study(), "net")


def test_costs_go_by_objects_and_pixels():
    made = study()
    found = sizes_of(made, "generate", {"suite": "Near"})
    assert (found["simulations"], found["object_pixels"]) == (64, 2 * 2 * 16 * 16)
    of_set = sizes_of(made, "measured", {"suite": "Near", "set": "LH", "field": "image-g"})
    assert (of_set["maps"], of_set["pixels"]) == (120, 16)
    cost = Requests(made, COSTS).cost([("generate", {"suite": "Near"})], 2)
    assert cost.bytes == 4 * 64 * 2 * 2 * 16 * 16


def test_a_job_is_priced_by_its_commands():
    made, jobs = study(), ((generation_job, parts_of_generation), (measurement_job, parts_of_measurement))
    for job, parts in jobs:
        words = [" ".join(command[:2]) for command in job(made, "Near").commands]
        assert [kind_of_words(one) for one in words] == [kind for kind, _ in parts(made, "Near")]


def test_a_run_is_priced_by_its_jobs():
    labels = [job.label for job in jobs_of_run(study(), COSTS)]
    assert [labels.count(kind) for kind in ("generate", "derive", "measured", "convert")] == [3, 2, 5, 0]
    slow = jobs_of_run(study(), COSTS, known=lambda names: {"object_seconds": 2.0} if "set" not in names else {})
    assert max(dict(job.parts).get("generate", {}).get("object_seconds", 0) for job in slow) == 2


def test_the_schema_knows_such_suites():
    configuration = study().plain()
    jsonschema.validate(configuration, yaml.safe_load((ROOT / SCHEMA).read_text()))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (put(*FLUX, value={"range": [3, 1]}), f"{AT}, range is [3.0, 1.0]; expected the smaller value first."),
        (put(*FLUX, "range", value=[0, 1]), f"{AT}, distribution log_uniform needs a range above 0; found [0.0, 1.0]."),
        (put(*FLUX, value={}), f"{AT}, one of range, values must be given; found none."),
        (put(*FLUX, "values", value=[1]), f"{AT}, one of range, values must be given; found range, values."),
        (
            put(*FLUX, value={"values": [True]}),
            f"{AT}.values.0, true is neither a word nor a number. Put it in quotes.",
        ),
        (
            put(*NEAR, "labels", "columns", value={"flux": "1"}),
            "at suites.Near, 'flux' is both a parameter and a label.",
        ),
        (put(*NEAR, "sets", "LH", value=0), "at suites.Near.sets.LH, 0 is less than the minimum of 1."),
        (
            put(*NEAR, "sets", "LH", value="sky.txt"),
            "at suites.Near.sets.LH, 'sky.txt' is not a file whose name ends with .csv.",
        ),
        (put(*NEAR, "sets", "real", value="sky.csv"), "suites.Near.sets.real is 'sky.csv', which is no file."),
        (
            put(*FLUX, value={"values": [1, "2.0", 2]}),
            f"{AT}, values holds 2 twice; a table does not tell a number from its text.",
        ),
        (
            put(*FLUX, value={"values": [10**400, "bright"]}),
            f"suites.Near.sets.real: real.csv holds '2' in row 0 of column 'flux'. Expected one of {10**400}, bright.",
        ),
        (put("figures", value={"shift_scores": ["net", "net"]}), "at figures.shift_scores, 'net' stands twice."),
        (
            put(*FLUX, "range", value=[2.5, 4]),
            "suites.Near.sets.real: real.csv holds '2' in row 0 of column 'flux'. Expected 2.5 to 4.",
        ),
        (
            put(*NEAR, "files", value=["real.csv", "psf.fits", "."]),
            "suites.Near.files names psf.fits, ., which is no file.",
        ),
        (put(*NEAR, "size", value=[16]), "at suites.Near.size, [16] is too short; expected 2 or more."),
        (
            put(*NEAR, "generator", value="stars:galaxy"),
            "suites.Near.generator is 'stars:galaxy', but its path '.' holds no module 'stars'.",
        ),
        (put(*NEAR, "field", value="T"), "models.net reads 'image' of function suite 'Near', which has T."),
        (put("domains", "Sky", "set", value="CV"), "domains.Sky.set is 'CV'; the sets of Near are LH, LHT, real."),
        (
            put(*NEAR, "twin_of", value="Other"),
            "at suites.Near, both seed and twin_of are given; a twin has the seed of 'Other'.",
        ),
        (
            put("suites", "Other", "twin_of", value="Blurred"),
            "suites.Other.twin_of is 'Blurred', a twin itself. Name the suite of a function that draws the objects.",
        ),
        (
            put("suites", "Other", "twin_of", value="Faint"),
            "suites.Other.twin_of is 'Faint', of no function. Name the suite of a function that draws the objects.",
        ),
        (
            put("suites", "Blurred", "sets", value={"LH": 50}),
            "suites.Blurred.sets is {'LH': 50}, but its twin 'Near' has {'LH': 60, 'LHT': 20, 'real': 'real.csv'}. "
            "Twins have the same objects.",
        ),
        (
            put("suites", "Blurred", "maps_per_simulation", value=1),
            "suites.Blurred.maps_per_simulation is 1, but its twin 'Near' has 2. Twins have the same objects.",
        ),
        (
            put("models", "net", "network", "outputs", value=["flux", "mass"]),
            "cases.net shows 'Near', whose suite 'Near' has no column 'mass', one of the model's outputs. It has flux, "
            "kind, size: expected all outputs, or none.",
        ),
    ],
)
def test_what_fits_no_function_is_refused(change, sentence):
    assert refused(change) == sentence


def test_networks_are_not_trained_in_the_run_on_them():
    new = {"suite": "Near", "field": "image", "weights": "results/training/new.pt"}
    training = put("training", value={"models": ["new"]})
    assert refused(put("models", "new", value=new), training).startswith(
        "model 'new' of suite 'Near' is trained in the run, but on your own maps."
    )


def test_steps_of_a_shift_are_of_other_objects():
    many = put("activations", "n_maps", value=40), put("cases", "net", value=["Near", "Blurred", "Faint"])
    steps = put("shift_steps", value={"net": ["Near", "Blurred", "Faint"]})
    assert "shows the same simulations" in refused(*many, steps)


def test_an_archive_needs_no_code_table_or_file():
    read = put(*NEAR, "files", value=["real.csv"])
    for name in ("sky.py", "net.py", "real.csv"):
        Path(name).unlink()
    assert size_of(study_of(read, base="function", archived=True), "Near", "real", field="image-g") is None


def test_the_example_of_the_page_is_a_study(tmp_path):
    page = (ROOT / "docs/function.md").read_text()
    code, network = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    (configuration,) = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    (tmp_path / "galaxies").mkdir()
    (tmp_path / "galaxies/sky.py").write_text(code)
    (tmp_path / "galaxies/network.py").write_text(network)
    exec(network, built := {})
    assert built["build"]()(torch.zeros(3, 2, 32, 32)).shape == (3, 2)
    found = read_study(yaml.safe_load(configuration))
    made = {name: objects_of(generator_of(found, name)) for name in ("Sharp", "Blurred")}
    maps = {name: require_repeatable(one, "LHT", other=59) for name, one in made.items()}
    flux = made["Sharp"].row("LHT", 0)["flux"]
    assert maps["Sharp"][0].sum() == pytest.approx(flux, abs=4 * 0.01 * 32)  # the noise of all pixels
    assert made["Blurred"].row("LHT", 0)["flux"] == flux
    assert made["Blurred"].row("LHT", 0)["width"] > 3
    assert is_paired(found, "widths", "Blurred")


def test_a_twin_that_stress_moves_to_is_made_and_measured():
    axes = {"seeing": {"twin": "Blurred"}}
    section = put("stress", value={"cases": {"net": ["Near"]}, "axes": axes})
    stressed = study(put("cases", "net", value=["Near"]), section)
    assert sets_made(stressed, "Blurred") == ["LH"]
    assert [words[:2] for words in measurement_job(stressed, "Blurred").commands] == [["maps", "measure"]] * 2
    assert perturbed_maps(stressed, "net", "Near") == 60 * 2
    assert sets_made(study(put("cases", "net", value=["Near"])), "Blurred") == []
