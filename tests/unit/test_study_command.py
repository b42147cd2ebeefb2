"""The command that checks a configuration before a run."""

import pytest

from repshift.__main__ import main


@pytest.fixture
def check(tmp_path, capsys):
    """Check a configuration of a text, and return the exit status and what was said."""

    def check(text):
        path = tmp_path / "study.yaml"
        path.write_text(text)
        status = main(["study", "check", str(path)])
        return status, capsys.readouterr().err

    return check


def test_the_default_can_be_run(caplog):
    assert main(["study", "check", "config/config.yaml"]) == 0
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
