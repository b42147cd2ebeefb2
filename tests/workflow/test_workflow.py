"""The workflow as a user runs it: whole runs, stopped runs, reruns, and configurations that are refused."""

import json
import os
import re
import shutil
import signal
import time
from pathlib import Path

import pandas as pd
import pytest
import xarray as xr
import yaml

from repshift.costs.command import estimate
from repshift.costs.command import run as sum_costs
from repshift.similarity.measures import BESIDE_CKA
from repshift.statistics.association import FEWEST_NETWORKS
from repshift.statistics.resampling import FEWEST_SIMULATIONS
from running import ROOT, TEST, at_once, configure, copy_tree, differing, jobs_of, one_model, put, results, run, start


@pytest.fixture
def changed(finished, tmp_path):
    """A copy of the finished directory, to change something in."""
    return shutil.copytree(finished, tmp_path / "changed", copy_function=shutil.copy2)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return copy_tree(tmp_path_factory.mktemp("tree"))


# Runs


def test_a_finished_run_has_nothing_to_do(finished):
    assert "Nothing to be done" in run(finished, *TEST, "-n")


def stop(folder, sign, *arguments, once):
    """Start a run and stop it once a file of a pattern is there: SIGTERM lets running jobs end, SIGKILL ends all."""
    process = start(folder, *arguments)
    deadline = time.monotonic() + 300
    while not list(folder.glob(once)) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    if sign == signal.SIGKILL:
        os.killpg(process.pid, sign)
    else:
        process.send_signal(sign)
    assert process.wait() != 0


def test_training_is_published_by_an_explicit_step(finished, changed, tmp_path):
    arguments = configure(tmp_path, put("models", "T-MockTNG", "weights", value="resources/models/new.pt"))
    run(changed, "train", *arguments)
    assert (changed / "results/figures/learning_curve.pdf").exists()
    assert not (changed / "resources/models/new.pt").exists()
    run(changed, "publish", *arguments)
    trained = finished / "results/training/T-MockTNG.pt"
    assert (changed / "resources/models/new.pt").read_bytes() == trained.read_bytes()


def test_a_stopped_run_goes_on_to_the_same_bytes_on_one_core_and_in_another_directory(finished_model, tmp_path):
    folder = copy_tree(tmp_path)
    arguments = configure(folder, one_model)
    stop(folder, signal.SIGTERM, *arguments, once="results/maps/*/params_*.txt")
    assert not (folder / "results/training").exists()
    stop(folder, signal.SIGKILL, *arguments, once="results/training/.*.checkpoint.pt")
    assert list((folder / "results/training").glob(".*.checkpoint.pt"))
    assert not (folder / "results/summary").exists()
    assert "--unlock" in run(folder, *arguments, expect=1)
    run(folder, *arguments, "--unlock")
    run(folder, *arguments, cores=1)
    leftovers = [path for path in results(folder) if Path(path).name.startswith(".")]
    assert leftovers == []
    assert differing(results(finished_model), results(folder)) == []


def test_stages_beyond_one_model_give_the_same_bytes_again_on_one_core(finished, changed):
    run(changed, *TEST, "--forcerun", "derive", "symmetries", "shift_scores", "comparison", "shift_steps", cores=1)
    assert differing(results(finished), results(changed)) == []


def test_jobs_take_turns_on_one_gpu(changed, tmp_path):
    cases = [f"results/symmetries/T-MockTNG/{domain}.nc" for domain in ("MockTNG", "MockSIMBA")]
    arguments = configure(tmp_path, put("device", value="auto"))
    again = (*cases, *arguments, "--printshellcmds", "--rerun-triggers", "mtime", "--forcerun", "symmetries")
    assert at_once(run(changed, *again), "symmetries") == 2
    assert at_once(run(changed, *again, "--resources", "gpu=1"), "symmetries") == 1


def test_files_hold_the_contract(finished):
    case = Path("T-MockTNG/MockSIMBA.nc")
    with xr.open_dataset(finished / "results/grams" / case) as grams:
        assert grams["gram"].dims == ("layer", "map", "map_other")
        assert grams["gram"].dtype == "float64"
        assert list(grams["suite"].values) == ["MockSIMBA"] * 12 + ["MockTNG"] * 12
    with xr.open_dataset(finished / "results/cka" / case) as cka:
        assert {f"cka_{name}" for name in ("biased", "debiased", "minibatch")} <= set(cka.data_vars)
        assert cka["cka_biased"].dims == ("layer", "layer_other")
        assert cka.attrs["in_distribution"] == "false"
        assert {"mutual_neighbours", "procrustes_angle"} <= set(cka.data_vars)
        assert cka["mutual_neighbours"].attrs["neighbours"] == 5
    with xr.open_dataset(finished / "results/predictions" / case) as predictions:
        assert predictions["mean"].dims == ("map", "parameter")


def test_networks_are_compared_with_each_other(finished):
    same, paired = (
        Path(f"T-MockTNG/{name}.nc") for name in ("MockTNG/Mtot-MockSIMBA/MockTNG", "MockSIMBA/T-MockTNG/MockSIMBA-own")
    )
    with xr.open_dataset(finished / "results/cka" / same) as cka:
        assert cka.attrs["pairing"] == "map"
        assert cka.attrs["model_other"] == "Mtot-MockSIMBA"
        assert "procrustes_angle" in cka
    with xr.open_dataset(finished / "results/cka" / paired) as cka:
        assert cka.attrs["pairing"] == "simulation"
        assert (cka["map_paired"] == cka["map"]).all()
    table = pd.read_csv(finished / "results/summary/comparisons.csv")
    assert list(table["pairing"]) == ["map"] * 5 + ["simulation"] * 5
    for path in (same, paired):
        assert (finished / "logs/cka" / path.with_suffix(".log")).exists()
        assert (finished / "results/benchmarks/cka" / path.with_suffix(".tsv")).exists()


def test_the_steps_of_a_shift_are_summed_up_and_drawn(finished):
    table = pd.read_csv(finished / "results/summary/shift_steps.csv")
    assert list(table["domain"].unique()) == ["MockTNG", "MockSIMBA", "MockSIMBA-own", "MockSIMBA-spectrum"]
    assert set(table["quantity"]) == {"off_diagonal_mean", "leading_share", "log_rmse", "r2"}
    assert (finished / "results/figures/figure2.pdf").exists()
    measured = {
        suite: json.loads((finished / f"results/maps/{suite}/Maps_T_{suite}_LHT_z=0.00.json").read_text())
        for suite in ("MockTNG", "MockSIMBA", "MockSIMBA-spectrum")
    }
    means = {suite: found["moments"]["mean"] for suite, found in measured.items()}
    assert means["MockSIMBA-spectrum"] == pytest.approx(means["MockTNG"], abs=1e-3)
    assert means["MockSIMBA"] != pytest.approx(means["MockTNG"], abs=0.1)


def test_tables_and_figures_hold_the_measures(finished):
    table = pd.read_csv(finished / "results/summary/similarity.csv")
    assert set(table["measure"]) == {
        *("cka_biased", "cka_debiased", "cka_minibatch", "mutual_neighbours", "procrustes_angle")
    }
    for name in ("measures", "comparisons"):
        assert all((finished / f"results/figures/{name}.{suffix}").exists() for suffix in ("pdf", "png"))


def test_activations_that_are_not_kept_are_gone(finished):
    assert not list((finished / "results/activations").rglob("*.nc"))


def test_no_file_says_when_where_or_by_whom(finished):
    words = [os.uname().nodename, str(finished), "/home/", str(Path.home()), time.strftime("%Y-%m-%d")]
    for path, content in results(finished).items():
        assert not [word for word in words if len(word) > 3 and word.encode() in content], path


# Progress and costs


def plan_of(folder, *arguments):
    """Return the file in which a dry run lists the jobs of a whole run."""
    run(folder, *arguments, "-n", "--forceall", REPSHIFT_PLAN="plan.json")
    return folder / "plan.json"


def test_a_run_says_how_far_it_is_and_leaves_snakemake_s_blocks_to_its_log(finished):
    lines = (finished / "logs/progress.log").read_text().splitlines()
    assert [line[20:].split(",")[0] for line in lines] == ["124 jobs", *(f"{n} of 124 jobs" for n in range(1, 125))]
    (log,) = (finished / ".snakemake/log").glob("*.log")
    assert log.read_text().count("Finished jobid") == 124


def test_the_disk_that_an_estimate_says_is_what_the_run_takes(finished, changed, tmp_path):
    constants = changed / "workflow/costs.json"
    estimate(plan=plan_of(changed, *TEST), constants=constants, rate=6.0, downloads=2, output=tmp_path / "said.csv")
    said = pd.read_csv(tmp_path / "said.csv").set_index("stage")
    taken = {
        rule: sum(path.stat().st_size for path in (finished / "results").glob(f"{rule}/**/*.n*")) for rule in said.index
    }
    # By hand: two suites of 40 and 12 simulations in two fields, a derived one of 12 in one; 15 maps of 32 pixels each.
    of_maps = 15 * 32**2 * 4
    assert said.loc["maps", "bytes_kept"] == pytest.approx(2 * 2 * (40 + 12) * of_maps, rel=0.02)
    assert said.loc["derive", "bytes_kept"] == pytest.approx(12 * of_maps, rel=0.02)
    assert said.loc[["maps", "derive"], "bytes_kept"].sum() == pytest.approx(taken["maps"], rel=0.02)
    for rule in ("grams", "predictions"):
        assert said.loc[rule, "bytes_kept"] == pytest.approx(taken[rule], rel=0.2)
    # Activations go: of 8 cases 12 maps; 2.25 times 4, 8, 16 channels of 32, 16, 8 pixels, 48 more, and the map.
    units = 9216 + 4608 + 2304 + 48
    assert said.loc["activations", "bytes_temporary"] == pytest.approx(8 * 12 * (units + 32**2) * 4, rel=0.1)


def test_what_a_run_cost_is_summed_up(changed, tmp_path):
    summed = {"benchmarks": changed / "results/benchmarks", "progress": changed / "logs/progress.log"}
    sum_costs(plan=plan_of(changed, *TEST), **summed, output=tmp_path / "costs.csv")
    table = pd.read_csv(tmp_path / "costs.csv").set_index("stage")
    assert table.loc["total", "jobs"] == 123
    assert table.loc["total", "earlier_jobs"] == 0
    assert "of another configuration" not in table.index
    assert table.loc["maps", "cpu_seconds"] > 0


def test_the_log_of_a_job_that_fails_is_shown(changed):
    (changed / "results/grams/T-MockTNG/MockTNG.nc").write_bytes(b"no netCDF")
    output = run(changed, "results/cka/T-MockTNG/MockTNG.nc", *TEST, expect=1)
    assert "repshift: error: results/grams/T-MockTNG/MockTNG.nc is not a whole netCDF file" in output
    assert "failed: cka T-MockTNG/MockTNG" in (changed / "logs/progress.log").read_text()


# Reruns

OF_SUMMARY = {"figure1": 1, "figure2": 1, "controls": 1, "figure_measures": 1, "figure_predictions": 1}
"""Jobs that draw what the summary holds."""
SUMMED_UP = {"summary": 1, "shift_steps": 1, **OF_SUMMARY, "results": 1, "pages": 1, "provenance": 1}
"""Jobs of the summary and of what is made of its tables."""


def test_deleting_a_cka_file_reruns_what_follows(changed):
    (changed / "results/cka/T-MockTNG/MockSIMBA.nc").unlink()
    again = jobs_of(run(changed, *TEST, "-n"))
    # The Gram file it is made from is still there; nothing upstream of it runs.
    assert again == {"all": 1, "cka": 1, **SUMMED_UP}


def edit(path):
    path.write_text(path.read_text() + "\n# An edit.\n")


def test_editing_a_module_reruns_the_stages_that_import_it(changed):
    edit(changed / "src/repshift/statistics/blocks.py")
    of_comparisons = {"comparisons": 1, "figure_comparisons": 1}
    of_maps = {"influence": 8, "subsets": 8, "influential_maps": 1, "subset_sizes": 1, "figure_influential_maps": 8}
    of_simulations = {"intervals": 8, "permutation_tests": 8, "tests": 1}
    of_failures = {"shift_scores": 4, "failures": 1}
    again = jobs_of(run(changed, *TEST, "-n"))
    assert again == {"all": 1, **SUMMED_UP, **of_comparisons, **of_maps, **of_simulations, **of_failures}


def test_editing_the_drawing_reruns_the_figures(changed):
    edit(changed / "src/repshift/drawing/style.py")
    others = {"figure_comparisons", "figure_influential_maps"}
    assert set(jobs_of(run(changed, *TEST, "-n"))) == {"all", *OF_SUMMARY, *others}


@pytest.mark.parametrize(
    "change", [put("cka", "neighbours", value=4), put("cka", "measures", value=["cca"]), put("cka", "width", value=0.4)]
)
def test_other_measures_rerun_cka_and_what_follows(changed, tmp_path, change):
    again = jobs_of(run(changed, *configure(tmp_path, change), "-n"))
    of_comparisons = {"comparison": 2, "comparisons": 1, "figure_comparisons": 1}
    assert again == {"all": 1, "cka": 8, **SUMMED_UP, **of_comparisons}


def test_another_comparison_is_one_more_job_of_cka(changed, tmp_path):
    def add(configuration):
        added = {"rows": ["T-MockTNG", "MockTNG"], "columns": ["T-MockTNG-untrained", "MockTNG"]}
        configuration["comparisons"].append(added)

    again = jobs_of(run(changed, *configure(tmp_path, add), "-n"))
    assert again == {"all": 1, "comparison": 1, "comparisons": 1, "figure_comparisons": 1, "pages": 1, "provenance": 1}


# Configurations


def compare(rows, columns, *, times=1, **pairing):
    """Return the change that puts one comparison in the place of all."""
    entry = {"rows": rows.split(), "columns": columns.split(), **pairing}
    return put("comparisons", value=[entry] * times)


def derive(**how):
    """Return the change that adds a derived suite."""
    return put("suites", "derived", value={"provider": "derived", **how})


def shift_within_the_own_suite(configuration):
    """Attribute a shift of maps made of the model's own."""
    configuration["suites"]["noisy"] = {"provider": "derived", "of": "MockTNG", "noise": 0.1}
    for domain in ("MockSIMBA-own", "MockSIMBA-spectrum"):
        configuration["domains"][domain]["suite"] = "noisy"
    configuration["shift_steps"]["T-MockTNG"] = ["MockTNG", "MockSIMBA-own", "MockSIMBA-spectrum"]
    del configuration["comparisons"]


def attribute_few_simulations(configuration):
    """Leave attribution as the one thing that resamples simulations, of which there are six."""
    for stage in ("intervals", "permutation_tests", "influence", "subsets"):
        del configuration[stage]
    configuration["activations"]["maps_each"] = 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("colour", value="red"), "at the top level, Additional properties are not allowed ('colour'"),
        (put("cka", "estimator", value="biased"), "at cka, Additional properties are not allowed ('estimator'"),
        (
            put("models", "T-MockTNG", "field", value="Heat"),
            "the field of models.T-MockTNG is 'Heat'; the fields are Mgas",
        ),
        (
            put("models", "T-MockTNG", "field", value="HI"),
            "models.T-MockTNG reads 'HI' of mock suite 'MockTNG', which has Mtot, T",
        ),
        (put("domains", "MockTNG", "suite", value="EAGLE"), "domains.MockTNG.suite is 'EAGLE'; the suites are"),
        (put("models", "T-MockTNG", "suite", value="EAGLE"), "models.T-MockTNG.suite is 'EAGLE'; the suites are"),
        (put("suites", "MockTNG", "provider", value="globus"), "suites.MockTNG.provider, 'globus' is not one of"),
        (
            put("domains", "MockTNG", "set", value="CV"),
            "domains.MockTNG.set is 'CV'; the sets of maps.mock.simulations are LH, LHT",
        ),
        (put("cases", "nobody", value=["MockTNG"]), "a model of cases is 'nobody'; the models are"),
        (put("cases", "T-MockTNG", value=["Astrid"]), "a domain of cases.T-MockTNG is 'Astrid'; the domains are"),
        (put("cases", "T-MockTNG", value=["MockSIMBA"]), "the first domain must be of the model's own suite 'MockTNG'"),
        (
            put("figures", "figure1", value=["nobody"]),
            "a model of figures.figure1 is 'nobody'; the models with cases are",
        ),
        (
            put("training", "models", value=["nobody"]),
            "a model of training.models is 'nobody'; the models with weights are",
        ),
        (put("cka", "batch_size", value=3), "cka.batch_size, 3 is less than the minimum of 4"),
        (put("cka", "batch_size", value=5), "n_maps is 12, which leaves 2 maps over in batches of cka.batch_size 5"),
        (put("training", "set", value="CV"), "training.set is 'CV'; the sets of maps.mock.simulations are LH, LHT"),
        (put("training", "models", value=["T-MockTNG-untrained"]), "is 'T-MockTNG-untrained'; the models with weights"),
        (put("maps", value={}), "suites MockTNG, MockSIMBA have the provider mock, so maps.mock is needed"),
        (put("domains", "MockTNG", "set", value="L_H"), "domains.MockTNG.set, 'L_H' does not match"),
        (put("device", value="gpu"), "at device, 'gpu' is not one of"),
        (put("cka", "measures", value=["cka_biased"]), "at cka.measures.0, 'cka_biased' is not one of"),
        (put("cka", "share", value=1.2), "at cka.share, 1.2 is greater than the maximum of 1"),
        (
            put("cka", value={"batch_size": 4, "seed": 1, "width": 0.4}),
            "at cka, width needs measures.",
        ),
        (put("cka", value={"batch_size": 4, "seed": 1}), "figures.measures is there, so cka.measures is needed"),
        (
            put("cka", "neighbours", value=12),
            "cka.neighbours is 12, but each of the 12 maps of activations.n_maps has 11",
        ),
        (
            put("figures", "measures", value=["nobody"]),
            "a model of figures.measures is 'nobody'; the models with cases are",
        ),
        (
            compare("nobody MockTNG", "T-MockTNG MockTNG"),
            "a model of comparisons is 'nobody'; the models with cases are",
        ),
        (
            compare("T-MockTNG MockTNG", "Mtot-MockSIMBA MockSIMBA-own"),
            "a domain of comparisons with Mtot-MockSIMBA is 'MockSIMBA-own'; the domains of cases.Mtot-MockSIMBA are",
        ),
        (
            compare("T-MockTNG MockTNG", "T-MockTNG MockTNG"),
            "comparisons has T-MockTNG on MockTNG with itself; cka does that for every case.",
        ),
        (
            compare("T-MockTNG MockTNG", "T-MockTNG-untrained MockTNG", times=2),
            "comparisons has T-MockTNG on MockTNG with T-MockTNG-untrained on MockTNG twice.",
        ),
        (
            compare("T-MockTNG MockTNG", "T-MockTNG MockSIMBA"),
            "comparisons pairs MockTNG with MockSIMBA by map, which needs the same suite, set, split; they differ in",
        ),
        (
            compare("T-MockTNG MockTNG", "T-MockTNG MockSIMBA", pairing="simulation"),
            "MockTNG and MockSIMBA draw the initial conditions of set LHT each for itself: no simulation of one has a",
        ),
        (
            compare("T-MockTNG MockTNG", "T-MockTNG MockSIMBA", pairing="field"),
            "at comparisons.0.pairing, 'field' is not one of ['map', 'simulation']",
        ),
        (put("comparisons", value=[]), "at comparisons, [] should be non-empty"),
        (
            put("influence", "most", value=3),
            "influence.most is 3, which leaves 9 of the 12 simulations compared; at least 10 must be left.",
        ),
        (put("influence", "draws", value=1), "at influence.draws, 1 is less than the minimum of 2"),
        (put("influence", value={"most": 2, "draws": 20}), "at influence, seed must be given"),
        (
            put("subsets", "sizes", value=[10, 13]),
            "subsets.sizes has 13, but the maps compared are of 12 simulations: activations.n_maps over maps_each.",
        ),
        (put("subsets", "sizes", value=[3]), "at subsets.sizes.0, 3 is less than the minimum of 4"),
        (
            put("activations", "passes", value=2),
            "intervals is there, but activations.passes is 2. Intervals and tests are of one pass over the maps.",
        ),
        (derive(of="EAGLE", noise=0.1), "suites.derived.of is 'EAGLE'; the suites are MockTNG, MockSIMBA"),
        (
            derive(of="MockSIMBA-spectrum", noise=0.1),
            "suites.derived.of is 'MockSIMBA-spectrum', itself a derived suite; name one whose maps are simulated",
        ),
        (
            derive(of="MockTNG", like="MockTNG", matching="one_point"),
            "suites.derived is made from 'MockTNG' to be like itself.",
        ),
        (derive(of="MockTNG", matching="one_point"), "at suites.derived, matching needs like."),
        (
            derive(of="MockTNG", noise=0.1, beam=1.0),
            "at suites.derived, one of matching, noise, beam must be given; found noise, beam.",
        ),
        (
            derive(of="MockTNG"),
            "at suites.derived, one of matching, noise, beam must be given; found none.",
        ),
        (
            put("activations", "n_maps", value=8),
            "intervals is there, but activations.n_maps is 8, 1 of each simulation. Intervals and tests need 10",
        ),
        (derive(of="MockTNG", noise=0), "at suites.derived.noise, 0 is less than or equal to the minimum of 0"),
        (derive(of="MockTNG", beam=2, seed=1), "at suites.derived, seed needs noise."),
        (
            put("figures", "figure1", value=[["T-MockTNG", "nowhere"]]),
            "a domain of figures.figure1 with T-MockTNG is 'nowhere'; the domains of cases.T-MockTNG are",
        ),
        (
            put("figures", "figure1", value=["T-MockTNG", ["T-MockTNG", "MockTNG"]]),
            "figures.figure1 has 'T-MockTNG' twice.",
        ),
        (
            put("shift_steps", value={"Mtot-MockSIMBA": ["MockSIMBA", "MockTNG", "MockSIMBA-own"]}),
            "a domain of attribution.Mtot-MockSIMBA is 'MockSIMBA-own'; the domains of cases.Mtot-MockSIMBA are",
        ),
        (
            put("shift_steps", value={"T-MockTNG": ["MockSIMBA", "MockTNG", "MockSIMBA-own"]}),
            "attribution.T-MockTNG begins with 'MockSIMBA'; the first is the model's own domain 'MockTNG'",
        ),
        (
            put("shift_steps", value={"T-MockTNG": ["MockTNG", "MockSIMBA"]}),
            "at attribution.T-MockTNG, ['MockTNG', 'MockSIMBA'] is too short",
        ),
        (
            put("domains", "MockSIMBA-spectrum", "set", value="LH"),
            "attribution.T-MockTNG has 'MockSIMBA-spectrum', which shows other maps than 'MockSIMBA'",
        ),
        (
            shift_within_the_own_suite,
            "attribution.T-MockTNG has 'MockSIMBA-own' beside 'MockTNG', which shows the same simulations; the two",
        ),
        (
            attribute_few_simulations,
            "attribution is there, but activations.n_maps is 12, 2 of each simulation. Intervals and tests need 10",
        ),
        (
            put("figures", "figure2", value=[{"model": "Mtot-MockSIMBA"}]),
            "a model of figures.figure2 is 'Mtot-MockSIMBA'; the models of attribution are T-MockTNG.",
        ),
        (
            put("figures", "figure2", value=[{"model": "T-MockTNG", "untrained": "T-MockTNG-untrained"}]),
            "figures.figure2 has 'T-MockTNG-untrained' as T-MockTNG untrained; attribution needs the same domains",
        ),
        (
            put("figures", "figure2", value=[{"model": "T-MockTNG", "layers": "Mtot-MockSIMBA"}] * 2),
            "figures.figure2 has 'T-MockTNG' twice.",
        ),
    ],
)
def test_a_configuration_that_cannot_work_is_refused_in_one_sentence(tree, tmp_path, change, message):
    output = run(tree, "-n", *configure(tmp_path, change), expect=1)
    assert [line for line in output.splitlines() if line.startswith("Configuration: ") and message in line], output


def test_no_suite_is_derived_of_slices(tree, tmp_path):
    answer = run(tree, *configure(tmp_path, derive(of="SIMBA", beam=2.0), base="cmd"), "-n", expect=1)
    assert "suites.derived.of is 'SIMBA', whose maps are fetched in slices" in answer


def test_simulations_of_two_splits_have_no_partners(tree, tmp_path):
    split = put("domains", "MockSIMBA-own", "split", value="test")
    output = run(tree, "-n", *configure(tmp_path, split), expect=1)
    assert "by simulation, which needs the same set, split; they differ in split." in output


def test_the_same_maps_standardised_otherwise_are_the_same_maps(tree, tmp_path):
    change = compare("T-MockTNG MockSIMBA", "T-MockTNG MockSIMBA-own", pairing="map")
    assert jobs_of(run(tree, "-n", *configure(tmp_path, change)))["comparison"] == 1


def test_measures_and_comparisons_may_be_left_out(tree, tmp_path):
    def cut(configuration):
        del configuration["comparisons"], configuration["figures"]["measures"]
        configuration["cka"] = {"batch_size": 4, "seed": 1}

    jobs = jobs_of(run(tree, "-n", *configure(tmp_path, cut)))
    assert not {"comparison", "comparisons", "figure_comparisons", "figure_measures"} & set(jobs)


def test_influence_and_subsets_may_be_left_out(tree, tmp_path):
    def cut(configuration):
        del configuration["influence"], configuration["subsets"]

    jobs = jobs_of(run(tree, "-n", *configure(tmp_path, cut)))
    assert not {"influence", "subsets", "influential_maps", "subset_sizes", "figure_influential_maps"} & set(jobs)


def test_the_result_in_words_is_made_of_what_there_is(tree, tmp_path):
    def cut(configuration):
        del (
            configuration["permutation_tests"],
            configuration["figures"]["parameters"],
            configuration["figures"]["predictions"],
        )
        configuration["figures"]["figure1"] = ["T-MockTNG-untrained"]

    def told(*arguments):
        output = run(tree, "-n", "-p", "results/pages/results.rst", *arguments)
        return " ".join(output.partition("repshift pages results ")[2].split())

    assert (
        "--permutation-tests results/summary/permutation_tests.csv --network T-MockTNG MockTNG MockSIMBA --network Mtot"
        in told(*TEST)
    )
    without = told(*configure(tmp_path, cut))
    assert "--permutation-tests" not in without
    assert "--network T-MockTNG-untrained MockTNG MockSIMBA --untrained T-MockTNG-untrained --parameters" in without


def test_the_fewest_simulations_are_those_of_the_statistics():
    rules = (ROOT / "workflow/rules/configuration.smk").read_text()
    assert f"FEWEST_SIMULATIONS = {FEWEST_SIMULATIONS}\n" in rules
    assert f"FEWEST_NETWORKS = {FEWEST_NETWORKS}\n" in rules


def test_a_figure_may_draw_some_cases_of_a_model(tree, tmp_path):
    change = put("figures", "figure1", value=[["T-MockTNG", "MockSIMBA-own", "MockSIMBA"]])
    dry_run = run(tree, *configure(tmp_path, change), "-n")
    inputs = dry_run.partition("rule figure1:")[2].partition("output:")[0]
    cases = re.findall(r"results/examples/([^ ,]+)\.nc", inputs)
    assert cases == ["T-MockTNG/MockSIMBA-own", "T-MockTNG/MockSIMBA"]


def test_partners_of_a_derived_suite_are_those_of_the_suite_it_is_made_from(tree, tmp_path):
    change = compare("T-MockTNG MockSIMBA", "T-MockTNG MockSIMBA-spectrum", pairing="simulation")
    assert "rule comparison:" in run(tree, *configure(tmp_path, change), "-n")


def test_attribution_and_figure_2_may_be_left_out(tree, tmp_path):
    def leave_out(configuration):
        del configuration["shift_steps"], configuration["figures"]["figure2"]

    dry_run = run(tree, *configure(tmp_path, leave_out), "-n")
    assert "rule attribution:" not in dry_run
    assert "rule figure2:" not in dry_run


def test_the_schema_s_measures_are_those_declared_beside_cka():
    schema = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text())
    named = schema["properties"]["cka"]["properties"]["measures"]["items"]["enum"]
    assert sorted(named) == sorted(BESIDE_CKA)


def test_a_section_that_stands_twice_is_refused(tree, tmp_path):
    path = tmp_path / "twice.yaml"
    path.write_text((ROOT / "config/test.yaml").read_text() + "\ncases:\n  T-MockTNG: [MockTNG]\n")
    assert "cases stands twice in the section of line" in run(tree, "-n", "--configfile", str(path), expect=1)


def test_a_configuration_is_read_whole_and_alone(tree, tmp_path):
    def cut(configuration):
        del configuration["predictions"]

    assert "at the top level, predictions must be given" in run(tree, "-n", *configure(tmp_path, cut), expect=1)


def test_a_case_is_lines_of_the_configuration(tree, tmp_path):
    def add(configuration):
        configuration["domains"]["MockTNG-own"] = {**configuration["domains"]["MockTNG"], "standardisation": "own"}
        configuration["cases"]["Mtot-MockSIMBA"].append("MockTNG-own")

    output = run(tree, "-n", *configure(tmp_path, add))
    assert jobs_of(output)["cka"] == 9
    assert "results/cka/Mtot-MockSIMBA/MockTNG-own.nc" in output


@pytest.fixture
def local(finished, tmp_path):
    """A directory of files in the form of CMD, and a configuration that reads them in place."""
    held = tmp_path / "held"
    held.mkdir()
    for suite in ("MockTNG", "MockSIMBA"):
        for path in (finished / "results/maps" / suite).glob("*.[nt][px][yt]"):
            shutil.copy(path, held)

    def place(configuration):
        for suite in ("MockTNG", "MockSIMBA"):
            configuration["suites"][suite] = {"provider": "local", "directory": str(held), "box": 75.0}
        del configuration["maps"]["mock"]

    return held, place


def test_local_maps_are_used_in_place_with_the_same_results(finished, changed, local, tmp_path):
    held, place = local
    before = sorted(path.name for path in held.iterdir())
    arguments = configure(tmp_path, place)
    run(changed, "results/cka/T-MockTNG/MockSIMBA.nc", "--forceall", *arguments)
    path = "results/cka/T-MockTNG/MockSIMBA.nc"
    assert (changed / path).read_bytes() == (finished / path).read_bytes()
    assert sorted(path.name for path in held.iterdir()) == before


def test_maps_that_do_not_fit_their_parameters_fail_with_the_sentence(changed, local, tmp_path):
    held, place = local
    path = held / "params_LHT_MockSIMBA.txt"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-2]))
    output = run(changed, "results/predictions/T-MockTNG/MockSIMBA.nc", *configure(tmp_path, place), expect=1)
    assert "has 10 rows, but" in output
    assert "so 12 rows were expected" in output


def test_a_negative_pixel_fails_with_the_name_of_its_map(changed, local, tmp_path):
    held, place = local
    path = held / "Maps_T_MockSIMBA_LHT_z=0.00.npy"
    content = bytearray(path.read_bytes())
    content[-4:] = b"\x00\x00\x80\xbf"
    path.write_bytes(content)
    output = run(changed, "results/predictions/T-MockTNG/MockSIMBA.nc", *configure(tmp_path, place), expect=1)
    assert "Map 179 of field 'T' holds -1.0 at pixel (31, 31)" in output
    assert not (changed / "results/maps/MockSIMBA/Maps_T_MockSIMBA_LHT_z=0.00.json").exists()


def test_cuda_without_a_device_fails_with_the_sentence(changed, tmp_path):
    output = run(
        changed, "results/grams/T-MockTNG/MockTNG.nc", *configure(tmp_path, put("device", value="cuda")), expect=1
    )
    assert "Device 'cuda' was asked for, but torch finds no CUDA device" in output


# The workflow's own form


@pytest.mark.parametrize(
    ("device", "granted", "told"),
    [
        ("auto", (), "1"),
        ("auto", ("--resources", "gpu=1"), "1"),
        ("auto", ("--resources", "gpu=0"), "0"),
        ("cpu", (), "0"),
    ],
)
def test_jobs_that_run_a_network_are_told_how_many_gpus_they_were_granted(tree, tmp_path, device, granted, told):
    output = run(tree, "-n", "-p", *granted, *configure(tmp_path, put("device", value=device)))
    commands = [command.split() for command in output.split("python -m repshift ")[1:]]
    found = {(words[0], words[words.index("--gpus") + 1]) for words in commands if "--device" in words}
    assert found == {(stage, told) for stage in ("activations", "grams", "predictions", "symmetries", "training")}


def test_the_schema_describes_every_key():
    schema = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text())

    def undescribed(node, place):
        for name, child in node.get("properties", {}).items():
            if isinstance(child, dict):
                if "description" not in child and "$ref" not in child:
                    yield f"{place}.{name}"
                yield from undescribed(child, f"{place}.{name}")

    assert list(undescribed(schema, "")) == []
