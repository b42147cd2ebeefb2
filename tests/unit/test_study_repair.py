"""The section repair, and repaired models: what follows from them, and what is refused, in one sentence each."""

import json

import pytest

from repshift.adaptation import REPAIRS
from repshift.case.files import CaseFiles
from repshift.cli.commands import call_of
from repshift.costs.requests import Requests, parts_of_training
from repshift.costs.whole import jobs_of_run
from repshift.study.case_lists import repair_cases, shown_cases
from repshift.study.cases import infers, is_trial, weights_of
from repshift.study.figure_cases import drawn_cases
from repshift.study.groups import latent_space_groups, network_groups, repair_groups, statistics_groups, training_groups
from repshift.study.jobs import joined_job, network_job, statistics_job
from repshift.study.latent_space_jobs import latent_space_job
from repshift.study.map_sets import shown_sets
from repshift.study.reading import read_study, read_yaml
from repshift.study.repair import WITH_TRAINING, WITHOUT_TRAINING, RepairSection, RepairTraining
from repshift.study.repair_jobs import join_job, repair_job, training_job
from repshift.study.repair_model import METHODS
from repshift.study.repair_rungs import (
    bounds_of,
    depths_of,
    joined_parts,
    latent_space_files,
    prior_domain,
    repair_files,
    rung_files,
    rungs_of,
    trained_rungs,
)
from repshift.study.repair_work import choice_passes, ladder_passes, rung_passes, runs_of_split, training_passes
from studies import ROOT, drop, put, refusal, study_of

COSTS = ROOT / "workflow/costs.json"
CASE = ("T-MockTNG", "MockSIMBA")
TRAINED = {
    "rungs": ["fine_tuning", "mmd", "source_training"],
    "set": "LH",
    "batch": 4,
    "labelled": [2],
    "simulations": [2],
}
MAPS = {f"results/maps/{suite}/Maps_T_{suite}_LHT_z=0.00.npy" for suite in ("MockTNG", "MockSIMBA")}
FIGURES = ("figure7", "latent_space")


def repair(**section):
    """Return a change that gives a configuration another section repair, and no figure of one."""

    def change(config):
        for name in FIGURES:
            config["figures"].pop(name, None)
        config["repair"] = {"cases": {"T-MockTNG": ["MockSIMBA"]}, "simulations": [2], **section}

    return change


def training(**section):
    """Return a change that gives a configuration trained rungs."""
    return repair(training={**TRAINED, **section})


def unrepaired(config):
    """Leave the section out, the figures of it, and the repaired model."""
    repair()(config)
    del config["repair"]
    for section in ("models", "cases"):
        config[section].pop("T-MockTNG-repaired", None)


def refused(*changes, base="test"):
    return refusal(*changes, base=base).removeprefix("Configuration: ")


def given(command):
    """Return what a parser makes of a command."""
    return call_of(command).arguments


# Jobs


def test_the_names_of_the_section_are_those_of_the_package():
    assert (*WITHOUT_TRAINING, *WITH_TRAINING) == tuple(REPAIRS)
    assert [name for name in REPAIRS if name not in METHODS] == ["source_training", "several_suites", "augmentation"]
    enums = [section.model_json_schema()["properties"]["rungs"] for section in (RepairSection, RepairTraining)]
    assert enums[0]["anyOf"][0]["items"]["enum"] == list(WITHOUT_TRAINING)
    assert enums[1]["items"]["enum"] == list(WITH_TRAINING)


def test_a_job_makes_the_ladder_of_a_model():
    study = study_of()
    assert repair_groups(study)[0][0] == ("T-MockTNG", "MockSIMBA")
    job = repair_job(study, "T-MockTNG", ("MockSIMBA",))
    assert job.outputs == [CaseFiles(*CASE).repair]
    assert [command[1] for command in job.commands] == ["ladder"]
    assert {"results/models/T-MockTNG.pt", *MAPS} <= set(job.inputs)


def test_the_command_of_a_ladder_can_be_parsed():
    (command,) = repair_job(study_of(repair(prior={}, layer="C21")), "T-MockTNG", ["MockSIMBA"]).commands
    files, settings = call_of(command).arguments, call_of(command).arguments
    assert (settings["simulations"], settings["prior_parameter"], settings["layer"]) == ([2], "Omega_m", "C21")
    assert (files["reference_domain"], files["rungs"]) == ("MockTNG", [])
    assert str(files["reference_parameters"]) == "results/maps/MockTNG/params_LHT_MockTNG.txt"


def test_latent_spaces_show_repaired_models_of_the_case():
    study = study_of()
    assert latent_space_groups(study, "T-MockTNG") == [("MockSIMBA",)]
    job = latent_space_job(study, "T-MockTNG", ["MockSIMBA"])
    (command,) = job.commands
    assert given(command)["repaired"] == [["T-MockTNG-repaired", "results/models/T-MockTNG-repaired.pt"]]
    assert {"results/models/T-MockTNG.pt", "results/models/T-MockTNG-repaired.pt", *MAPS} <= set(job.inputs)
    assert job.outputs == [CaseFiles(*CASE).latent_space]


def test_many_maps_in_two_dimensions_are_jobs_of_their_own():
    cases = {"T-MockTNG": ["MockSIMBA", "MockSIMBA-spectrum"]}
    few, many = (study_of(repair(cases=cases, latent_space={"maps": maps})) for maps in (50, 1000))
    assert latent_space_groups(few, "T-MockTNG") == [("MockSIMBA", "MockSIMBA-spectrum")]
    assert latent_space_groups(many, "T-MockTNG") == [("MockSIMBA",), ("MockSIMBA-spectrum",)]
    assert latent_space_groups(study_of(repair()), "T-MockTNG") == []


def ladder_and_rungs(study):
    """Return the jobs of the ladder and of trained rungs of a case."""
    groups = training_groups(study, *CASE)
    return [repair_job(study, "T-MockTNG", ["MockSIMBA"]), *(training_job(study, *CASE, parts) for parts in groups)]


def test_no_ladder_and_no_rung_hangs_on_pictures():
    maps = put("repair", "latent_space", "maps", value=7)
    seed = put("models", "T-MockTNG-repaired", "repaired", "seed", value=5)
    assert ladder_and_rungs(study_of(maps, seed)) == ladder_and_rungs(study_of())
    assert ladder_and_rungs(study_of(put("repair", "seed", value=9))) != ladder_and_rungs(study_of())
    read = [path for job in ladder_and_rungs(study_of()) for path in job.inputs]
    assert not [path for path in read if "repaired" in path]


def test_what_takes_no_training_trains_nothing_again():
    changes = put("repair", "mixing", value=0.3), put("repair", "rungs", value=["batch_norm_mixed"])
    (ladder, *rungs), (other, *same) = ladder_and_rungs(study_of()), ladder_and_rungs(study_of(*changes))
    assert ladder != other
    assert rungs == same
    assert CaseFiles(*CASE).repair not in [path for job in rungs for path in job.inputs]


def test_controls_are_trained_before_what_stands_beside_them():
    groups = training_groups(study_of(), *CASE)
    assert [[part.rung for part in group] for group in groups] == [["source_training"], ["fine_tuning", "mmd"]]
    jobs = [training_job(study_of(), *CASE, group) for group in groups]
    assert jobs[0].outputs == [CaseFiles(*CASE).repair_of("source_training")]
    assert jobs[0].outputs[0] in jobs[1].inputs
    assert [str(given(command)["control"]) for command in jobs[1].commands] == jobs[0].outputs * 2


def test_splits_of_a_large_rung_are_trained_apart_and_joined():
    study = study_of(training(steps=60_000))
    groups = training_groups(study, *CASE)
    parts = [part for group in groups for part in group if part.rung == "mmd"]
    assert [(part.number, part.splits, part.is_whole) for part in parts] == [(k, (k,), False) for k in range(5)]
    controls, others = joined_parts(study, groups)
    job = join_job(study, *CASE, others)
    assert job.outputs == [CaseFiles(*CASE).repair_of(rung) for rung in ("fine_tuning", "mmd")]
    assert {CaseFiles(*CASE).part_of("mmd", 4), *join_job(study, *CASE, controls).outputs} <= set(job.inputs)
    assert len(given(job.commands[1])["parts"]) == 5


def test_the_first_part_of_a_rung_chooses_its_weight():
    study = study_of(training(steps=60_000, weights={"mmd": [1, 5]}))
    first, second, *_ = [group for group in training_groups(study, *CASE) if group[0].rung == "mmd"]
    jobs = [training_job(study, *CASE, group) for group in (first, second)]
    chosen = [given(job.commands[0])["chosen"] for job in jobs]
    assert [str(one) for one in chosen] == ["None", CaseFiles(*CASE).part_of("mmd", 0)]
    assert CaseFiles(*CASE).part_of("mmd", 0) in jobs[1].inputs
    assert given(jobs[1].commands[0])["candidates"] == [1, 5]


def test_a_trained_rung_reads_its_set_and_other_suites():
    how = {"rungs": ["several_suites", "source_training"], "third": ["Third"], "choose_on": "Third"}
    study = study_of(third_suite, training(**how))
    (command,) = training_job(study, *CASE, training_groups(study, *CASE)[1]).commands
    read = given(command)
    assert [read["training_set"][name] for name in ("domain", "set", "split")] == ["MockTNG-LH", "LH", "all"]
    assert [one["domain"] for one in read["third"]] == ["Third"]
    assert read["choose_on"]["parameters"] == "results/maps/Third/params_LHT_Third.txt"
    assert ("T-MockTNG", "Third", "LHT", "all") in shown_sets(study)
    assert ("T-MockTNG", "MockTNG", "LH", "all") in shown_sets(study)


def third_suite(config):
    """Add a suite that is neither of the two."""
    config["suites"]["Third"] = {**config["suites"]["MockSIMBA"]}
    config["domains"]["Third"] = {"set": "LHT"}


def test_fine_tuning_and_its_control_have_every_depth():
    study = study_of(training(freeze=[None, "C21"]))
    depths = {rung: depths_of(study, rung) for rung in trained_rungs(study)}
    both = (None, "C21")
    assert depths == {"fine_tuning": both, "mmd": (None,), "source_training": both}
    commands = training_job(study, *CASE, training_groups(study, *CASE)[0]).commands
    assert given(commands[0])["freeze"] == ["none", "C21"]


def test_perturbations_know_the_sky():
    how = {"rungs": ["augmentation", "source_training"], "perturbations": {"noise": 0.1}}
    study = study_of(training(**how))
    (command,) = training_job(study, *CASE, training_groups(study, *CASE)[1]).commands
    read = given(command)
    assert (read["perturbations"], read["periodic"], read["pixel"]) == ({"noise": 0.1}, True, 75 / 32)
    assert read["symmetries"] is True


def one_cosmology(n_simulations):
    def change(config):
        config["maps"]["mock"]["simulations"]["CV"] = n_simulations
        config["domains"]["CV-SIMBA"] = {"suite": "MockSIMBA", "set": "CV"}

    return change


def test_half_of_one_cosmology_is_enough_to_tune_on():
    beside = repair(simulations=[1, 2], prior={"domains": ["CV-SIMBA"]}, training=TRAINED)
    assert refused(one_cosmology(3), beside).startswith(
        "repair.training.simulations begins at 2, but domain 'CV-SIMBA' of repair.prior.domains has 3 simulations, half"
    )
    assert study_of(one_cosmology(4), beside)


def test_a_set_of_one_cosmology_stands_beside_its_own_suite():
    study = study_of(one_cosmology(12), repair(prior={"domains": ["CV-SIMBA"]}))
    assert prior_domain(study, "MockSIMBA") == "CV-SIMBA"
    (command,) = repair_job(study, "T-MockTNG", ["MockSIMBA"]).commands
    assert json.loads(command[command.index("--prior-domain") + 1])["set"] == "CV"
    assert ("T-MockTNG", "CV-SIMBA") in shown_cases(study)


def test_the_model_of_the_other_suite_is_a_bound():
    study = study_of(base="config")
    assert bounds_of(study, "T-MockTNG", "MockSIMBA") == ["T-MockSIMBA"]
    assert bounds_of(study, "Mtot-MockSIMBA", "MockTNG") == []
    (command,) = repair_job(study, "T-MockTNG", ["MockSIMBA"]).commands
    files = [f"results/predictions/T-MockSIMBA/{domain}.nc" for domain in ("MockSIMBA", "MockTNG")]
    assert given(command)["bound"] == [["T-MockSIMBA", *files]]


def test_rungs_that_read_labels_need_some():
    study = read_study(read_yaml(ROOT / "examples/galaxies/pictures_repair.yaml"))
    assert rungs_of(study, "pictures", "HSC-pictures") == WITHOUT_TRAINING
    assert "recalibration" not in rungs_of(study, "pictures", "Hubble")
    (command, *_) = repair_job(study, "pictures", ["Hubble"]).commands
    assert given(command)["without_truth"] is True


def test_small_ladders_of_several_models_share_a_job():
    study = read_study(read_yaml(ROOT / "config/config.yaml"))
    (group,) = repair_groups(study)
    job = joined_job([repair_job(study, model, (domain,)) for model, domain in group])
    assert job.outputs == [CaseFiles(*pair).repair for pair in repair_cases(study)]
    assert len(job.commands) == len(group) == len({model for model, _ in group})
    assert len(set(job.inputs)) == len(job.inputs)


def test_a_network_of_the_users_own_shares_no_job():
    study = read_study(read_yaml(ROOT / "examples/lenses/repair.yaml"))
    own = [{study.models[model].network.path and model for model, _ in group} for group in repair_groups(study)]
    assert own
    assert all(len(models) == 1 for models in own)


@pytest.mark.parametrize("path", ["lenses/repair", "galaxies/repair", "galaxies/pictures_repair"])
def test_the_commands_of_examples_can_be_parsed(path):
    study = read_study(read_yaml(ROOT / f"examples/{path}.yaml"))
    jobs = [repair_job(study, model, (domain,)) for group in repair_groups(study) for model, domain in group]
    jobs += [
        latent_space_job(study, model, group)
        for model in study.repair.cases
        for group in latent_space_groups(study, model)
    ]
    for pair in repair_cases(study):
        groups = training_groups(study, *pair)
        jobs += [training_job(study, *pair, group) for group in groups]
        jobs += [join_job(study, *pair, parts) for parts in joined_parts(study, groups)]
    outputs = {str(given(command)["output"]) for job in jobs for command in job.commands}
    assert {*repair_files(study), *rung_files(study), *latent_space_files(study)} <= outputs


def test_no_results_of_other_stages_hang_on_repair():
    study, without = (
        study_of(drop("models", "T-MockTNG-repaired"), drop("cases", "T-MockTNG-repaired")),
        study_of(unrepaired),
    )
    for model in without.cases:
        assert network_groups(study, model) == network_groups(without, model)
        for domains in network_groups(without, model):
            assert network_job(study, model, domains) == network_job(without, model, domains)
        for domains in statistics_groups(without, model):
            assert statistics_job(study, model, domains) == statistics_job(without, model, domains)


def test_a_study_without_the_section_makes_nothing_of_it():
    study = study_of(unrepaired)
    assert [repair_files(study), rung_files(study), latent_space_files(study), repair_cases(study)] == [[]] * 4
    assert trained_rungs(study) == ()


def test_figure7_draws_the_domains_that_are_repaired():
    assert drawn_cases(study_of(), "figure7") == [CASE]


# Repaired models


def test_a_repaired_model_is_made_where_it_first_runs():
    study = study_of()
    job = network_job(study, "T-MockTNG-repaired", ("MockTNG", "MockSIMBA"))
    words = given(job.commands[0])
    assert (words["model"], words["of"], words["method"], words["domain"]) == (
        *("T-MockTNG-repaired", "T-MockTNG"),
        *("batch_norm", "MockSIMBA"),
    )
    assert (words["simulations"], words["reference_domain"], words["reference_set"]) == (2, "MockTNG", "LHT")
    assert "results/models/T-MockTNG.pt" in job.inputs
    assert job.outputs[:2] == [f"results/models/T-MockTNG-repaired.{end}" for end in ("pt", "json")]


def test_a_repaired_model_is_no_trial_of_its_origin():
    study = study_of()
    pair = ("T-MockTNG", "T-MockTNG-repaired")
    assert not is_trial(study, *pair)
    assert weights_of(study, pair[0]) != weights_of(study, pair[1])


def test_a_repaired_model_infers_what_its_origin_does():
    def repaired(config):
        origin = {"model": "finder", "method": "mmd", "domain": "Short", "set": "Tune", "weight": None}
        config["models"]["repaired"] = {"suite": "DES", "field": "image", "repaired": origin}
        config["cases"]["repaired"] = ["DES", "Short"]

    raw = read_yaml(ROOT / "examples/lenses/repair.yaml")
    repaired(raw)
    study = read_study(raw)
    assert infers(study, "repaired") == ("kind",)
    assert study.models["repaired"].is_classifier
    command = network_job(study, "repaired", ["DES"]).commands[0]
    assert (given(command)["reference_set"], given(command)["of"]) == ("Tune", "finder")
    assert command[command.index("--constructor") + 1] == "lenses.network:finder"


# Costs


def test_passes_are_counted_by_hand():
    how = {**TRAINED, "steps": 3, "batch": 5, "weights": {"mmd": [1, 5]}}
    study = study_of(repair(splits=2, simulations=[1, 2], maps_each=3, tuned_maps_each=4, prior={}, training=how))
    judged = (12 + 12) * 3
    numbers = [1, 2, 1, 1]
    assert ladder_passes(study, *CASE) == 2 * (5 * (2 * sum(numbers) * 4 + 4 * judged) + judged)
    assert training_passes(study, "fine_tuning") == 3 * 3 * 5
    assert training_passes(study, "mmd") == 2 * 3 * 3 * 5
    assert runs_of_split(study, "MockSIMBA", "mmd") == 2 * 3
    assert rung_passes(study, *CASE, "mmd", n_splits=2) == 2 * 6 * (90 + judged)
    assert choice_passes(study, "mmd") == 2 * (90 + 125)
    assert choice_passes(study, "fine_tuning") == 0


def test_the_cost_of_repairs_is_estimated():
    study = study_of()
    kinds = [[kind for kind, _ in job.parts] for job in jobs_of_run(study, COSTS)]
    assert ["repair"] in kinds
    assert ["latent_space"] in kinds
    assert ["rung", "rung"] in kinds
    assert any("repaired" in one for one in kinds)
    few, many = (
        Requests(study_of(training(steps=steps)), COSTS).seconds(
            parts_of_training(*CASE, training_groups(study_of(training(steps=steps)), *CASE)[0])
        )
        for steps in (2, 200)
    )
    assert many > few


# Refusals

REFUSED = [
    (repair(cases={}), "at repair.cases, {} should be non-empty."),
    (repair(cases={"nobody": ["MockSIMBA"]}), "a model of repair.cases is 'nobody'; the models with cases are"),
    (repair(cases={"T-MockTNG": ["Mars"]}), "a domain of repair.cases.T-MockTNG is 'Mars', which is neither a suite"),
    (
        repair(cases={"T-MockTNG": ["MockTNG"]}),
        "repair.cases.T-MockTNG has 'MockTNG', of the suite that 'T-MockTNG' was trained on.",
    ),
    (
        repair(cases={"T-MockTNG-untrained": ["MockSIMBA"]}),
        "repair.cases.T-MockTNG-untrained is there, but 'T-MockTNG-untrained' is an untrained network",
    ),
    (
        repair(rungs=["mmd"]),
        "at repair.rungs.0, 'mmd' is not one of ['pixel_moments', 'feature_moments', 'batch_norm', ",
    ),
    (training(rungs=["lmmd"]), "at repair.training.rungs.0, 'lmmd' is not one of ['fine_tuning', 'mmd', 'coral', "),
    (
        training(rungs=["mmd"]),
        "at repair.training, rungs has mmd without its control, source_training: the same steps without its term",
    ),
    (
        training(weights={"fine_tuning": [1]}),
        "at repair.training, weights has fine_tuning, which is no rung of rungs with a weight.",
    ),
    (training(third=["MockSIMBA"]), "at repair.training, third needs several_suites."),
    (
        training(rungs=["several_suites", "source_training"]),
        "at repair.training, several_suites needs third.",
    ),
    (
        training(rungs=["augmentation", "source_training"], perturbations={"fog": 1}),
        "an axis of repair.training.perturbations is 'fog'; the axes of the package are",
    ),
    (
        training(rungs=["augmentation", "source_training"], perturbations={"noise": -1}),
        "repair.training.perturbations: Strengths of axis 'noise': -1 is out of range.",
    ),
    (
        training(freeze=["C51"]),
        "a layer of repair.training.freeze of T-MockTNG is 'C51'; the layers of the network are C01, C02, C03, C11",
    ),
    (repair(layer="C51"), "repair.layer of T-MockTNG is 'C51'; the layers of the network are C01"),
    (training(set="CV"), "repair.training.set is 'CV'; the sets of maps.mock.simulations are LH, LHT."),
    (training(batch=41), "repair.training.batch is 41 simulations, but set 'LH' of 'MockTNG' has 40."),
    (
        training(choose_on="MockSIMBA"),
        "repair.training.choose_on has 'MockSIMBA', which is of the suite of 'T-MockTNG' or of 'MockSIMBA' of repair",
    ),
    (
        repair(simulations=[3]),
        "repair tunes on up to 3 simulations, but domain 'MockSIMBA' has 12. A split needs 13 or more: 10 are judged",
    ),
    (
        training(labelled=[5]),
        "repair.simulations up to 2 and repair.training.simulations up to 2 and repair.training.labelled up to 5, so "
        "that other simulations would judge.",
    ),
    (
        repair(prior={"parameter": "h"}),
        "repair.prior.parameter with T-MockTNG is 'h'; the labels that the model ",
    ),
    (
        repair(prior={"domains": ["MockTNG"]}),
        "repair.prior.domains has 'MockTNG'. Expected one domain of the suite of each domain of repair.cases",
    ),
    (training(set="LHT"), "repair.training.set is 'LHT', the set of 'MockTNG', whose simulations judge 'T-MockTNG' at"),
    (training(freeze=[None, None]), "at repair.training.freeze, 'null' stands twice."),
    (
        repair(latent_space={"layers": ["C51"]}),
        "a layer of repair.latent_space.layers of T-MockTNG is 'C51'; the layers of the network are C01",
    ),
    (repair(bounds=["nobody"]), "a model of repair.bounds is 'nobody'; the models are T-MockTNG"),
    (
        repair(bounds=["Mtot-MockSIMBA"]),
        "repair.bounds has 'Mtot-MockSIMBA', which stands beside no model of repair.cases.",
    ),
    (repair(outputs=["h"]), "an output of repair.outputs of T-MockTNG is 'h'; the outputs of the model are Omega_m"),
    (repair(mixing=1.5), "at repair.mixing, 1.5 is greater than the maximum of 1."),
]


@pytest.mark.parametrize(("change", "words"), REFUSED, ids=range(len(REFUSED)))
def test_a_wrong_section_is_refused_in_one_sentence(change, words):
    assert refused(change).startswith(words)


def unlabelled(**section):
    """Return the sentence by which repairs of a network for real galaxies are refused."""
    raw = read_yaml(ROOT / "examples/galaxies/pictures_repair.yaml")
    raw["repair"].update(section)
    with pytest.raises(ValueError, match="Configuration") as error:
        read_study(raw)
    return str(error.value).removeprefix("Configuration: ")


def test_labels_of_a_domain_without_any_are_refused():
    words = ", which reads labels of the domain that a model is repaired for, but 'Hubble' has no labels of what "
    assert unlabelled(rungs=["recalibration"]).startswith(f"repair.rungs has recalibration{words}")
    rungs = {"rungs": ["fine_tuning", "source_training"]}
    assert unlabelled(training=rungs).startswith(f"repair.training.rungs has fine_tuning{words}")
    assert unlabelled(prior={"parameter": "bulge_to_total"}).startswith("repair.prior cuts the labels of 'Hubble'")


def repaired(**how):
    """Return a change of how the repaired model is made."""
    return put("models", "T-MockTNG-repaired", "repaired", value={"model": "T-MockTNG", "method": "batch_norm", **how})


REPAIRED = [
    (repaired(domain="Mars"), "a domain of models.T-MockTNG-repaired.repaired is 'Mars', which is neither a suite nor"),
    (repaired(domain="MockTNG"), "models.T-MockTNG-repaired.repaired.domain is 'MockTNG', of the suite that 'T-MockT"),
    (
        repaired(domain="MockSIMBA", model="nobody"),
        "models.T-MockTNG-repaired.repaired.model is 'nobody'; the models with cases are T-MockTNG",
    ),
    (
        repaired(domain="MockSIMBA", model="T-MockTNG-untrained"),
        "models.T-MockTNG-repaired.repaired.model is 'T-MockTNG-untrained', an untrained network",
    ),
    (
        repaired(domain="MockSIMBA", model="T-MockTNG-repaired"),
        "models.T-MockTNG-repaired.repaired.model is 'T-MockTNG-repaired', itself repaired.",
    ),
    (
        repaired(domain="MockSIMBA", model="Mtot-MockSIMBA"),
        "models.T-MockTNG-repaired is of suite 'MockTNG' and reads T, but 'Mtot-MockSIMBA', which it is made from, is",
    ),
    (
        repaired(domain="MockSIMBA", method="source_training"),
        "at models.T-MockTNG-repaired.repaired.method, 'source_training' is not one of ['pixel_moments'",
    ),
    (
        repaired(domain="MockSIMBA", weight=1.0),
        "at models.T-MockTNG-repaired.repaired, weight belongs to no batch_",
    ),
    (repaired(domain="MockSIMBA", mixing=0.3), "at models.T-MockTNG-repaired.repaired, mixing belongs to no batch_nor"),
    (repaired(domain="MockSIMBA", set="LH"), "at models.T-MockTNG-repaired.repaired, set belongs to no batch_norm."),
    (repaired(domain="MockSIMBA", freeze="C21"), "at models.T-MockTNG-repaired.repaired, freeze belongs to no batch_n"),
    (
        repaired(domain="MockSIMBA", method="mmd", freeze="C51"),
        "models.T-MockTNG-repaired.repaired.freeze of T-MockTNG is 'C51'; the layers of the network are C01",
    ),
    (
        repaired(domain="MockSIMBA", simulations=13),
        "models.T-MockTNG-repaired.repaired.simulations is 13, but domain 'MockSIMBA' has 12 simulations.",
    ),
    (drop("cases", "T-MockTNG-repaired"), "models.T-MockTNG-repaired is repaired, so it needs a case"),
    (
        put("models", "T-MockTNG-repaired", "preprocessing", value={"smoothing": 2.0}),
        "at models.T-MockTNG-repaired, preprocessing is that of the model that is repaired. Leave it out.",
    ),
]


@pytest.mark.parametrize(("change", "words"), REPAIRED, ids=range(len(REPAIRED)))
def test_a_wrong_repaired_model_is_refused(change, words):
    assert refused(change).startswith(words)


def test_figures_of_repair_need_the_section():
    words = refused(unrepaired, put("figures", "figure7", value=["T-MockTNG"]))
    assert words == "figures.figure7 is there, so the section repair is needed: what it draws."
    words = refused(repair(), put("figures", "latent_space", value=["T-MockTNG"]))
    assert words == "figures.latent_space is there, so repair.latent_space is needed: what it draws."
