"""The lists of docs/adding.md are complete: with the files that they name alone, a new thing is known everywhere."""

import re
import shutil
import subprocess
import sys
from itertools import takewhile

import pytest

from running import ROOT

PAGE = (ROOT / "docs/adding.md").read_text()

MEASURE = '''
"""A toy measure."""

import numpy as np

from repshift.similarity.measures.measure import SCALE_FREE, Measure

TOY = Measure("toy", "toy measure", "toy", SCALE_FREE, lambda grams, others: np.ones((len(grams), len(grams))))
'''
CHANGE = '''
"""A toy change of maps."""

from repshift.perturbation.change import Change, Shift


def brighter(pieces, strength):
    """Yield brighter maps."""
    for values in pieces():
        yield values + strength


TOY = Change("toy", "What is added to every pixel.", Shift("toy", "toy", "P"), brighter, maximum=5)
'''
AXIS = '''
"""A toy axis."""

from repshift.perturbation.axes.axis import Argument, Axis


def brighter(maps, strength, *, by):
    """Return brighter maps."""
    return maps + by * strength


OPTIONS = {"by": Argument(2.0, "how much brighter")}
TOY = Axis("toy", "toy axis", "1", "Is added to every pixel.", brighter, (0.0, 1.0), arguments=OPTIONS)
'''
SHIFT_SCORE = '''
"""A toy shift score."""

from repshift.evidence.shift_scores.score import ShiftScore

TOY = ShiftScore("toy", "toy score", "cka", lambda pair: 1.0)
'''
STAGE = '''
"""Stage toy: counts layers. Rules ``statistics_{model}_{n}``."""

from pathlib import Path


def add_arguments(parser):
    """Add the arguments of `run`."""
    parser.set_defaults(run=run)
    parser.add_argument("--grams", type=Path, required=True)
    parser.add_argument("--n-draws", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)


def run(*, grams, n_draws, output):
    """Write the number of draws."""
    output.write_text(str(n_draws))
'''
CLI = """
from repshift.cli.commands import call_of


def parsed(words):
    return call_of(words.split()).arguments
"""
STUDY = """
import yaml
from pathlib import Path
from repshift.study import read_study
from repshift.study.documentation import page_text, schema_text

config = yaml.safe_load(Path("config/config.yaml").read_text())
"""
CHECKS = {
    "A measure": CLI
    + """
from repshift.similarity.measures import measure_of
from repshift.study.documentation import schema_text

assert parsed("cka --grams a --batch-size 4 --seed 1 --output b --measures toy")["measures"] == ["toy"]
assert "- toy\\n" in schema_text()
assert measure_of("toy").label == "toy"
""",
    "A change of maps": CLI
    + STUDY
    + """
from repshift.perturbation import SHIFTS
from repshift.study.shifts import condition_of, shift_of

assert parsed("maps derive --maps a --field T --toy 2 --output b")["change"] == ("toy", 2.0)
assert "toy:" in schema_text()
config["suites"]["Brighter"] = {"provider": "derived", "of": "MockTNG", "toy": 2}
config["domains"]["Brighter"] = {"set": "LHT"}
config["cases"]["T-MockTNG"].append("Brighter")
study = read_study(config)
assert (shift_of(study, "Brighter"), condition_of(study, "Brighter")) == ("toy", "toy 2")
assert SHIFTS["toy"].marker == "P"
""",
    "An axis": STUDY
    + """
from repshift.perturbation.axes import axis_of
from repshift.study.stress_axes import axes_of_domain, strengths_of

config["stress"]["axes"] = {"toy": {"by": 3}, "fainter": {"axis": "toy", "strengths": [0, 5]}}
study = read_study(config)
axes = axes_of_domain(study, "MockTNG")
assert [strengths_of(study, "T-MockTNG", name, axis) for name, axis in axes.items()] == [(0, 1), (0, 5)]
assert axes["toy"].options == {"by": 3}
assert axis_of("toy").label == "toy axis"
assert "how much brighter" in page_text(Path("config/README.md").read_text())
assert "how much brighter" in schema_text()
""",
    "A shift score": """
from repshift.drawing.shift_scores import shift_score
from repshift.evidence.shift_scores import SHIFT_SCORES, values_of_case
from repshift.evidence.shift_scores.score import Pair

assert "toy" in SHIFT_SCORES
assert shift_score("toy").label == "toy score"
assert shift_score("toy").function(None) == 1.0
""",
    "A column of scores": """
import numpy as np
from repshift.case.case_tables import TABLES
from repshift.statistics.scores import SCORES, WITH_UNIT, score_intervals, scores

truth = np.linspace(0, 1, 20)
assert scores(truth, truth + 1, np.ones(20)).toy == 1.0
ends = score_intervals(truth, truth + 1, np.ones(20), simulations=np.arange(20), n_resamples=100, seed=1)
assert len(ends.low) == len(SCORES) == 5
assert {"toy", "toy_low", "toy_high"} <= set(TABLES["scores"].columns)
assert "toy" in WITH_UNIT
""",
    "A stage on request": CLI
    + STUDY
    + """
from repshift.case.files import CaseFiles
from repshift.cli.commands import STAGES, about
from repshift.costs.requests import parts_of_statistics
from repshift.study.jobs import statistics_job

assert "toy" in STAGES
assert about("toy") == "counts layers"
config["toy"] = {"n_draws": 3}
study = read_study(config)
job = statistics_job(study, "T-MockTNG", ["MockTNG"])
output = CaseFiles("T-MockTNG", "MockTNG").of("toy")
(command,) = [command for command in job.commands if command[0] == "toy"]
assert output in job.outputs
assert parsed(" ".join(command))["n_draws"] == 3
assert ("toy", {"model": "T-MockTNG", "domain": "MockTNG"}) in parts_of_statistics(study, "T-MockTNG", ["MockTNG"])
assert "toy" not in {command[0] for command in statistics_job(read_study(dict(config, toy=False)), *job_of).commands}
assert "number of toy draws" in page_text(Path("config/README.md").read_text())
assert "n_draws" in schema_text()
""".replace("*job_of", '"T-MockTNG", ["MockTNG"]'),
}
EDITS = {
    "A measure": {"src/repshift/similarity/measures/toy.py": MEASURE},
    "A change of maps": {"src/repshift/perturbation/toy.py": CHANGE},
    "An axis": {"src/repshift/perturbation/axes/toy.py": AXIS},
    "A shift score": {"src/repshift/evidence/shift_scores/toy.py": SHIFT_SCORE},
    "A column of scores": {
        "src/repshift/statistics/scores.py": [
            (
                "    chi2: float",
                '    toy: float = field(metadata={"long_name": "toy", "has_unit": True})\n    chi2: float',
            ),
            ("        chi2=float", "        toy=float(error.mean()),\n        chi2=float"),
            ('            "chi2": square', '            "toy": error / count,\n            "chi2": square'),
        ]
    },
    "A stage on request": {
        "src/repshift/stages/toy.py": STAGE,
        "src/repshift/study/stages.py": [
            (
                "class Stages(Section):",
                "class Toy(OfCase):\n"
                '    n_draws: Draws = Field(default=2, description="number of toy draws")\n\n\n'
                "class Stages(Section):",
            ),
            (
                "    predictions: Predict",
                '    toy: OnRequest[Toy] = Field(default=None, description="Toy.")\n    predictions: Predict',
            ),
        ],
        "config/README.md": [("<!-- keys: predictions -->", "<!-- keys: toy -->\n\n<!-- keys: predictions -->")],
    },
}


def files_of(heading):
    """Return the files that the page lists under a heading, with the new module called toy."""
    section = PAGE.partition(f"\n## {heading}\n")[2].splitlines()
    lines = takewhile(lambda line: not line.startswith("## "), section)
    rows = [re.match(r"\| `([^`]+\.(?:py|md|smk|rst))` \|", line) for line in lines]
    return {row[1].replace("<new>", "toy") for row in rows if row}


def edit(folder, edits):
    """Write new files, and replace words of those that are there."""
    for name, change in edits.items():
        path = folder / name
        text = change.lstrip() if isinstance(change, str) else path.read_text()
        for old, new in [] if isinstance(change, str) else change:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        path.write_text(text)


@pytest.fixture
def copy(tmp_path):
    """A copy of the package and of what it reads."""
    for name in ("src", "config", "resources/cmd.yaml"):
        source, target = ROOT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return tmp_path


@pytest.mark.parametrize("heading", EDITS)
def test_a_new_thing_is_known_everywhere(copy, heading):
    assert set(EDITS[heading]) <= files_of(heading)
    edit(copy, EDITS[heading])
    done = subprocess.run(
        [sys.executable, "-c", CHECKS[heading]],
        cwd=copy,
        env={"PYTHONPATH": str(copy / "src"), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("heading", EDITS)
def test_two_files_of_code_are_enough(heading):
    code = {name for name in files_of(heading) if name.startswith(("src/", "workflow/"))}
    assert 1 <= len(code) <= 2
    assert code == {name for name in EDITS[heading] if name.startswith("src/")}


def test_every_file_of_the_page_is_there():
    named = re.findall(r"(?m)^\| `([^`]+/[^`]+)` \|", PAGE)
    folders = [ROOT / name.rpartition("/")[0] if "<new>" in name else ROOT / name for name in named]
    assert len(named) > 20
    assert [str(path) for path in folders if not path.exists()] == []


def test_the_page_names_what_can_be_added():
    headings = re.findall(r"(?m)^## (.*)$", PAGE)
    assert set(EDITS) <= set(headings)
    assert {"A suite", "A field", "A network", "A figure", "A table", "A cluster"} <= set(headings)
