"""The command that checks a configuration before a run."""

import pytest

from repshift.__main__ import main


@pytest.fixture
def check(tmp_path, capsys):
    """Check a configuration of a text, and return the exit status and what was said."""

    def check(text):
        path = tmp_path / "study.yaml"
        path.write_text(text)
        status = main(["check", "--quick", str(path)])
        return status, capsys.readouterr().err

    return check


def test_the_default_can_be_run(caplog):
    assert main(["check", "--quick", "config/config.yaml"]) == 0
    assert "config/config.yaml: 8 models, 26 cases" in caplog.text


def test_an_anchor_that_holds_itself_is_one_sentence(check):
    status, said = check("suites: &suites\n  A: *suites\n")
    assert status == 2
    assert said == "repshift: error: Configuration: at suites.A, an anchor holds itself. Write its values out.\n"


def test_a_file_without_sections_is_refused(check):
    assert check("just words\n")[0] == 2


def test_what_the_workflow_refuses_is_refused(check):
    status, said = check("suites: {A: {provider: mock}}\n")
    assert status == 2
    assert "suites.A" in said


def test_anchors_that_stand_for_billions_are_refused(check):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    status, said = check("\n".join(lines))
    assert status == 2
    assert "more than 100000 values stand, anchors written out" in said


@pytest.mark.parametrize("text", ["device: 2001-99-01", "device: !!int x", "a: " + "[" * 500 + "]" * 500, "a: ["])
def test_what_is_no_yaml_is_one_sentence(check, text):
    status, said = check(text)
    assert status == 2
    assert "cannot be read as YAML" in said
    assert said.count("\n") == 1


def test_a_file_that_is_no_text_is_refused(tmp_path, capsys):
    (tmp_path / "latin.yaml").write_bytes(b"device: cpu # \xe9\n")
    assert main(["check", "--quick", str(tmp_path / "latin.yaml")]) == 2
    assert main(["check", "--quick", str(tmp_path)]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_merge_key_is_plain_yaml(check):
    assert "suites.A" in check("suites: {A: &base {provider: mock}, B: {<<: *base}}\n")[1]
