"""The command line: what words ask for, several commands in one process, the options before them, exit statuses."""

import errno
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from repshift import __main__ as program
from repshift.cli import exits
from repshift.cli.commands import COMMANDS, STAGES, Call, actions_of, call_of, calls_of, module_of, modules_of
from repshift.cli.exits import exit_status
from repshift.provenance.code import joint_digest
from repshift.storage.benchmarks import read_usage
from repshift.storage.files import sha256
from repshift.vocabulary import InputError

SOURCE = Path(__file__).parents[2] / "src"

SCORES = ["scores", "--predictions", "p.nc", "--grams", "g.nc", "--resamples", "200", "--seed", "1", "--output", "s.nc"]
SIZES = ["sample_size", "--grams", "g.nc", "--sizes", "20", "--draws", "3", "--seed", "1", "--output", "n.nc"]
MULTIPLY = ["grams", "multiply", "--activations", "a.nc", "--device", "cpu", "--threads", "1", "--output", "g.nc"]
MODULES = ["repshift.stages.grams.multiply", "repshift.stages.scores"]


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_a_module_or_has_actions(stage):
    actions = actions_of(stage)
    words = [[stage, action] for action in actions] or [[stage]]
    assert [module_of(each) for each in words] == [".".join(["repshift.stages", *each]) for each in words]


@pytest.mark.parametrize("words", [[], ["paint"], ["grams"], ["grams", "paint"], ["grams", "--output"], ["run"]])
def test_unknown_words_name_no_module(words):
    assert module_of(words) == ""


def test_a_command_of_a_run_has_its_module():
    assert [module_of([name, "--help"]) for name in COMMANDS] == [f"repshift.{place}" for place, _ in COMMANDS.values()]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["paint"], "invalid choice: 'paint'"),
        (["grams", "paint"], "invalid choice: 'paint'"),
        (["grams"], "the following arguments are required: ACTION"),
        ([], "the following arguments are required: COMMAND or STAGE"),
        (["run"], "the following arguments are required: COMMAND or STAGE"),
        (["run", *SIZES, "then"], "the following arguments are required: COMMAND or STAGE"),
        (["run", *SIZES, "then", "paint"], "invalid choice: 'paint'"),
        (["run", *SIZES, "--tone", "red"], "unrecognized arguments: --tone red"),
        (["run", "--gpus", "many", *SIZES], "invalid choice: 'many'"),
        (SCORES[:-2], "the following arguments are required: --output"),
    ],
)
def test_words_that_are_no_command_end_with_2(words, message, capsys):
    with pytest.raises(SystemExit) as ended:
        calls_of(words)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_one_command_is_one_call():
    (call,) = calls_of(SCORES)
    assert call == call_of(SCORES)
    assert (call.words, call.arguments["resamples"]) == ("scores", 200)
    assert "run" not in call.arguments


def test_commands_of_a_run_stand_between_then():
    calls = calls_of(["run", *MULTIPLY, "then", *SIZES, "then", *SCORES])
    assert [call.words for call in calls] == ["grams multiply", "sample_size", "scores"]
    assert calls[1].arguments == call_of(SIZES).arguments


def test_gpus_go_to_the_stages_that_take_them():
    multiply, scores = calls_of(["run", "--gpus", "0", *MULTIPLY, "then", *SCORES])
    assert multiply.arguments["gpus"] == 0
    assert "gpus" not in scores.arguments


def test_without_gpus_each_stage_keeps_its_own():
    (multiply,) = calls_of(["run", *MULTIPLY, "--gpus", "2"])
    assert multiply.arguments["gpus"] == 2


def test_modules_of_a_run_stand_once_and_sorted():
    assert modules_of(["run", "--gpus", "1", *SCORES, "then", *MULTIPLY, "then", *SCORES]) == MODULES
    assert modules_of(SCORES) == MODULES[1:]
    assert modules_of(["paint"]) == []


@pytest.fixture
def ran(monkeypatch):
    """What ran, in the order in which it ran, where stages only say that they run."""
    names = []

    def note(*, module):
        names.append(module)

    calls = [Call(module, note, {"module": module}) for module in reversed(MODULES)]
    monkeypatch.setattr(program, "calls_of", lambda words: calls)
    monkeypatch.setattr(program, "modules_of", lambda words: MODULES)
    return names


def planned():
    return joint_digest(MODULES, source=program.SOURCE)


def test_calls_run_one_after_the_other(ran):
    assert program.main(["run"]) == 0
    assert ran == MODULES[::-1]


def test_the_code_that_was_planned_runs(ran):
    assert program.main(["--code", planned(), "run"]) == 0
    assert ran == MODULES[::-1]


def test_nothing_runs_by_other_code(ran, capsys):
    assert program.main(["--code", "0" * 8, "run"]) == 2
    assert ran == []
    assert "has changed since the run was planned: planned with 00000000" in capsys.readouterr().err


def test_code_that_changes_meanwhile_ends_with_2(ran, monkeypatch, capsys):
    checks = iter([None, InputError("The code has changed.")])

    def require(modules, expected, *, source):
        if (error := next(checks)) is not None:
            raise error

    monkeypatch.setattr(program, "require_code", require)
    assert program.main(["--code", "1", "run"]) == 2
    assert ran == MODULES[::-1]
    assert capsys.readouterr().err.splitlines()[-1] == "repshift: error: The code has changed."


@pytest.mark.parametrize("code_first", [True, False])
def test_each_call_says_what_it_took(ran, tmp_path, code_first):
    options = [["--code", planned()], ["--costs", str(tmp_path / "job.log")]]
    first, second = options if code_first else options[::-1]
    assert program.main([*first, *second, "run"]) == 0
    usage = read_usage(tmp_path / "job.costs.tsv")
    assert [call.words for call in usage] == ["start", "scores", "grams multiply"]
    assert all(min(call.wall, call.seconds) >= 0 and call.megabytes > 0 for call in usage)


def test_without_costs_nothing_is_measured(ran, monkeypatch):
    monkeypatch.delattr(program, "Meter")
    assert program.main(["run"]) == 0


def test_an_option_without_its_value_is_no_option(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["src/repshift/__main__.py", "--code"])
    with pytest.raises(SystemExit) as ended:
        program.main()
    assert ended.value.code == 2
    assert "usage: python -m repshift" in capsys.readouterr().err


def test_the_command_that_is_installed_says_its_own_name(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["/usr/bin/repshift", "--help"])
    with pytest.raises(SystemExit):
        program.main()
    assert capsys.readouterr().out.startswith("usage: repshift [-h]")


def fail(error):
    def work():
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InputError("maps.npy holds 3 maps."), "maps.npy holds 3 maps."),
        (FileNotFoundError("maps.npy is not there."), "maps.npy is not there."),
        (
            FileNotFoundError(2, "No such file or directory", "a.pt"),
            "No such file: a.pt",
        ),
        (
            MemoryError("9 GB asked for"),
            "Memory is short: 9 GB asked for. Show fewer maps (activations.n_maps), or give the job more memory.",
        ),
    ],
)
def test_what_can_be_mended_is_one_line_and_2(error, line, capsys):
    assert exit_status(fail(error)) == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"repshift: error: {line}"


def test_several_things_to_mend_are_a_line_each(capsys):
    errors = [InputError("maps.npy holds 3 maps."), FileNotFoundError("No such file: a.csv")]
    assert exit_status(fail(ExceptionGroup("all", errors))) == 2
    assert capsys.readouterr().err.splitlines()[-2:] == [f"repshift: error: {error}" for error in errors]


def test_a_bug_among_several_keeps_its_traceback():
    with pytest.raises(ExceptionGroup):
        exit_status(fail(ExceptionGroup("all", [InputError("a"), ZeroDivisionError()])))


def test_a_bug_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        exit_status(fail(ZeroDivisionError()))


def test_work_that_ends_is_0_and_says_how_long(caplog):
    caplog.set_level(logging.INFO)
    assert exit_status(lambda: None) == 0
    assert caplog.messages[-1].startswith("done in 0.")


def test_a_signal_ends_as_an_error_does():
    kept = []

    def work():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            signal.pause()
        finally:
            kept.append("cleaned")

    with pytest.raises(SystemExit) as ended:
        exit_status(work)
    assert (ended.value.code, kept) == (128 + signal.SIGTERM, ["cleaned"])
    assert exits.logger.level == logging.INFO


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "The disk is full: results/a.nc"),
        (errno.EACCES, "Permission is denied: results/a.nc"),
        (errno.EISDIR, "A file was expected, and a directory found"),
        (errno.ENAMETOOLONG, "A name is too long for the disk"),
        (errno.ELOOP, "Links lead in a circle"),
        (errno.EROFS, "The disk is read-only"),
        (errno.EDQUOT, "The quota of the disk is used up"),
    ],
)
def test_what_the_machine_refuses_is_one_sentence(capsys, number, words):
    def work():
        raise OSError(number, os.strerror(number), "results/a.nc")

    assert exit_status(work) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("error:") == 1


@pytest.mark.parametrize("make", ["full", "directory", "loop", "long"])
def test_a_disk_that_cannot_be_written_ends_in_a_sentence(tmp_path, make, capsys):
    if make == "full" and not Path("/dev/full").exists():
        pytest.skip("There is no /dev/full.")
    paths = {"directory": tmp_path, "loop": tmp_path / "loop", "long": tmp_path / ("x" * 300)}
    if make == "loop":
        paths["loop"].symlink_to(paths["loop"])

    def work():
        if make == "full":
            with Path("/dev/full").open("w") as file:
                file.write("x" * 100_000)
        else:
            sha256(paths[make])

    assert exit_status(work) == 2
    assert capsys.readouterr().err.count("error:") == 1


def test_a_stranger_s_escape_sequences_are_not_printed(capsys):
    def work():
        raise InputError("layer 'name\x1b[31m\n' is none")

    assert exit_status(work) == 2
    assert capsys.readouterr().err == "repshift: error: layer 'name\\x1b[31m\\n' is none\n"


def test_the_command_line_runs_without_docstrings():
    command = [sys.executable, "-OO", "-m", "repshift", "scores", "--help"]
    done = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "how good the predictions of a case are" in done.stdout


def test_text_is_utf_8_whatever_the_locale(tmp_path):
    (tmp_path / "a.json").write_text('{"name": "Größe"}', encoding="utf-8")
    code = "import sys, pathlib; from repshift.storage.files import read_json; read_json(pathlib.Path(sys.argv[1]))"
    how = {"env": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONPATH": str(SOURCE)}, "check": False, "capture_output": True}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "warn_default_encoding", "-c", code, str(tmp_path / "a.json")], **how
    )
    assert done.returncode == 0, done.stderr
