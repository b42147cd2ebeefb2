"""Jobs of several stages: their commands are ones that the stages take, their files those that the commands name."""

from argparse import ArgumentParser
from functools import cache
from importlib import import_module
from itertools import islice
from pathlib import Path

import pytest
import yaml

from repshift.case.files import CaseFiles
from repshift.cli.commands import calls_of, module_of
from repshift.study.cases import own_domain, shift_step_cases
from repshift.study.commands import model_command, shift_steps_command
from repshift.study.jobs import has_symmetries, network_job, shift_score_cases, statistics_job
from repshift.study.reading import read_study
from studies import ROOT, put, study_of

BASES = ("config", "test", "paper", "cmd", "sweep", "own_network", "smallest")
"""Configurations: of the repository, and of a network of one's own."""

MODEL = "T-MockTNG"
DOMAINS = ("MockTNG", "MockSIMBA")


@cache
def read(base, cache=None):
    """Return a study, with activations written or not."""
    if base == "own_network":
        content = yaml.safe_load((ROOT / "examples/own_network/config.yaml").read_text())
        content["activations"]["cache"] = content["activations"]["cache"] if cache is None else cache
        return read_study(content, archived=True)
    return study_of(*([] if cache is None else [put("activations", "cache", value=cache)]), base=base, archived=True)


def jobs(study, *, one_each=False):
    """Yield the jobs of all models: of all domains of a model at once, or of one each."""
    for model, domains in study.cases.items():
        for some in [[one] for one in domains] if one_each else [list(domains)]:
            yield network_job(study, model, some)
            yield statistics_job(study, model, some)


def files_of(command):
    """Return the files that a command reads and those that it makes, by its parser; beside weights lies a .json."""
    arguments = parsed(command)
    made = with_description(arguments["output"], command[0] == "models" or command[1] == "network")
    read = [path for name, value in arguments.items() if name not in ("output", "source") for path in paths(value)]
    return [file for path in read for file in with_description(path, command[:2] != ["models", "network"])], made


def parsed(command):
    """Return the arguments of a command, by the parser of its stage or action."""
    module = module_of(command[:2])
    arguments = vars(parser_of(module).parse_args(command[1 + (module.count(".") > 2) :]))
    return {name: value for name, value in arguments.items() if name != "run"}


@cache
def parser_of(module):
    parser = ArgumentParser(module, exit_on_error=False)
    import_module(module).add_arguments(parser)
    return parser


def with_description(path, is_described):
    """Return a file, and what describes it where it holds weights of the standard form."""
    return [str(path), str(path.with_suffix(".json"))] if path.suffix == ".pt" and is_described else [str(path)]


def paths(value):
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, Path)]


def test_a_job_s_words_are_calls_of_its_stages():
    for job in islice(jobs(read("test")), 2):
        asked = calls_of(["run", "--gpus", "0", *job.words])
        assert [call.module for call in asked] == [module_of(command) for command in job.commands]
        assert [call.arguments for call in asked] == [
            {**parsed(command), **no_gpu(command)} for command in job.commands
        ]


def no_gpu(command):
    return {"gpus": 0} if "gpus" in parsed(command) else {}


@pytest.mark.parametrize("base", ["config", "test", "cmd", "sweep"])
def test_the_stage_takes_the_command_of_shift_steps(base):
    study = read(base)
    for model in study.shift_steps or {}:
        read_files, made = files_of(shift_steps_command(study, model))
        assert made == [f"results/shift_steps/{model}.nc"]
        assert {CaseFiles(*case).grams for case in shift_step_cases(study) if case[0] == model} <= set(read_files)


@pytest.mark.parametrize("one_each", [False, True])
@pytest.mark.parametrize("cache", [False, True])
@pytest.mark.parametrize("base", BASES)
def test_a_job_s_files_are_those_its_commands_name(base, cache, one_each):
    for job in jobs(read(base, cache), one_each=one_each):
        read_files, made = set(), []
        for command in job.commands:
            reads, makes = files_of(command)
            read_files |= set(reads) - set(made)
            made += makes
        assert sorted(job.inputs) == sorted(read_files)
        assert sorted([*job.outputs, *job.temporary]) == sorted(made)


def test_the_job_of_the_own_domain_makes_the_model():
    study = read("test")
    assert network_job(study, MODEL, DOMAINS).commands[0] == model_command(study, MODEL)
    other = network_job(study, MODEL, DOMAINS[1:])
    assert other.commands[0][0] != "models"
    assert {f"results/models/{MODEL}.pt", f"results/models/{MODEL}.json"} <= set(other.inputs)


def test_a_network_of_a_search_is_made_elsewhere():
    study = read("cmd")
    (model,) = [name for name in study.cases if study.models[name].rank is not None][:1]
    assert model_command(study, model) == []
    assert f"results/models/{model}.pt" in network_job(study, model, study.cases[model]).inputs


@pytest.mark.parametrize("base", BASES)
def test_a_model_s_own_domain_comes_first(base):
    study = read(base)
    assert all(domains[0] == own_domain(study, model) for model, domains in study.cases.items())


def test_activations_in_a_cache_go_unless_they_are_kept():
    for keep in (True, False):
        study = study_of(put("activations", "cache", value=True), put("activations", "keep", value=keep))
        job = network_job(study, MODEL, study.cases[MODEL])
        written = [CaseFiles(MODEL, domain).activations for domain in study.cases[MODEL]]
        assert (job.temporary == written) is not keep
        assert (set(written) <= set(job.outputs)) is keep


def test_no_job_waits_for_activations_that_are_not_kept():
    study = study_of(put("activations", "cache", value=True), put("activations", "keep", value=False))
    first, second = (network_job(study, MODEL, [domain]) for domain in DOMAINS[:2])
    assert first.temporary == [CaseFiles(MODEL, DOMAINS[0]).activations]
    assert second.temporary == []
    assert first.temporary[0] not in second.inputs
    assert "record" in second.words


def test_without_a_cache_grams_are_recorded():
    words = {cache: network_job(read("test", cache), MODEL, DOMAINS).words for cache in (False, True)}
    assert "activations" not in words[False]
    assert "record" in words[False]
    assert "multiply" in words[True]


def test_another_domain_is_shown_beside_the_own():
    kept = put("activations", "keep", value=True)
    cached, uncached = (
        network_job(study_of(put("activations", "cache", value=cache), kept), MODEL, DOMAINS[1:])
        for cache in (True, False)
    )
    assert CaseFiles(MODEL, DOMAINS[0]).activations in cached.inputs
    assert any("Maps_T_MockTNG_" in name and name.endswith(".npy") for name in uncached.inputs)


def test_a_case_has_symmetries_where_it_can_fail():
    study = read("test")
    can_fail = {model for model, _ in shift_score_cases(study)}
    assert can_fail
    for model in study.cases:
        assert has_symmetries(study, model, own_domain(study, model)) == (model in can_fail)


def test_commands_stand_between_then():
    job = network_job(read("test"), MODEL, DOMAINS)
    assert job.words.count("then") == len(job.commands) - 1
    assert job.words[0] == "models"
    assert job.words[-1] != "then"


def test_a_case_without_statistics_has_its_example_map():
    off = [put(name, value=None) for name in ("intervals", "permutation_tests", "influence", "sample_size")]
    study = study_of(*off, put("models", "mine", "network", "outputs", value=None), base="smallest", archived=True)
    commands = statistics_job(study, "mine", ["Ours", "Theirs"]).commands
    assert [command[0] for command in commands] == ["example_maps", "example_maps"]
