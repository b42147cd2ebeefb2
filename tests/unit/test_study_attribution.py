"""The section attribution: what follows from it, and what is refused, in one sentence each."""

import pytest

from repshift.attribution import METHODS
from repshift.attribution.fills import FILLS
from repshift.case.files import CaseFiles
from repshift.cli.commands import call_of
from repshift.costs.requests import Requests, parts_of_attribution
from repshift.costs.whole import jobs_of_run
from repshift.study.attribution import Attribution, BaselineName, FillName
from repshift.study.attribution_jobs import (
    attribution_files,
    attribution_job,
    feature_cases,
    feature_files,
    outputs_of,
    shift_cases,
    shift_command,
    shift_files,
)
from repshift.study.attribution_work import attribution_passes, feature_passes, shift_passes
from repshift.study.case_lists import attribution_cases, shown_cases
from repshift.study.figure_cases import drawn_cases, drawn_outputs
from repshift.study.groups import attribution_groups, network_groups, stress_groups
from repshift.study.jobs import network_job, statistics_job
from repshift.study.map_sets import density_files, density_sets, shown_sets
from repshift.study.preparations import variants
from repshift.study.reading import read_study, read_yaml
from repshift.study.stress_jobs import stress_job
from repshift.study.tables import tables
from studies import ROOT, drop, put, refusal, study_of

COSTS = ROOT / "workflow/costs.json"
CASES = {"T-MockTNG": ["MockTNG", "MockSIMBA"], "Mtot-MockSIMBA": ["MockSIMBA", "MockTNG"]}
FIGURES = ("figure5", "figure6")


def attribution(**section):
    """Return a change that gives a configuration another section attribution, and no figure of one."""

    def change(config):
        for name in FIGURES:
            config["figures"].pop(name, None)
        nulls = {"faithfulness": None, "randomisation": None}
        config["attribution"] = {"cases": CASES, "maps": 12, **nulls, **section}

    return change


def unattributed(config):
    """Leave the section out, and the figures of it."""
    for name in FIGURES:
        del config["figures"][name]
    del config["attribution"]


def refused(*changes, base="test"):
    return refusal(*changes, base=base).removeprefix("Configuration: ")


def words_of(command):
    """Return the options of a command, each with its values."""
    places = [number for number, word in enumerate(command) if word.startswith("--")]
    ends = [*places[1:], len(command)]
    return {command[start]: command[start + 1 : end] for start, end in zip(places, ends, strict=True)}


def example(name, **section):
    """Return the study of an example, its maps attributed."""
    raw = read_yaml(ROOT / f"examples/{name}/stress.yaml")
    del raw["stress"]
    raw["figures"] = {}
    raw["attribution"] = {"cases": raw["cases"], **section}
    return read_study(raw)


# Jobs


def test_a_job_attributes_all_domains_of_a_model_home_first():
    study = study_of(attribution(twins=["MockSIMBA-twin"]))
    assert attribution_groups(study, "T-MockTNG") == [("MockTNG", "MockSIMBA")]
    job = attribution_job(study, "T-MockTNG", ("MockTNG", "MockSIMBA"))
    made = ["MockTNG.nc", "MockTNG_to_MockSIMBA-twin.nc", "MockSIMBA.nc"]
    assert job.outputs == [f"results/attribution/T-MockTNG/{name}" for name in made]
    assert [command[1] for command in job.commands] == ["maps", "shift", "maps"]
    assert not set(job.inputs) & set(job.outputs)
    assert {"results/models/T-MockTNG.pt", "results/models/T-MockTNG.json"} <= set(job.inputs)
    assert "results/maps/MockSIMBA-twin/Maps_T_MockSIMBA-twin_LHT_z=0.00.npy" in job.inputs


def test_a_job_of_another_domain_reads_what_home_was():
    study, own = study_of(attribution()), "results/attribution/T-MockTNG/MockTNG.nc"
    home, abroad = (attribution_job(study, "T-MockTNG", (domain,)) for domain in ("MockTNG", "MockSIMBA"))
    assert own in abroad.inputs
    assert own not in home.inputs
    (of_home,), (of_other,) = ([words_of(command) for command in job.commands] for job in (home, abroad))
    assert of_other["--home"] == [own]
    assert "--home" not in of_home


def test_the_commands_of_a_case_can_be_parsed():
    nulls = {"faithfulness": {"maps": 10, "insertion": True}, "randomisation": {"maps": 12, "integrated_maps": 11}}
    how = {"methods": ["gradient", "layer_cam"], "layer": "C33", "environment": "Mtot", "twins": ["MockSIMBA-twin"]}
    study = study_of(attribution(**nulls, **how, shift={"nodes": 4}))
    maps, shift = (call_of(words).arguments for words in attribution_job(study, "T-MockTNG", ("MockTNG",)).commands)
    assert (maps["n_maps"], maps["layer"], maps["periodic"], maps["pixel"]) == (12, "C33", True, 75 / 32)
    assert (maps["faithfulness_maps"], maps["insertion"], maps["random_orders"]) == (10, True, 2)
    assert (maps["randomisation_maps"], maps["integrated_maps"], maps["untrained"]) == (12, 11, False)
    assert (shift["twin"], shift["nodes"], shift["by_layer"], shift["resamples"]) == ("MockSIMBA-twin", 4, False, 2000)
    assert str(shift["twin_parameters"]) == "results/maps/MockSIMBA-twin/params_LHT_MockSIMBA-twin.txt"
    assert str(maps["environment"]) == "results/maps/MockTNG/Maps_Mtot_MockTNG_LHT_z=0.00.npy"


def test_a_null_that_is_left_out_is_not_asked_for():
    (command, _) = attribution_job(study_of(attribution()), "T-MockTNG", CASES["T-MockTNG"]).commands
    given = call_of(command).arguments
    assert given["faithfulness_maps"] is None
    assert given["randomisation_maps"] is None
    assert given["environment"] is None


def test_features_are_of_domains_out_of_distribution():
    study = study_of(attribution(features={"maps": 20}), put("maps", "mock", "simulations", "LHT", value=24))
    assert feature_cases(study) == [("T-MockTNG", "MockSIMBA"), ("Mtot-MockSIMBA", "MockTNG")]
    job = attribution_job(study, "T-MockTNG", CASES["T-MockTNG"])
    given = call_of(job.commands[-1]).arguments
    assert (given["n_maps"], given["reference_domain"], given["steps"]) == (20, "MockTNG", 40)
    assert job.outputs[-1] == CaseFiles("T-MockTNG", "MockSIMBA").features
    assert feature_files(study, of=[("T-MockTNG", "MockSIMBA")]) == [job.outputs[-1]]


def test_a_model_with_its_own_domain_alone_has_features_of_it():
    alone = {"cases": {"T-MockTNG": ["MockTNG"]}, "features": {"maps": 20}}
    study = study_of(attribution(**alone), put("maps", "mock", "simulations", "LHT", value=24))
    assert feature_cases(study) == [("T-MockTNG", "MockTNG")]
    (_, command) = attribution_job(study, "T-MockTNG", ["MockTNG"]).commands
    assert call_of(command).arguments["reference_domain"] is None


def test_nulls_are_of_no_more_maps_than_are_attributed():
    few, many = (study_of(put("attribution", "maps", value=maps), base="config") for maps in (20, 50))
    assert few.attribution.null_maps == {
        "faithfulness.maps": 20,
        "randomisation.maps": 20,
        "randomisation.integrated_maps": 16,
    }
    assert list(many.attribution.null_maps.values()) == [25, 50, 16]
    assert (few.attribution.shift_maps, many.attribution.shift_maps) == (20, 50)


def test_many_methods_are_divided_into_jobs():
    study = study_of(base="attribution")
    assert attribution_groups(study, "T-MockTNG") == [("MockTNG",), ("MockSIMBA",)]
    assert attribution_groups(study_of(base="config"), "T-MockTNG") == [("MockTNG", "MockSIMBA")]


def test_no_results_of_other_stages_hang_on_attribution():
    without, study = study_of(unattributed), study_of()
    for model in without.cases:
        assert network_groups(study, model) == network_groups(without, model)
        for domains in network_groups(without, model):
            assert network_job(study, model, domains) == network_job(without, model, domains)
            assert statistics_job(study, model, domains) == statistics_job(without, model, domains)
    for domains in stress_groups(without, "T-MockTNG"):
        assert stress_job(study, "T-MockTNG", domains) == stress_job(without, "T-MockTNG", domains)


def test_a_study_without_the_section_makes_nothing_of_it():
    study = study_of(unattributed)
    assert [attribution_files(study), shift_files(study), feature_files(study), attribution_cases(study)] == [[]] * 4
    assert [name for name in tables(study) if "attribution" in name] == []


# What is attributed, on which maps


def test_the_names_of_the_section_are_those_of_the_package():
    enum = Attribution.model_json_schema()["properties"]["methods"]["items"]["enum"]
    assert enum == list(METHODS)
    assert list(FillName.__args__) == list(FILLS)
    assert list(BaselineName.__args__) == [name for name, fill in FILLS.items() if fill.is_baseline]


def test_the_first_two_labels_are_attributed_by_default():
    assert outputs_of(study_of(attribution()), "T-MockTNG") == ("Omega_m", "sigma_8")
    named = study_of(attribution(outputs=["A_SN1", "A_SN1_std"]))
    assert outputs_of(named, "T-MockTNG") == ("A_SN1", "A_SN1_std")


def test_of_two_classes_the_second_is_attributed():
    study = example("lenses")
    (finder,) = [model for model in study.models if study.models[model].is_classifier]
    classes = study.models[finder].network.classes
    assert outputs_of(study, finder) == (str(classes[1]),)


def test_a_shift_is_of_the_domains_of_the_twin_s_simulations():
    study = study_of(attribution(twins=["MockSIMBA-twin"]))
    pairs = [("T-MockTNG", "MockTNG", "MockSIMBA-twin"), ("Mtot-MockSIMBA", "MockTNG", "MockSIMBA-twin")]
    assert shift_cases(study) == pairs
    assert shift_files(study, of=[pairs[1][:2]]) == ["results/attribution/Mtot-MockSIMBA/MockTNG_to_MockSIMBA-twin.nc"]


def test_maps_of_a_twin_and_of_a_domain_of_its_own_are_made():
    def alone(config):
        del config["stress"], config["figures"]["figure4"]
        config["domains"]["More"] = {"suite": "MockSIMBA", "set": "LH"}

    study = study_of(attribution(cases={"T-MockTNG": ["MockTNG", "More"]}, twins=["MockSIMBA-twin"]), alone)
    assert ("T-MockTNG", "More") in shown_cases(study)
    assert {("T-MockTNG", "MockSIMBA-twin", "LHT", "all"), ("T-MockTNG", "MockSIMBA", "LH", "all")} <= set(
        shown_sets(study)
    )


def test_the_density_is_of_the_suite_that_maps_are_made_from():
    cases = {"T-MockTNG": ["MockTNG", "MockSIMBA-spectrum"]}
    study = study_of(attribution(cases=cases, environment="Mtot"))
    found = density_files(study, "T-MockTNG", "MockSIMBA-spectrum")
    assert found["maps"] == "results/maps/MockSIMBA/Maps_Mtot_MockSIMBA_LHT_z=0.00.npy"
    assert set(density_sets(study).values()) == {""}
    assert density_files(study_of(attribution()), "T-MockTNG", "MockTNG") == {}


def test_the_density_of_cmd_is_fetched_where_no_model_reads_it():
    cases = {"cases": {"T-IllustrisTNG": ["IllustrisTNG", "SIMBA"]}, "maps": 50, "environment": "ne"}
    study = study_of(put("attribution", value=cases), base="paper")
    kinds = [parts[0] for parts in (job.parts for job in jobs_of_run(study, COSTS))]
    before = [job.parts[0] for job in jobs_of_run(study_of(base="paper"), COSTS)]
    assert [kind for kind, _ in kinds].count("download_maps") == [kind for kind, _ in before].count("download_maps") + 2
    assert density_files(study, "T-IllustrisTNG", "SIMBA")["maps"].endswith("Maps_ne_SIMBA_LH_z=0.00.npy")


def test_a_slice_of_the_density_is_fetched():
    def sliced(config):
        config["maps"] = {"cmd": {"slices": {}}}
        config["attribution"] = {"cases": {"T-IllustrisTNG": ["IllustrisTNG"]}, "environment": "ne"}

    files = density_files(study_of(sliced, base="paper"), "T-IllustrisTNG", "IllustrisTNG")
    assert files["maps"] == "results/maps/IllustrisTNG/test/Maps_ne_IllustrisTNG_LH_z=0.00.npy"


def files_of_your_own(config):
    """Give the smallest configuration of your own files a field that no network reads."""
    config["fields"]["matter"] = {"long_name": "matter density"}
    for suite in config["suites"].values():
        suite["maps"]["matter"] = "matter.npy"
    config["models"]["mine"]["network"].pop("path")
    config["attribution"] = {"cases": {"mine": ["Ours", "Theirs"]}, "environment": "matter"}


def test_no_logarithm_is_taken_of_a_density_of_your_own(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    study = study_of(files_of_your_own, base="smallest", archived=True)
    assert density_files(study, "mine", "Ours")["measured"].endswith("_logarithm=none.json")
    assert "_logarithm=none" in variants(study)


def test_the_density_that_a_model_reads_is_its_own_file():
    study = study_of(attribution(environment="Mtot"))
    job = attribution_job(study, "Mtot-MockSIMBA", ["MockSIMBA"])
    maps = [path for path in job.inputs if path.endswith("Maps_Mtot_MockSIMBA_LHT_z=0.00.npy")]
    assert len(maps) == 1


# Figures, tables, costs


def test_figures_draw_the_domains_that_have_what_they_draw():
    figures = {"figure5": ["T-MockTNG"], "figure6": ["T-MockTNG"], "features": ["Mtot-MockSIMBA"]}
    simulations = put("maps", "mock", "simulations", "LHT", value=24)
    section = attribution(twins=["MockSIMBA-twin"], features={"maps": 20})
    study = study_of(section, simulations, *(put("figures", name, value=value) for name, value in figures.items()))
    assert drawn_cases(study, "figure5") == [("T-MockTNG", "MockTNG"), ("T-MockTNG", "MockSIMBA")]
    assert drawn_cases(study, "figure6") == [("T-MockTNG", "MockTNG")]
    assert drawn_cases(study, "features") == [("Mtot-MockSIMBA", "MockTNG")]


def test_only_parameters_that_are_attributed_are_drawn():
    study = study_of()
    assert study.figures.parameters == ("Omega_m", "sigma_8")
    assert drawn_outputs(study, "figure5") == ["Omega_m"]


def test_tables_of_shifts_are_made_where_there_are_twins():
    assert "attribution_of_shift" in tables(study_of())
    assert "attribution_of_shift" not in tables(study_of(attribution()))


def test_the_cost_of_attribution_is_estimated():
    study = study_of(attribution(twins=["MockSIMBA-twin"]))
    kinds = [[kind for kind, _ in job.parts] for job in jobs_of_run(study, COSTS)]
    assert kinds.count(["attribution", "attribution_of_shift", "attribution"]) == 1
    assert kinds.count(["attribution", "attribution", "attribution_of_shift"]) == 1
    parts = parts_of_attribution(study, "T-MockTNG", ["MockTNG"])
    few, many = (
        Requests(study_of(attribution(methods=["integrated_gradients"], nodes=nodes)), COSTS).seconds(parts)
        for nodes in (5, 50)
    )
    assert many > few


def test_passes_are_counted_by_hand():
    nulls = {
        "faithfulness": {"maps": 10, "steps": 4, "fills": ["blur", "mean"], "random_orders": 3},
        "randomisation": {"maps": 12, "integrated_maps": 10, "depths": 2, "untrained": True},
    }
    study = study_of(attribution(**nulls, nodes=6, outputs=["Omega_m"], shift={"nodes": 5}, twins=["MockSIMBA-twin"]))
    gradient, integrated, occlusion = 3, 6 * 3, 4 * 4 + 1
    methods = 12 * (gradient + integrated + occlusion)
    hidden = 10 * 2 * (3 * 1 + 1 + 3) * 4
    shuffled = 3 * (12 * gradient + 10 * (integrated + occlusion))
    assert attribution_passes(study, "T-MockTNG", "MockTNG") == methods + hidden + shuffled
    assert shift_passes(study, "T-MockTNG") == 12 * 5 * 3
    assert feature_passes(study, "T-MockTNG") == 0


# Refusals

REFUSED = [
    (attribution(cases={}), "at attribution.cases, {} should be non-empty."),
    (attribution(cases={"nobody": ["MockTNG"]}), "a model of attribution.cases is 'nobody'; the models with cases are"),
    (
        attribution(cases={"T-MockTNG": ["Mars"]}),
        "a domain of attribution.cases.T-MockTNG is 'Mars', which is neither a suite nor",
    ),
    (
        attribution(cases={"T-MockTNG": ["MockSIMBA"]}),
        "attribution.cases.T-MockTNG begins with 'MockSIMBA'; the first is the model's own domain 'MockTNG', which",
    ),
    (attribution(methods=["lrp"]), "at attribution.methods.0, 'lrp' is not one of ['gradient', 'input_x_gradient', "),
    (attribution(methods=["gradient"] * 2), "at attribution.methods, 'gradient' stands twice."),
    (attribution(layer="C33"), "at attribution, layer needs grad_cam or layer_cam."),
    (
        attribution(window=4, stride=5),
        "at attribution, stride is 5, which leaves pixels out between squares of side 4.",
    ),
    (attribution(baseline="donor"), "at attribution.baseline, 'donor' is not one of ['mean', 'blur']."),
    (attribution(nodes=1), "at attribution.nodes, 1 is less than the minimum of 2."),
    (
        attribution(outputs=["h"]),
        "an output of attribution.outputs of T-MockTNG is 'h'; the outputs of the model are Omega_m, sigma_8",
    ),
    (
        attribution(environment="HI"),
        "attribution.environment reads 'HI' of mock suite 'MockTNG', which has Mtot, T.",
    ),
    (attribution(environment="dust"), "the field of attribution.environment is 'dust'; the fields are Mgas"),
    (attribution(twins=["Nowhere"]), "a suite of attribution.twins is 'Nowhere'; the suites are MockTNG"),
    (
        attribution(twins=["MockSIMBA"]),
        "attribution.twins has 'MockSIMBA', which is a twin of no domain of attribution.cases: 'MockSIMBA' has no seed",
    ),
    (
        attribution(twins=["MockSIMBA-twin"], cases={"Mtot-MockSIMBA": ["MockSIMBA"]}),
        "attribution.twins has 'MockSIMBA-twin', which is a twin of no domain of attribution.cases: 'MockSIMBA-twin' "
        "has the simulations of none of them",
    ),
    (attribution(shift={"nodes": 5}), "at attribution, shift needs twins."),
    (attribution(maps=9), "attribution.maps is 9, one of each simulation. Expected 10 or more, for intervals."),
    (
        attribution(batch_size=1, randomisation={"untrained": True}),
        "attribution.batch_size is 1, but attribution.randomisation.untrained needs batches of 2 maps or more",
    ),
    (
        attribution(faithfulness={"maps": 13}),
        "attribution.faithfulness.maps is 13, one of each simulation. Expected 10 or more, for intervals, and at most "
        "attribution.maps, 12.",
    ),
    (
        attribution(randomisation={"maps": 12, "integrated_maps": 16}),
        "attribution.randomisation.integrated_maps is 16, one of each simulation.",
    ),
    (
        attribution(twins=["MockSIMBA-twin"], shift={"maps": 9}),
        "attribution.shift.maps is 9, one of each simulation. Expected 10 or more, for intervals.",
    ),
    (
        attribution(maps=13),
        "attribution.maps is 13, one of each simulation, but domain 'MockTNG' (set 'LHT', split 'all') has 12 simu",
    ),
    (attribution(features={}), "attribution.features.maps is 50, one of each simulation, but domain 'MockTNG'"),
    (
        attribution(features={"channels": 1}),
        "attribution.features.filters is 2. Expected at most attribution.features.channels, 1.",
    ),
    (
        attribution(features={"dream_maps": 51}),
        "attribution.features.dream_maps is 51. Expected at most attribution.features.maps, 50.",
    ),
    (
        attribution(window=32, stride=8),
        "attribution.window is 32 pixels, but maps of domain 'MockTNG' have 32 by 32: nothing is left of them.",
    ),
    (
        attribution(faithfulness={"maps": 10, "window": 40}),
        "attribution.faithfulness.window is 40 pixels, but maps of domain 'MockTNG' have 32 by 32",
    ),
    (
        attribution(faithfulness={"maps": 10, "steps": 9}),
        "attribution.faithfulness.steps is 9, but a map of domain 'MockTNG' has 16 blocks of 8 by 8 pixels, of which "
        "half are hidden. Expected at most 8.",
    ),
]


@pytest.mark.parametrize(("change", "words"), REFUSED, ids=range(len(REFUSED)))
def test_a_wrong_section_is_refused_in_one_sentence(change, words):
    assert refused(change).startswith(words)


def test_bands_divide_no_pixels():
    with pytest.raises(ValueError, match="attribution.environment is 'image', of which suite '.*' has the bands "):
        example("lenses", environment="image")


def unnamed(config):
    files_of_your_own(config)
    del config["models"]["mine"]["network"]["outputs"]


def test_a_network_without_names_of_outputs_is_refused():
    with pytest.raises(ValueError, match=r"'mine', which does not name its outputs: models.mine.network.outputs is ne"):
        study_of(unnamed, base="smallest", archived=True)


OF_FIGURES = [
    (unattributed, "figure5", "figures.figure5 is there, so the section attribution is needed: what it draws."),
    (attribution(), "figure6", "figures.figure6 is there, so attribution.twins is needed: what it draws."),
    (attribution(), "features", "figures.features is there, so attribution.features is needed: what it draws."),
    (
        attribution(cases={"T-MockTNG": ["MockTNG"]}),
        "figure5",
        "a model of figures.figure5 is 'Mtot-MockSIMBA'; the models of attribution.cases are T-MockTNG.",
    ),
    (
        attribution(cases={"T-MockTNG": ["MockTNG"]}, twins=["MockSIMBA-twin"]),
        "figure6",
        "a model of figures.figure6 is 'Mtot-MockSIMBA'; the models of attribution.cases with a twin are T-MockTNG.",
    ),
]


@pytest.mark.parametrize(("change", "figure", "words"), OF_FIGURES)
def test_figures_draw_what_is_attributed(change, figure, words):
    assert refused(change, put("figures", figure, value=["Mtot-MockSIMBA"])) == words


def test_figure6_draws_domains_with_a_twin():
    words = refused(put("figures", "figure6", value=[["T-MockTNG", "MockSIMBA"]]))
    assert words.endswith("is 'MockSIMBA'; the domains of attribution.cases.T-MockTNG with a twin are MockTNG.")


def test_the_section_may_be_switched_off():
    assert study_of(put("attribution", value=False), *(drop("figures", name) for name in FIGURES)).attribution is None


def test_labels_of_a_function_may_differ_between_twins():
    """Those of galaxies are apparent, so that they are others in another survey."""
    path = "examples/galaxies/attribution.yaml"
    galaxies = read_study(read_yaml(ROOT / path), files=[path])
    command = shift_command(galaxies, "morphology", "HSC", "SDSS-pixels")
    first = command.index("--measured-labels") + 1
    assert command[first : first + 3] == ["bulge_to_total", "log10_radius", "magnitude"]
    assert "--measured-labels" not in shift_command(study_of(), "T-MockTNG", "MockTNG", "MockSIMBA-twin")
