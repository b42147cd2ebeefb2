"""The report as a co-author opens it: from a file, in a browser without a network."""

import base64
import hashlib
import json
import re
import shutil
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest
from playwright.sync_api import Page, sync_playwright

from repshift import __version__
from running import TEST, run

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
UNRESOLVED = ("{{", "}}", "{%", "None", "Unresolved", "Unknown", "System Message", "undefined", "NaN")
"""What a template, a caption or a sentence leaves where something is amiss."""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


@dataclass
class Opened:
    """A page of the report, and all that went wrong or was asked for since it was opened."""

    page: Page
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def note_console(self, message):
        self.errors += [message.text] if message.type == "error" else []

    def menu(self):
        self.page.click("nav li a:has(svg) >> nth=0")


@pytest.fixture(scope="module")
def folder(finished, tmp_path_factory):
    """A copy of the finished run, with its report."""
    folder = tmp_path_factory.mktemp("report") / "run"
    shutil.copytree(finished, folder, ignore=shutil.ignore_patterns("log", "locks", "output.txt"))
    before = state(folder)
    run(folder, *TEST, "--report", "report.html")
    assert state(folder) == before
    return folder


def state(folder):
    return {path: path.stat().st_mtime_ns for path in (folder / "results").rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        how = {"executable_path": CHROMIUM, "args": ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND"]}
        with playwright.chromium.launch(**how) as browser:
            yield browser


@pytest.fixture
def report(folder, browser):
    """The report, opened; at the end nothing went wrong and nothing was asked for outside the file."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, offline=True)
    opened = Opened(context.new_page())
    opened.page.on("console", opened.note_console)
    opened.page.on("pageerror", lambda error: opened.errors.append(str(error)))
    opened.page.on("requestfailed", lambda request: opened.errors.append(f"failed: {request.url[:100]}"))
    opened.page.on("request", lambda request: opened.requests.append(request.url[:100]))
    opened.page.goto((folder / "report.html").as_uri())
    yield opened
    context.close()
    assert opened.errors == []
    assert opened.requests
    assert [url for url in opened.requests if not url.startswith(("file:", "data:", "blob:"))] == []


def held(report):
    """Return what the report holds, by path."""
    return report.page.evaluate("results")


def test_every_figure_table_and_page_is_in_the_report(report, folder):
    paths = [*folder.glob("results/figures/**/*.png"), *folder.glob("results/summary/*.csv")]
    paths += [*folder.glob("results/report/*")]
    assert set(held(report)) == {str(path.relative_to(folder)) for path in paths}
    assert len(paths) > 30


def test_every_table_is_a_page_too(folder):
    pages = {path.stem for path in folder.glob("results/report/*.html")}
    assert {path.stem for path in folder.glob("results/summary/*.csv")} < pages


def test_the_first_page_says_the_result(report, folder):
    said = " ".join(report.page.inner_text(".prose").split())
    lines = (folder / "results/report/results.rst").read_text().splitlines()
    entries = [line.partition(": ")[2].replace("**", "").replace("``", "") for line in lines if line.startswith(":")]
    sentences = [" ".join(entry.split()) for entry in entries]
    assert len(sentences) > 6
    assert [sentence for sentence in sentences if sentence not in said] == []
    similarity = pd.read_csv(folder / "results/summary/similarity.csv").set_index(["model", "domain", "measure"])
    for domain in ("MockTNG", "MockSIMBA"):
        alike = similarity.loc[("T-MockTNG", domain, "cka_debiased"), "off_diagonal_mean"]
        assert f"{alike:.2f} [" in said
    assert "MockSIMBA, MockSIMBA-twin, MockTNG are mock suites" in said
    assert not [word for word in UNRESOLVED if word in said]


def test_the_first_page_begins_at_its_beginning(report):
    assert report.page.locator(".prose h1").first.bounding_box()["y"] >= 0


def test_the_first_page_is_one_screen(report):
    box = report.page.locator(".prose").bounding_box()
    assert box["y"] + box["height"] < 900


def test_the_first_page_leads_to_the_details(report, folder):
    report.page.click(".prose >> text='The details'")
    body = report.page.frame_locator("iframe").locator("body")
    body.locator("h1:text-is('The result in detail')").wait_for()
    titles = re.findall(r"<h2>(.*?)</h2>", (folder / "results/report/details.html").read_text())
    assert [escape(title, quote=False) for title in body.locator("h2").all_inner_texts()] == titles
    assert "Controls" in titles


def lists_of(report):
    """Yield each list of results: open its category, and its subcategory where there are several."""
    categories = report.page.evaluate("categories")
    for name in sorted(categories):
        for part, paths in categories[name].items():
            report.menu()
            report.page.click(f"nav >> text='{name}'")
            if len(categories[name]) > 1:
                report.page.click(f"nav >> text='{part}'")
            yield name, paths


def test_every_category_opens_and_shows_what_it_lists(report, folder):
    shown = set()
    for _, paths in lists_of(report):
        for path in paths:
            entry = held_entry(report, path)
            row = report.page.locator(f"nav tr:has(td:text-is('{entry['labels']['content']}'))")
            SHOWS[Path(path).suffix](report.page, row.locator("a").first, folder / path)
            shown.add(path)
    assert shown == set(held(report))


def held_entry(report, path):
    return report.page.evaluate("path => results[path]", path)


def show_image(page, eye, path):
    eye.click()
    source = page.evaluate("path => results[path].data_uri", str(path.relative_to(path.parents[depth(path)])))
    image = page.locator(".h-screen img[src^='data:image']").last
    page.wait_for_function("image => image.naturalWidth > 0", arg=image.element_handle())
    assert image.get_attribute("src") == source
    box = image.bounding_box()
    assert box["width"] > 300
    assert box["x"] + box["width"] <= 1400
    assert box["height"] <= 900


def depth(path):
    """Return how many folders lie between a result and the folder of the run."""
    return len(path.parts) - path.parts.index("results") - 1


def show_page(page, eye, path):
    eye.click()
    title = path.read_text().partition("<h1>")[2].partition("</h1>")[0]
    body = page.frame_locator("iframe").locator("body")
    body.locator(f"h1:text-is('{title}')").wait_for()
    table = path.parents[1] / f"summary/{path.stem}.csv"
    if table.exists():
        rows = len(table.read_text().splitlines()) - 1
        assert body.locator("tbody tr").count() == rows
        assert body.locator("thead th").all_inner_texts() == table.read_text().splitlines()[0].split(",")
    assert "NaN" not in body.inner_text()


def hold_file(page, eye, path):
    """Check that a file that no browser shows is there to be saved, whole."""
    address = eye.get_attribute("href")
    assert eye.get_attribute("download") == path.name
    assert base64.b64decode(unquote(address).partition("base64,")[2]) == path.read_bytes()


SHOWS = {".png": show_image, ".html": show_page, **dict.fromkeys((".csv", ".rst", ".md", ".json"), hold_file)}


def test_every_caption_is_resolved_and_complete(report):
    for path, entry in held(report).items():
        report.page.evaluate("path => app.showResultInfo(path)", path)
        caption = report.page.locator("nav li:has(p)").inner_text().strip()
        assert not [word for word in UNRESOLVED if word in caption], path
        assert caption.endswith("."), path
        assert len(caption.split()) > 15, path
        assert "system-message" not in entry["caption"]


def test_run_times_are_shown(report):
    report.page.click("nav >> text='Statistics'")
    report.page.wait_for_selector("#runtimes canvas")
    report.page.wait_for_selector("#timeline canvas")
    times = report.page.evaluate("runtimes_spec")["data"]["values"]
    assert {"maps", "training", "cka", "figure1", "results"} <= {time["rule"] for time in times}
    assert all(time["runtime"] >= 0 for time in times)


def test_configuration_and_checksums_are_those_of_the_run(folder):
    pages = {path.stem: path.read_text() for path in folder.glob("results/report/*.html")}
    assert f"<pre>{escape((folder / 'config/test.yaml').read_text())}</pre>" in pages["configuration"]
    assert all(f"<td>{version}</td>" in pages["versions"] for version in (pd.__version__, __version__))
    scores = (folder / "results/summary/scores.csv").read_bytes()
    assert f"<td>{hashlib.sha256(scores).hexdigest()}</td>" in pages["checksums"]
    description = json.loads((folder / "results/models/T-MockTNG.json").read_text())
    assert f"<td>{description['sha256']}</td>" in pages["checksums"]


def test_a_part_of_a_run_has_a_report(folder, browser):
    run(folder, "results/figures/figure1.png", *TEST, "--report", "part.html")
    page = browser.new_page()
    page.goto((folder / "part.html").as_uri())
    assert "without the result in words" in page.inner_text(".prose")
    assert set(page.evaluate("results")) == {"results/figures/figure1.png"}
    assert "results/report/results.rst" not in page.evaluate("results")
    page.close()
