"""Values that a slip of the keyboard makes are refused: types, sizes, names, and YAML that holds itself."""

import pytest

from repshift.study.configuration import Study
from repshift.study.reading import read_study
from repshift.study.sentences import FORMS
from repshift.vocabulary import InputError
from studies import ROOT, changed, put, refusal, study_of


def rename(name):
    """Call a domain by another name."""

    def change(configuration):
        configuration["domains"][name] = {"suite": "MockTNG", "set": "LHT"}

    return change


@pytest.mark.parametrize(
    ("keys", "value", "message"),
    [
        (("activations", "n_maps"), 12.0, "at activations.n_maps, 12.0 is not a whole number."),
        (("activations", "n_maps"), "12", "at activations.n_maps, '12' is not a whole number."),
        (("activations", "n_maps"), True, "at activations.n_maps, True is not a whole number."),
        (("activations", "passes"), True, "at activations.passes, True is not a whole number."),
        (("activations", "cache"), 1, "at activations.cache, 1 is not true or false."),
        (("activations", "dropout"), True, "at activations.dropout, True is not one of ['on', 'off']"),
        (("maps", "mock", "size"), 32.0, "at maps.mock.size, 32.0 is not a whole number."),
        (("training", "learning_rate"), "3e-3", "at training.learning_rate, '3e-3' is not a number."),
        (("training", "learning_rate"), float("nan"), "at training.learning_rate, nan is not a finite number."),
        (("training", "weight_decay"), float("inf"), "at training.weight_decay, inf is not a finite number."),
        (("cases", "T-MockTNG"), "MockTNG", "at cases.T-MockTNG, 'MockTNG' is not a list."),
        (
            ("cka", "seed"),
            2**63,
            "at cka.seed, 9223372036854775808 is greater than the maximum of 9223372036854775807.",
        ),
        (("activations", "seed"), -1, "at activations.seed, -1 is less than the minimum of 0."),
    ],
)
def test_another_type_of_value_is_refused(keys, value, message):
    assert message in refusal(put(*keys, value=value))


@pytest.mark.parametrize(
    "keys",
    [
        ("threads",),
        ("activations", "n_maps"),
        ("activations", "maps_each"),
        ("activations", "batch_size"),
        ("cka", "batch_size"),
        ("intervals", "resamples"),
        ("permutation_tests", "permutations"),
        ("influence", "most"),
        ("influence", "draws"),
        ("sample_size", "draws"),
        ("predictions", "batch_size"),
        ("shift_scores", "components"),
        ("shift_scores", "folds"),
        ("failures", "resamples"),
        ("training", "hidden"),
        ("training", "epochs"),
        ("training", "batch_size"),
        ("training", "patience"),
        ("maps", "mock", "box"),
        ("maps", "mock", "simulations", "LH"),
        ("models", "T-MockTNG-untrained", "untrained", "hidden"),
    ],
)
def test_an_absurd_size_is_refused(keys):
    assert f"at {'.'.join(keys)}, 1000000000 is greater than the maximum of" in refusal(put(*keys, value=10**9))


def test_the_largest_seed_is_taken():
    assert study_of(put("cka", "seed", value=2**63 - 1)).cka.seed == 2**63 - 1


@pytest.mark.parametrize("name", ["two\nlines", "ends\n", "", "-dash", "a/b", "a b", "ü", ".."])
def test_a_name_that_is_no_part_of_a_path_is_refused(name):
    assert "is not a name of letters" in refusal(rename(name))


def test_a_name_of_300_letters_is_refused():
    assert "is longer than 100 characters" in refusal(rename("x" * 300))


def test_a_name_that_is_a_number_is_refused():
    assert "12 is not text" in refusal(rename(12))


def read(folder, text):
    path = folder / "changed.yaml"
    path.write_text(text)
    return read_study(changed(), files=[path])


@pytest.mark.parametrize("text", ["a: &x\n  b: *x\n", "a: &x\n  - 1\n  - *x\n"])
def test_an_anchor_that_holds_itself_is_refused(tmp_path, text):
    with pytest.raises(InputError, match="an anchor holds itself"):
        read(tmp_path, text)


def test_a_configuration_that_holds_itself_is_refused():
    configuration = changed()
    configuration["plotting"] = configuration
    with pytest.raises(InputError, match="at plotting, an anchor holds itself"):
        read_study(configuration)


def test_an_anchor_that_is_used_twice_is_taken(tmp_path):
    assert read(tmp_path, "a: &x [1]\nb: *x\nc: *x\n").device == "cpu"


def test_a_section_that_stands_twice_is_refused(tmp_path):
    with pytest.raises(InputError, match="cases stands twice in the section of line 1"):
        read(tmp_path, (ROOT / "config/test.yaml").read_text().partition("\n\n")[2] + "\ncases: {}\n")


def test_text_that_is_no_yaml_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"changed\.yaml cannot be read as YAML"):
        read(tmp_path, "a: [1\n")


def test_a_list_as_a_key_is_refused(tmp_path):
    with pytest.raises(InputError, match="a key in the section of line 1 is no word"):
        read(tmp_path, "? [a, b]\n: 1\n")


def test_two_files_are_refused():
    with pytest.raises(InputError, match=r"2 files were given, config/a\.yaml, config/b\.yaml\. A run reads one"):
        read_study(changed(), files=["config/a.yaml", "config/b.yaml"])


@pytest.mark.parametrize("change", [put("models", "then", value={}), put("fields", "x", "units", value="then")])
def test_the_word_between_commands_names_nothing(change):
    assert "is 'then', the word between commands. Expected another" in refusal(change)


def patterns(schema):
    """Yield the patterns of a schema, wherever they stand."""
    for key, value in schema.items() if isinstance(schema, dict) else enumerate(schema):
        if key == "pattern" and isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            yield from patterns(value)


def test_every_pattern_of_the_configuration_is_said_in_words():
    assert set(patterns(Study.model_json_schema())) == set(FORMS)
