"""What a case is opened from, as a command line says it."""

import argparse
from pathlib import Path

import pytest

from repshift.case.inputs import case_inputs_of
from repshift.cli.cases import add_case
from repshift.cli.own_domain import add_own_domain
from repshift.storage.functions import Constructor
from repshift.vocabulary import Domain, InputError

WORDS = "--model m --weights w.pt --domain d --suite s --set LH --split all --standardisation own"
WORDS += " --maps a.npy --measured a.json --threads 1 --batch-size 2"
NAMES = ("domain", "suite", "set", "split", "standardisation", "maps", "measured")
OWN = dict(zip(NAMES, ("o", "t", "CV", "test", "training", "b.npy", "b.json"), strict=True))


def inputs(*more, own=OWN):
    """Return what the words of a case and of its own domain say, and what else they gave."""
    parser = argparse.ArgumentParser()
    add_case(parser)
    add_own_domain(parser, purpose="beside")
    beside = [word for name, value in own.items() for word in (f"--reference-{name}", value)]
    given = vars(parser.parse_args([*WORDS.split(), *beside, *more]))
    return case_inputs_of(given), given


def test_a_case_is_what_its_words_say():
    case, left = inputs("--functions", "f:g", "--functions-source", "code", "--constructor", "n:m")
    assert (case.model, case.weights, case.own) == ("m", Path("w.pt"), Constructor("n:m", None))
    assert case.domain == Domain("d", "s", "LH", "all", "own", redshift=None)
    assert (case.files.maps, case.files.parameters, case.files.measured) == ([Path("a.npy")], None, [Path("a.json")])
    assert case.files.functions == [Constructor("f:g", Path("code"))]
    assert left == {"threads": 1, "batch_size": 2}


def test_the_own_domain_has_its_files_and_the_same_functions():
    case, _ = inputs("--functions", "f:g")
    assert case.home.domain == Domain("o", "t", "CV", "test", "training", redshift=None)
    assert (case.home.files.maps, case.home.files.functions) == ([Path("b.npy")], case.files.functions)


def test_a_case_alone_has_no_own_domain():
    assert inputs(own={})[0].home is None


@pytest.mark.parametrize("missing", NAMES)
def test_a_part_of_the_own_domain_is_refused(missing):
    with pytest.raises(InputError, match=f"own domain lacks --reference-{missing}. Give all of it, or nothing"):
        inputs(own={name: value for name, value in OWN.items() if name != missing})
