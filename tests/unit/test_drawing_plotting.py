import json

import pytest

from repshift.drawing.plotting import HOUSE, OTHER_COLOURS, SUITE_COLOURS, Look, Plotting, make_plotting
from repshift.stages.figures.sources import read_plotting
from repshift.vocabulary import InputError
from test_drawing_figure1 import SIMBA, TNG, draw, panels, written

MANY = [f"suite {index}" for index in range(20)]


def colours(plotting, suites):
    return [plotting.suite_colour(suite) for suite in suites]


@pytest.mark.parametrize("suites", [MANY, [*SUITE_COLOURS, *MANY[:12]]])
def test_no_two_of_twenty_suites_share_a_colour(suites):
    assert len(set(colours(HOUSE.of(suites), suites))) == 20


def test_known_suites_keep_their_colours_beside_others():
    assert colours(HOUSE.of(["EAGLE", "SIMBA"]), ["EAGLE", "SIMBA"]) == [OTHER_COLOURS[0], SUITE_COLOURS["SIMBA"]]


def test_suites_of_the_configuration_come_first():
    plotting = Plotting(suites={"A": Look(), "B": Look()})
    assert colours(plotting.of(["C", "B"]), "ABC") == list(OTHER_COLOURS[:3])


def test_a_colour_given_to_one_suite_is_no_other_suites():
    plotting = Plotting(suites={"A": Look(color=OTHER_COLOURS[0]), "B": Look()})
    assert colours(plotting, "AB") == list(OTHER_COLOURS[:2])


def test_a_domain_has_its_own_colour_or_that_of_its_suite():
    plotting = Plotting(domains={"noisy": Look(color="red")})
    assert plotting.case_colour("noisy", "SIMBA") == "red"
    assert plotting.case_colour("SIMBA", "SIMBA") == SUITE_COLOURS["SIMBA"]


def test_the_option_of_the_command_line_is_json():
    text = json.dumps({"suites": {"A": {"color": "red", "label": "a"}, "B": {}}, "models": {"M": {"label": "net"}}})
    assert read_plotting(text) == Plotting({"A": Look("red", "a"), "B": Look()}, {}, {"M": Look(label="net")})
    assert read_plotting("{}") == HOUSE


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], r"plotting is \[\]; expected suites, domains, models"),
        ({"suite": {}}, "plotting has 'suite'; expected suites, domains, models"),
        ({"suites": ["A"]}, r"plotting.suites is \['A'\]; expected names"),
        ({"suites": {"A": "red"}}, "plotting.suites.A is 'red'; expected color, label"),
        ({"suites": {"A": {"colour": "red"}}}, "plotting.suites.A has 'colour'; expected color, label"),
        ({"models": {"A": {"color": "redd"}}}, "plotting.models.A.color is 'redd'; expected a colour"),
        ({"domains": {"A": {"color": 3}}}, "plotting.domains.A.color is 3; expected a colour"),
        ({"domains": {"A": {"label": " "}}}, "plotting.domains.A.label is ' '; expected words"),
    ],
)
def test_what_is_no_look_is_refused(content, message):
    with pytest.raises(InputError, match=message):
        make_plotting(content)


def test_what_is_no_json_is_refused():
    with pytest.raises(InputError, match="--plotting is 'suites: A', which is no JSON"):
        read_plotting("suites: A")


def test_a_figure_has_the_colours_and_labels_given():
    looks = {
        "suites": {"MockTNG": {"color": "#123456", "label": "TNG*"}},
        "models": {TNG[0]: {"label": "first", "color": "#654321"}},
    }
    figure = draw(models=(TNG[0], SIMBA[0]), plotting=make_plotting(looks))
    assert "TNG* → MockSIMBA\nout of distribution" in written(figure)
    (heading,) = [text for text in figure.texts if text.get_text() == "Gas temperature: model first"]
    assert heading.get_color() == "#654321"
    (spectra,) = panels(figure, f"eigenvalues {TNG[0]}")
    assert [line.get_color() for line in spectra.lines[:2]] == ["#123456", SUITE_COLOURS["MockSIMBA"]]
