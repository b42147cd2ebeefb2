"""Numbers and labels keep their characters; pages are whole by themselves."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from docutils.core import publish_parts

from repshift.wording.html import MOST_ROWS, from_text, page, paragraph, table, verbatim
from repshift.wording.numbers import Estimate, quoted, unbroken


def test_labels_keep_their_characters():
    for text in ("Omega_m", "T_", "a*b", "`x`", "back\\slash"):
        assert f">{text}<" in publish_parts(quoted(text), writer="html")["fragment"]


def test_a_number_without_an_interval_has_no_brackets():
    assert [str(Estimate(value)) for value in (-0.004, -0.006, 1)] == ["0.00", "-0.01", "1.00"]
    assert str(Estimate(0.5, math.nan, 1.0)) == "0.50"


def test_a_page_escapes_and_fetches_nothing():
    text = page("<a>", [paragraph("b < c"), verbatim("x: <y>"), table(pd.DataFrame({"<z>": [1]}))])
    assert "<h1>&lt;a&gt;</h1>" in text
    assert all(part in text for part in ("b &lt; c", "x: &lt;y&gt;", "&lt;z&gt;"))
    assert not re.search(r"<script|<link|src=|href=|url\(|https?:", text)


def test_a_long_table_says_what_it_leaves_out():
    long = table(pd.DataFrame({"n": np.arange(MOST_ROWS + 1)}))
    assert long.startswith(f"<p>The first {MOST_ROWS} of {MOST_ROWS + 1} rows; the CSV file holds all.</p>")
    assert long.count("<td>") == MOST_ROWS
    assert table(pd.DataFrame({"n": np.arange(MOST_ROWS)})).count("<td>") == MOST_ROWS


def text_of(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


@pytest.mark.parametrize("label", ["T_", "a*b*", "`x`_", "|y|", "back\\slash\\", "a < b & c"])
def test_a_page_has_the_words_of_its_text(label):
    text = f"{quoted(label)}\n{'-' * 20}\n\n**{quoted(label)}** on T:\n\n- One of {quoted(label)}.\n- **Two**.\n"
    parts = "".join(from_text(text))
    docutils = publish_parts(f"First\n=====\n\n{text}", writer="html", settings_overrides={"halt_level": 2})
    assert text_of(docutils["html_body"]) == f"First {text_of(parts)}"
    assert [parts.count(f"<{tag}>") for tag in ("h2", "p", "ul", "li", "strong")] == [1, 1, 1, 2, 2]


def test_a_number_stays_with_its_interval():
    said = unbroken("R² 0.95 [0.92, 0.96] to 1, white noise [dex]")
    assert said == "R² 0.95\xa0[0.92,\xa00.96] to 1, white noise [dex]"
    assert unbroken("0.1 [0.04, not reached]") == "0.1\xa0[0.04,\xa0not reached]"
