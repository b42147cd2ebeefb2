"""What the documents say of versions, files and keys holds."""

import csv
import re
from pathlib import Path
from statistics import median

import numpy as np
import pytest
import yaml

import repshift
from prose import sentences, words
from repshift import __version__
from repshift.adaptation import REPAIRS
from repshift.attribution import METHODS
from repshift.evidence.attribution.verdicts import FAITHFUL, INDISTINCT, WORSE
from repshift.evidence.pruning.verdicts import CAN_GO, CANNOT_GO, NOT_KNOWN, NOT_POSSIBLE, NOTHING_TO_LOSE
from repshift.evidence.trust.conformal_kinds import CONFORMAL_KINDS
from repshift.evidence.trust_scores import TRUST_SCORES
from repshift.perturbation.axes import Sky, own_axis, perturbed
from repshift.study.reading import read_study
from repshift.study.stress_axes import axes_of_domain
from repshift.wording import repair_results
from running import copy_tree, run

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("examples/*/*.md")])
PROSE = [page for page in PAGES if page.parent != ROOT or page.name == "README.md"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())


def merged(base, more):
    return {
        key: merged(base[key], more[key])
        if isinstance(base.get(key), dict) and isinstance(more.get(key), dict)
        else more.get(key, base.get(key))
        for key in [*base, *more]
    }


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_every_link_leads_to_a_file(page):
    for path in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / path).exists(), path


def test_one_version_everywhere():
    assert CITATION["version"] == __version__
    assert f"## {__version__} ({CITATION['date-released']})" in (ROOT / "CHANGELOG.md").read_text()


def test_the_citation_has_what_its_format_asks_for():
    assert {"cff-version", "message", "title", "authors"} <= set(CITATION)
    for work in [CITATION, *CITATION["references"]]:
        assert work["title"]
        assert all("name" in author or {"family-names", "given-names"} <= set(author) for author in work["authors"])


def test_the_catalogue_of_workflows_finds_what_it_reads():
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert usage["software-stack-deployment"]["conda"] is usage["report"] is True
    assert all((ROOT / name).exists() for name in ("Snakefile", "config/README.md", "config/config.yaml", "LICENSE"))


def test_the_suite_and_the_field_of_the_page_on_adding_run(tmp_path):
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/adding.md").read_text(), flags=re.DOTALL)
    configuration = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    for block in blocks:
        configuration = merged(configuration, yaml.safe_load(block))
    copy_tree(tmp_path)
    (tmp_path / "adding.yaml").write_text(yaml.safe_dump(configuration))
    listed = run(tmp_path, "--configfile", "adding.yaml", "--dry-run", "results/cka/Mtot-MockTNG/MockTNG-beam.nc")
    assert "derive" in listed


def test_the_axis_of_the_page_on_stress_perturbs_maps(rng):
    page, names = (ROOT / "docs/stress.md").read_text(), {}
    exec(re.search(r"```python\n(.*?)```", page, flags=re.DOTALL)[1], names)
    axis = own_axis(names["banding"], name="banding", label="banding", units="dex", strengths=(0.0, 0.1))
    maps, sky = 10 ** rng.normal(size=(2, 1, 8, 8)), Sky((True,), (1.0,), is_periodic=True)
    little, much = (perturbed(axis, maps, one, sky=sky, entropy=[[1], [2]])[0] for one in (0.01, 0.1))
    assert np.log10(much / maps) == pytest.approx(10 * np.log10(little / maps))
    assert np.ptp(np.log10(much / maps), axis=-1) == pytest.approx(0, abs=1e-12)


def test_the_configurations_of_the_page_on_stress_are_read():
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/stress.md").read_text(), flags=re.DOTALL)
    whole = [yaml.safe_load(block) for block in blocks if "T-MockTNG" in block]
    for more in whole:
        default = yaml.safe_load((ROOT / "config/config.yaml").read_text())
        default["stress"].pop("axes")
        study = read_study(merged(default, more))
        assert all(axes_of_domain(study, domain) for domain in study.stress.cases["T-MockTNG"])
    assert len(whole) == 3


def test_the_configurations_of_the_page_on_attribution_are_read():
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/attribution.md").read_text(), flags=re.DOTALL)
    for block in blocks:
        default = yaml.safe_load((ROOT / "config/config.yaml").read_text())
        asked = yaml.safe_load(block)
        study = read_study({**default, **asked, "figures": {**default["figures"], **asked["figures"]}})
        assert list(study.attribution.cases) == ["T-MockTNG"]
    assert len(blocks) == 1


def test_every_method_is_on_the_page_on_attribution():
    rows = [line for line in (ROOT / "docs/attribution.md").read_text().splitlines() if line.startswith("| `")]
    assert [name for name in METHODS if not any(f"`{name}`" in row for row in rows)] == []


def test_every_verdict_is_on_the_page_on_attribution():
    page = (ROOT / "docs/attribution.md").read_text()
    assert [words for words in (FAITHFUL, INDISTINCT, WORSE) if f"| {words} |" not in page] == []


@pytest.mark.parametrize("page", ["repair", "pruning", "trust"])
def test_the_configuration_of_a_page_on_repairs_is_read(page):
    first, *more = re.findall(r"```yaml\n(.*?)```", (ROOT / f"docs/{page}.md").read_text(), flags=re.DOTALL)
    default = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    asked = yaml.safe_load(first)
    assert list(asked[page]["cases"]) == ["T-MockTNG"]
    study = read_study(
        {**default, **asked, "figures": default["figures"] | _without_figures(default) | asked["figures"]}
    )
    assert list(getattr(study, page).cases) == ["T-MockTNG"]
    assert all(read_study(merged(default, yaml.safe_load(block))) for block in more)


def _without_figures(default):
    """Return the figures of repairs of the default with what every page has: the models that are drawn."""
    return {name: ["T-MockTNG"] for name in ("figure7", "figure8", "figure9") if name in default["figures"]}


def rows_of(page):
    """Return what the first cells of the tables of a page name in code."""
    cells = re.findall(r"(?m)^\| (`.*?`.*?) \|", (ROOT / f"docs/{page}.md").read_text())
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


@pytest.mark.parametrize(("page", "names"), [("repair", REPAIRS), ("trust", TRUST_SCORES), ("trust", CONFORMAL_KINDS)])
def test_every_repair_and_score_is_on_its_page(page, names):
    assert sorted(set(names) - rows_of(page)) == []


def test_every_word_of_layers_is_on_the_page_on_pruning():
    page = (ROOT / "docs/pruning.md").read_text()
    words = (CAN_GO, CANNOT_GO, NOT_KNOWN, NOT_POSSIBLE, NOTHING_TO_LOSE)
    assert [word for word in words if f"| {word} |" not in page] == []


def test_every_word_of_repairs_is_on_their_page():
    page = (ROOT / "docs/repair.md").read_text()
    words = [getattr(repair_results, name) for name in ("REPAIRED", "RAISED", "NO_MORE", "OPEN", "WORSE")]
    assert [word for word in words if f"| {word} |" not in page] == []


def test_the_changelog_has_the_table_of_names():
    with (ROOT / "tests/data/renamed.csv").open(newline="") as opened:
        renamed = [tuple(row.values()) for row in csv.DictReader(opened)]
    entry = (ROOT / "CHANGELOG.md").read_text().partition("| what | old | new | where |\n")[2].partition("\n\n")[0]
    rows = [line.replace("`", "").split("|")[1:-1] for line in entry.splitlines()[1:]]
    assert [tuple(cell.strip() for cell in row) for row in rows] == renamed


RETIRED = (
    *(r"\banew\b", r"\bdear\b", r"\bbut for\b", r"\bone's own\b", r"\btold\b", r"\bmade of\b", r"\banswers\b"),
    *(r"\bculprit", r"\breferee", r"\bstandin\b", r"\bissue \d"),
)


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_lines_and_rows_are_short(page):
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    assert [line for line in text.splitlines() if len(line) > (200 if line.startswith("|") else 120)] == []


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_retired_words_are_gone(page):
    text = re.sub(r"(?m)^\|.*$", "", page.read_text())
    assert [word for word in RETIRED if re.search(word, text)] == []


MANY_WORDS, MOST_LONG = 40, 0.02
"""Words above which a sentence is long, and the largest share of such sentences on a page."""


@pytest.mark.parametrize("page", PROSE, ids=[str(page.relative_to(ROOT)) for page in PROSE])
def test_the_sentences_of_a_page_are_short(page):
    found = sentences(page.read_text())
    lengths = [words(sentence) for sentence in found]
    longest = sorted(zip(lengths, found, strict=True))[-3:]
    assert median(lengths) < 17, longest
    assert sum(length > MANY_WORDS for length in lengths) <= MOST_LONG * len(lengths), longest


@pytest.mark.parametrize(
    ("page", "found"),
    [
        ("One. Two? Three!", ["One.", "Two?", "Three!"]),
        ("# Heading\n\nOne\nline: two; three.", ["One line: two; three."]),
        ("Lee et al. 2018 say so, e.g. here. R is 0.5.", ["Lee et al. 2018 say so, e.g. here.", "R is 0.5."]),
        ("**Bold.** Then (in brackets.) more.", ["**Bold.", "Then (in brackets.", "more."]),
        ("Items:\n\n- one\n  line\n- two. Three.\n1. four", ["Items:", "one line", "two.", "Three.", "four"]),
        ("Run `a. b`, see [the. page](it.md).", ["Run CODE, see the.", "page."]),
        ("| a table. |\n\n```\ncode. Code.\n```\n\n    more. Code.\n\nText.", ["Text."]),
        ("$$\nx. Y\n$$\n<!-- none. -->Text.", ["Text."]),
    ],
)
def test_sentences_of_a_page_are_found(page, found):
    assert sentences(page) == found


def test_words_hold_a_letter_or_a_digit():
    assert words("A beam - or two \u2014 of 0.5 pixels.") == 7


def test_the_readme_is_a_door():
    text = re.sub(r"```.*?```|(?m:^\|[^\n]*$)", "", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    assert len(text.split()) <= 1000


def test_every_public_name_is_on_the_page_of_notebooks():
    page = (ROOT / "docs/notebook.md").read_text()
    modules = {"InputError", "networks"}
    assert [name for name in repshift.__all__ if f"`{name}(" not in page and name not in modules] == []
