"""The pages as a site: each is in its navigation once, and what they link is there."""

import re
from pathlib import Path

import pytest
import yaml
from docs.links import linked, links, rewritten, target

from repshift.stages.figures import ACTIONS
from repshift.study.figures import Figures

ROOT = Path(__file__).parents[2]
CONFIGURATION = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
OUTSIDE = list(linked(ROOT))
PAGES = [*(f"docs/{path.name}" for path in sorted(ROOT.glob("docs/*.md"))), *(p for p in OUTSIDE if p.endswith(".md"))]


def anchors(page):
    """Return the anchors of a page as GitHub makes them of its headings."""
    text = re.sub(r"(?ms)^```.*?^```$", "", (ROOT / page).read_text())
    headings = re.findall(r"(?m)^#+ (.*)$", text)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def listed():
    """Return the pages of the navigation in its order."""
    return [
        page for section in CONFIGURATION["nav"] for pages in section.values() for one in pages for page in one.values()
    ]


def test_the_navigation_names_every_page_once():
    assert sorted(listed()) == sorted(page.removeprefix("docs/") for page in PAGES)


def test_the_navigation_has_four_sections():
    assert [name for section in CONFIGURATION["nav"] for name in section] == [
        "Start",
        "How-to",
        "Concepts",
        "Reference",
    ]


@pytest.mark.parametrize("page", PAGES)
def test_links_and_their_anchors_resolve(page):
    text = (ROOT / page).read_text()
    assert [link for link in links(text) if not (ROOT / target(link, page)).exists()] == []
    for link, anchor in re.findall(r"\]\(([^)\s#:]*)#([^)\s]+)\)", text):
        assert anchor in anchors(target(link, page) if link else page), f"{link}#{anchor}"


@pytest.mark.parametrize(
    ("page", "text", "expected"),
    [
        ("docs/own.md", "[a](costs.md#one) ![b](images/c.png)", "[a](costs.md#one) ![b](images/c.png)"),
        ("docs/own.md", "[a](../config/repair.yaml)", "[a](config/repair.yaml)"),
        ("README.md", "[`a`](docs/own.md), [b](https://c.org/d)", "[`a`](own.md), [b](https://c.org/d)"),
        ("examples/lenses/README.md", "![a](../../docs/images/b.png)", "![a](../../images/b.png)"),
        ("examples/lenses/README.md", "[a](sky.py) [b](#c)", "[a](sky.py) [b](#c)"),
    ],
)
def test_links_lead_to_where_files_lie_in_the_site(page, text, expected):
    assert rewritten(text, page) == expected


def test_code_holds_no_links():
    text = "`x[0](docs/a.md)`\n\n```python\nx[0](docs/a.md)\n```\n"
    assert links(text) == []
    assert rewritten(text, "README.md") == text


def test_what_pages_link_is_taken_in():
    assert {"README.md", "config/README.md", "config/repair.yaml", "examples/galaxies/sky.py"} <= set(OUTSIDE)
    assert len(OUTSIDE) == len(set(OUTSIDE))


def test_every_package_of_the_site_is_pinned():
    lines = (ROOT / CONFIGURATION["docs_dir"] / "requirements.txt").read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"#.*|[\w.-]+==[\w.]+", line)] == []
    assert {"mkdocs", "mkdocs-material"} <= {line.partition("==")[0] for line in lines}


def test_the_gallery_has_every_kind_of_figure():
    headings = re.findall(r"(?m)^## (.*)$", (ROOT / "docs/gallery.md").read_text())
    names = {re.sub(r"^figure_(\d)$", r"figure\1", heading.lower().replace(" ", "_")) for heading in headings}
    assert names == {*ACTIONS, "controls"}


def test_the_gallery_has_every_key_of_figures():
    page = (ROOT / "docs/gallery.md").read_text()
    assert [key for key in Figures.model_fields if f"Key: `{key}`" not in page] == ["estimator", "parameters"]
