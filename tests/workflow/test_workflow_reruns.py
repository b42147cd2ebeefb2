"""What runs again: by what code means and settings say; and that no job runs by other code than it was planned with."""

import json
import shutil
import time
from contextlib import contextmanager

import pytest

from planning import plans, running
from running import TEST, configure, jobs_of, put, run, start

PLAN = {"configuration": "config/test.yaml"}
MODELS = ("T-MockTNG", "Mtot-MockSIMBA", "T-MockTNG-untrained", "T-MockTNG-repaired")
STATISTICS = {f"statistics_{model}_1" for model in MODELS}
NETWORKS = {name.replace("statistics", "network") for name in STATISTICS}
OF_OTHERS = {"comparisons", *(f"figure{number}" for number in range(4, 10)), "latent_space_figure"}
"""Figures of other stages than those of Gram matrices of a case."""

FIGURES = {"figure1", "figure2", "controls", "measures", "predictions", "influential_maps_1", *OF_OTHERS}
TABLES = {"summary", "results", "pages"}


@pytest.fixture(scope="module")
def changed(finished, tmp_path_factory):
    """A copy of the finished directory, to change something in; each test puts back what it changes."""
    return shutil.copytree(finished, tmp_path_factory.mktemp("copy") / "changed", copy_function=shutil.copy2)


@contextmanager
def edited(folder, *names, edit=lambda text: f"{text}\nEDITED = True\n"):
    """Edit modules of the package for a while."""
    texts = {path: path.read_text() for name in names for path in (folder / "src/repshift").glob(name)}
    assert len(texts) >= len(names)
    for path, text in texts.items():
        path.write_text(edit(text))
    try:
        yield
    finally:
        for path, text in texts.items():
            path.write_text(text)


def again(folder, *names, **how):
    """Return the rules of the jobs that an edit of modules starts."""
    with edited(folder, *names, **how):
        return set(running(plans(folder, PLAN)[0])) - {"all"}


def remark(text):
    """Change a module's docstring, add one line of comment above all, one below."""
    return "# A remark.\n" + text.replace('"""', '"""Said otherwise: ', 1) + "\n# Another.\n"


# Code


def test_comments_and_docstrings_rerun_nothing(changed):
    assert again(changed, "**/*.py", edit=remark) == set()


def test_what_only_figure_2_uses_reruns_figure_2(changed):
    assert again(changed, "stages/figures/figure2.py", "drawing/figure2.py") == {"figure2"}


def test_what_only_figure_3_uses_reruns_nothing_here(changed):
    assert again(changed, "stages/figures/figure3.py", "drawing/figure3.py") == set()


def test_the_style_of_drawing_reruns_figures_alone(changed):
    assert again(changed, "drawing/style.py") == FIGURES


def test_a_measure_reruns_cka_and_what_follows(changed):
    rerun = again(changed, "similarity/measures/__init__.py")
    assert {"cka", "comparison", *TABLES} <= rerun
    assert not rerun & {*NETWORKS, "training", "maps", "derive"}


def test_only_training_reruns_training(changed):
    others = ("drawing/*.py", "study/*.py", "costs/*.py", "cli/commands.py", "stages/report/*.py")
    rerun = again(changed, "statistics/blocks.py", "statistics/permutation.py", *others)
    repairs = {"repair_1", "latent_space_T-MockTNG_1", *(f"rungs_T-MockTNG_MockSIMBA_{number}" for number in (1, 2))}
    others = {"shift_steps", "cka", "comparison", "stress_T-MockTNG_1"}
    assert rerun == {*STATISTICS, *FIGURES, *TABLES, *others, *repairs}
    assert "training" in again(changed, "training/*.py")


# Files and settings


def test_deleting_a_cka_file_reruns_what_follows(changed):
    path = changed / "results/cka/T-MockTNG/MockSIMBA.nc"
    path.rename(path.with_suffix(".kept"))
    rerun = running(plans(changed, PLAN)[0])
    path.with_suffix(".kept").rename(path)
    # The Gram file it is made from is still there; nothing upstream of it runs.
    assert rerun == {"all": 1, "cka": 1, **dict.fromkeys((*TABLES, "figure1", "figure2", "measures"), 1)}


def test_exchanged_values_rerun_what_they_are_for(finished, tmp_path):
    exchanged = configure(tmp_path, put("influence", value={"most": 1, "draws": 20, "seed": 2}))
    rerun = jobs_of(run(finished, *exchanged, "-n"))
    assert set(rerun) == {"all", *STATISTICS, *TABLES, *FIGURES - OF_OTHERS, "shift_steps"}


def test_changed_settings_rerun_what_uses_them(finished, tmp_path):
    def compared(configuration):
        added = {"rows": ["T-MockTNG", "MockTNG"], "columns": ["T-MockTNG-untrained", "MockTNG"]}
        configuration["comparisons"].append(added)

    changes = [compared, put("cka", "neighbours", value=4), put("cka", "measures", value=["cca"])]
    for number in range(len(changes)):
        (tmp_path / str(number)).mkdir()
    files = [configure(tmp_path / str(number), change)[1] for number, change in enumerate(changes)]
    more, *others = (running(plan) for plan in plans(finished, *({"configuration": file} for file in files)))
    assert more == {"all": 1, "comparison": 1, "comparisons": 1, "summary": 1, "results": 1, "pages": 1}
    for other in others:
        assert (other["cka"], other["comparison"]) == (10, 2)
        assert set(other) >= set(STATISTICS)
        assert not {*NETWORKS, "training"} & set(other)


# Code that is not what a job was planned with


def test_a_job_refuses_code_that_changed_and_came_back(changed):
    log = changed / "logs/statistics/T-MockTNG-untrained_1.log"
    target = "results/scores/T-MockTNG-untrained/MockTNG.nc"
    log.unlink()
    process = start(changed, target, *TEST, "--force", "--rerun-triggers", "mtime")
    while not log.exists() and process.poll() is None:
        time.sleep(0.005)
    with edited(changed, "statistics/blocks.py"):
        assert process.wait() == 1
    output = (changed / "output.txt").read_text()
    assert output.count("has changed since the run was planned: planned with ") == 1
    assert "Start the run again." in output
    assert not (changed / target).exists()
    run(changed, target, *TEST)


def test_a_job_elsewhere_takes_the_code_of_the_plan(changed):
    planned = json.dumps({"repshift.stages.cka": "0123456789abcdef"})
    target = "results/cka/T-MockTNG-untrained/MockTNG.nc"
    child = ("--mode", "subprocess", "--force", "--nolock", "--rerun-triggers", "mtime")
    output = run(changed, target, *TEST, *child, expect=1, REPSHIFT_CODE=planned)
    assert "--code 0123456789abcdef" in output
    log = (changed / "logs/cka/T-MockTNG-untrained/MockTNG.log").read_text()
    assert log.startswith("repshift: error: The code of repshift.stages.cka has changed since the run was planned")
