"""What is planned for which configuration, on a clean tree: jobs, what each is given; and what is refused."""

import re

import pytest

from planning import plans, running
from repshift.cli.commands import call_of
from repshift.costs.kinds import kind_of_words
from repshift.costs.whole import jobs_of_run
from repshift.study.reading import read_study, read_yaml
from running import ROOT, TEST, configure, copy_tree, put, run

EXCHANGES = {
    "maps": (("maps", "mock"), "size", 32, "particles", 64),
    "models": (("models", "T-MockTNG-untrained", "untrained"), "hidden", 2, "seed", 3),
    "activations": (("activations",), "batch_size", 6, "seed", 3),
    "cka": (("cka",), "batch_size", 4, "seed", 6),
    "intervals": (("intervals",), "resamples", 200, "seed", 300),
    "permutation_tests": (("permutation_tests",), "permutations", 79, "seed", 99),
    "influence": (("influence",), "most", 1, "seed", 2),
    "sample_size": (("sample_size",), "draws", 20, "seed", 30),
    "symmetries": (("symmetries",), "shifts", 1, "seed", 2),
    "shift_scores": (("shift_scores",), "components", 5, "folds", 3),
    "attribution": (("attribution",), "nodes", 5, "draws", 7),
    "repair": (("repair",), "seed", 200, "resamples", 300),
    "pruning": (("pruning",), "seed", 200, "resamples", 300),
    "trust": (("trust",), "seed", 200, "resamples", 300),
    "training": (("training",), "epochs", 4, "patience", 3),
}
"""By stage: a section, and two of its keys with values that may be exchanged."""


def exchange(configuration, *, turned):
    """Set the values of all exchanges, each of the two keys its own or the other's."""
    for keys, first, one, second, other in EXCHANGES.values():
        values = (other, one) if turned else (one, other)
        for name, value in zip((first, second), values, strict=True):
            put(*keys, name, value=value)(configuration)


def cut(configuration):
    """Leave out all that may be left out."""
    for section in ("comparisons", "shift_steps", "symmetries", "shift_scores", "failures"):
        del configuration[section]
    for section in ("intervals", "permutation_tests", "influence", "sample_size"):
        configuration[section] = False
    configuration["cka"] = {"batch_size": 4}
    configuration["activations"]["cache"] = False
    configuration["figures"] = {"figure1": [["T-MockTNG-untrained", "MockSIMBA"]]}


def another_case(configuration):
    """Show a model one domain more; pair a derived suite with the suite that it is made from."""
    configuration["domains"]["MockTNG-own"] = {**configuration["domains"]["MockTNG"], "standardisation": "own"}
    configuration["cases"]["Mtot-MockSIMBA"].append("MockTNG-own")
    columns = ["T-MockTNG", "MockSIMBA-spectrum"]
    configuration["comparisons"][1] |= {"columns": columns, "pairing": "simulation"}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return copy_tree(tmp_path_factory.mktemp("tree"))


@pytest.fixture(scope="module")
def planned(tree):
    """The jobs of many configurations, by a name for each."""
    changes = {
        "test": ([], {}),
        "exchange": ([lambda configuration: exchange(configuration, turned=False)], {}),
        "exchanged": ([lambda configuration: exchange(configuration, turned=True)], {}),
        "cut": ([cut], {}),
        "more": ([another_case, put("training", "seed", value=7), put("models", "T-MockTNG", "seed", value=9)], {}),
        "figure1": ([], {"targets": ["results/figures/figure1.png"]}),
        "gpu": ([put("device", value="auto")], {}),
        "no gpu": ([put("device", value="auto")], {"gpus": 0}),
        "train": ([put("models", "T-MockTNG", "weights", value="resources/models/new.pt")], {"targets": ["train"]}),
    }
    files = {"default": "config", **{name: name for name in ("sweep", "repair", "attribution", "stress", "paper")}}
    requests = {name: {"configuration": f"config/{file}.yaml"} for name, file in files.items()}
    for name, (made, how) in changes.items():
        folder = tree / "changed" / name
        folder.mkdir(parents=True)
        requests[name] = {"configuration": configure(folder, *made)[1], **how}
    return dict(zip(requests, plans(tree, *requests.values()), strict=True))


def of_rule(plan, name):
    return [job for job in plan if job.rule == name]


def of_stage(plan, stage):
    """Return the commands of a stage, and the parameters of their jobs as Snakemake compares them."""
    found = [(" ".join(words), job.parameters) for job in plan for words in job.commands if words[:1] == [stage]]
    return sorted(found)


def test_every_command_is_one_that_its_stage_reads(planned):
    """Of commands that differ in values alone, one is read."""
    found = {
        tuple(word for word in words[:2] if word[:1] != "-") + tuple(word for word in words if word[:2] == "--"): words
        for plan in planned.values()
        for job in plan
        for words in job.commands
        if words
    }
    assert len(found) > 50
    for words in found.values():
        assert call_of(words).run


# What is said of a run without Snakemake


@pytest.mark.parametrize(("name", "configuration"), [("default", "config"), ("sweep", "sweep"), ("test", "test")])
def test_the_jobs_of_a_run_are_known_without_a_plan(planned, name, configuration):
    study = read_study(read_yaml(ROOT / f"config/{configuration}.yaml"))
    jobs = jobs_of_run(study, ROOT / "workflow/costs.json")
    assert len(jobs) == sum(bool(job.command) for job in planned[name])
    kinds = [kind for job in jobs for kind, _ in job.parts]
    commands = [kind_of_words(" ".join(words[:2])) for job in planned[name] for words in job.commands if words]
    found = ["derive", "training", "untrained", "grams", "activations", "intervals", "permutation_tests", "repair"]
    for kind in (*found, "rung", "rungs", "repaired", "latent_space", "pruning", "retraining", "cause", "trust"):
        assert kinds.count(kind) == commands.count(kind), kind


# What every rule has


def test_each_rule_hands_over_one_dictionary(planned):
    jobs = [job for plan in planned.values() for job in plan if job.command]
    assert {len(job.parameters) for job in jobs} == {1}
    assert {type(job.settings) for job in jobs} == {dict}
    assert [job.rule for job in jobs if repr(job.settings) != job.parameters[0]] == []


def test_each_job_is_told_the_code_it_was_planned_with(planned):
    for job in planned["test"]:
        if job.command:
            assert f" --code {job.settings['code']} " in job.command
            assert f" --costs {job.log[0]} " in job.command


def test_a_job_s_log_and_benchmark_have_one_name():
    text = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    logs, benchmarks = (
        re.findall(rf'{key}:\s+f?"{folder}/(.*)\.{suffix}"', text)
        for key, folder, suffix in (("log", "logs", "log"), ("benchmark", "results/benchmarks", "tsv"))
    )
    assert logs == benchmarks
    assert len(logs) == text.count("shell:") == text.count("benchmark:")


def test_jobs_of_the_default_are_few(planned):
    assert len(planned["default"]) <= 100


# Exchanged values


@pytest.mark.parametrize("stage", EXCHANGES)
def test_values_that_are_exchanged_start_jobs(planned, stage):
    before, after = (of_stage(planned[name], stage) for name in ("exchange", "exchanged"))
    assert len(before) == len(after) > 0
    assert not {words for words, _ in before} & {words for words, _ in after} or stage in ("maps", "models", "repair")
    assert before != after


# What is drawn, and what runs where


def test_a_figure_waits_for_no_case_that_it_does_not_draw(planned):
    rules = running(planned["figure1"])
    assert {"network_T-MockTNG_1", "statistics_Mtot-MockSIMBA_1", "figure1"} <= set(rules)
    assert not [rule for rule in rules if "untrained" in rule or rule in ("summary", "figure2", "shift_steps")]
    assert rules["cka"] == 4


def test_what_runs_a_network_is_granted_a_gpu(planned):
    for name, granted in (("gpu", 1), ("no gpu", 0), ("test", 0)):
        jobs = [job for job in planned[name] if "gpu" in job.resources]
        assert {job.rule.partition("_")[0] for job in jobs} <= {
            "network",
            "training",
            "statistics",
            "stress",
            "attribution",
            *("repair", "latent", "rungs", "pruning", "trust"),
        }
        assert {"network", "statistics"} <= {job.rule.partition("_")[0] for job in jobs}
        statistics = [job for job in jobs if job.rule.startswith("statistics")]
        assert {job.resources["gpu"] for job in statistics} == {0}
        jobs = [job for job in jobs if job not in statistics]
        assert {re.findall(r"--gpus (\d)", job.command)[0] for job in jobs} == {str(granted)}
        assert {job.resources["gpu"] for job in jobs} == {granted}


def test_the_network_s_job_says_its_gpus_once(planned):
    job = of_rule(planned["gpu"], "network_T-MockTNG_1")[0]
    assert " run --gpus 1 models choose " in " ".join(job.command.split())
    assert job.command.count("--gpus") == 1


# Configurations


def test_stages_may_be_left_out(planned):
    rules = running(planned["cut"])
    optional = ("comparison", "influential", "shift_steps", "figure2", "measures", "predictions", "failures")
    assert not [rule for rule in rules if rule.startswith(optional)]
    words = {stage for job in planned["cut"] for stage in (part[0] for part in job.commands if part)}
    assert not {"activations", "intervals", "influence", "symmetries", "shift_scores"} & words
    assert {"grams", "cka", "predictions", "scores"} <= words


def test_the_result_in_words_is_made_of_what_there_is(planned):
    told, without = (" ".join(of_rule(planned[name], "results")[0].command.split()) for name in ("test", "cut"))
    assert "--permutation-tests results/summary/permutation_tests.csv --" in told
    assert " --network T-MockTNG MockTNG MockSIMBA" in told
    assert "--permutation-tests" not in without
    assert "--network T-MockTNG-untrained MockTNG MockSIMBA --untrained T-MockTNG-untrained --parameters" in without


def test_a_figure_may_draw_some_cases_of_a_model(planned):
    maps = [path for path in of_rule(planned["cut"], "figure1")[0].inputs if "example_maps" in path]
    assert maps == ["results/example_maps/T-MockTNG-untrained/MockSIMBA.nc"]


def test_a_case_is_lines_of_the_configuration(planned):
    assert running(planned["more"])["cka"] == running(planned["test"])["cka"] + 1
    made = [path for job in planned["more"] for path in job.outputs]
    assert "results/cka/Mtot-MockSIMBA/MockTNG-own.nc" in made
    assert "results/cka/T-MockTNG/MockSIMBA/T-MockTNG/MockSIMBA-spectrum.nc" in made


def test_a_network_is_trained_by_its_own_seed(planned):
    assert [job.settings["seed"] for job in sorted_by_output(planned["more"])] == [7, 9]
    assert [job.settings["seed"] for job in sorted_by_output(planned["sweep"])[:2]] == [1, 2]


def sorted_by_output(plan):
    """Return the jobs of training, by the models' names."""
    return sorted(of_rule(plan, "training"), key=lambda job: job.outputs[0])


def test_training_and_its_curves_are_a_target(planned):
    assert set(running(planned["train"])) == {"maps", "training", "learning_curve", "train"}


def test_the_sweep_has_networks_and_pairs_enough(planned):
    rules = running(planned["sweep"])
    assert rules["training"] >= 10
    assert rules["correlations"] == rules["figure3"] == 1
    assert len(of_stage(planned["sweep"], "shift_scores")) >= 40
    assert "correlations" not in running(planned["test"])
    assert len(of_stage(planned["test"], "shift_scores")) == 5


@pytest.mark.parametrize(
    ("domain", "flags"),
    [
        ("MockSIMBA", "--own-trials results/predictions/T-MockTNG-2/MockTNG.nc --shift suite --condition MockSIMBA "),
        ("MockTNG-noise-weak", "--paired --shift noise --condition noise 0.03 "),
        ("MockTNG-beam-wide", "--paired --shift beam --condition beam 2 "),
    ],
)
def test_shift_scores_are_told_their_shift_and_trials(planned, domain, flags):
    output = f"--output results/shift_scores/T-MockTNG-1/{domain}.nc"
    (words,) = (words for words, _ in of_stage(planned["sweep"], "shift_scores") if words.endswith(output))
    assert flags in words.replace("'", "")
    assert f"--trials results/predictions/T-MockTNG-2/{domain}.nc " in words


# Refusals, of which the unit tests of the study have many


def refusal(folder, *arguments):
    output = run(folder, "-n", *arguments, expect=1)
    (line,) = [line for line in output.splitlines() if line.startswith("Configuration: ")]
    assert "Traceback" not in output
    return line


def test_what_cannot_work_is_refused_in_one_sentence(tree, tmp_path):
    arguments = configure(tmp_path, put("cka", "batch_size", value=5))
    assert "n_maps is 12, which leaves 2 maps over in batches of cka.batch_size 5" in refusal(tree, *arguments)


def test_two_configurations_are_refused(tree):
    assert "2 files were given, " in refusal(tree, *TEST, "config/paper.yaml")


def test_a_section_that_stands_twice_is_refused(tree, tmp_path):
    path = tmp_path / "twice.yaml"
    path.write_text((ROOT / "config/test.yaml").read_text() + "\ncases:\n  T-MockTNG: [MockTNG]\n")
    assert "cases stands twice in the section of line" in refusal(tree, "--configfile", str(path))
