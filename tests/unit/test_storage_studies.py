"""A search of any age gives its best trials and is never written; what is no such search is named."""

import contextlib
import dataclasses
import logging
import math
import os
import shutil
import sqlite3
import subprocess
import sys
import warnings
from pathlib import Path

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState, create_trial

import repshift
from repshift.storage.studies import _is_data, read_trial, require_study, writing_study
from repshift.vocabulary import InputError

NAME = "wd_dr_hidden_lr_o3"
DATA = Path(__file__).parents[1] / "data"
OLD = [DATA / "study_optuna_2.db", DATA / "study_optuna_2_3.db"]
DISTRIBUTIONS = {"dr": FloatDistribution(0.0, 0.9), "hidden": IntDistribution(1, 12)}


@pytest.fixture(autouse=True)
def silence():
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "study.db"


def trial_of(value, state=TrialState.COMPLETE, *, hidden=6, dr=0.25):
    params = {"dr": dr, "hidden": hidden}
    return create_trial(value=value, state=state, params=params, distributions=DISTRIBUTIONS)


def write(path, trials, **arguments):
    """Write a study as today's optuna does."""
    storage = optuna.storages.RDBStorage(f"sqlite:///{path}")
    options = {"study_name": NAME, "direction": "minimize"} | arguments
    optuna.create_study(storage=storage, **options).add_trials(trials)
    storage.remove_session()
    storage.engine.dispose()


def execute(path, statement):
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("old", OLD, ids=lambda old: old.stem)
def test_a_study_of_2021_gives_its_trials_from_the_best_on(old):
    trials = [read_trial(old, study=NAME, rank=rank) for rank in range(1, 6)]
    assert [trial.number for trial in trials] == [5, 3, 6, 1, 0]
    assert [trial.value for trial in trials] == [-5.75, -5.5, -4.9, -4.25, -3.1]
    assert [trial.rank for trial in trials] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("old", OLD, ids=lambda old: old.stem)
def test_a_file_is_checked_for_the_study_alone(old):
    require_study(old, study=NAME)
    with pytest.raises(InputError, match=rf"holds no study 'other'. It holds \['{NAME}'\]"):
        require_study(old, study="other")


def test_a_trial_has_the_width_and_dropout_of_its_training():
    best = read_trial(OLD[0], study=NAME, rank=1)
    assert best.hidden == 8
    assert best.dropout == pytest.approx(0.8714354181474578, abs=1e-15)


@pytest.mark.parametrize("old", OLD, ids=lambda old: old.stem)
def test_an_old_study_is_not_written(tmp_path, old):
    directory = tmp_path / "cmd"
    directory.mkdir()
    path = Path(shutil.copy2(old, directory))
    path.chmod(0o444)
    directory.chmod(0o555)
    before = path.read_bytes(), path.stat().st_mtime_ns
    try:
        read_trial(path, study=NAME, rank=1)
        assert (path.read_bytes(), path.stat().st_mtime_ns) == before
        assert list(directory.iterdir()) == [path]
    finally:
        directory.chmod(0o755)


def test_reading_an_old_study_leaves_the_logs():
    code = f"""
import logging
from pathlib import Path
from repshift.storage.studies import read_trial
mine = logging.getLogger("mine")
read_trial(Path({str(OLD[0])!r}), study={NAME!r}, rank=1)
assert not logging.getLogger().handlers and not mine.disabled
"""
    environment = os.environ | {"PYTHONPATH": str(Path(repshift.__file__).parents[1])}
    finished = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "", "")


def test_reading_leaves_warnings_and_optuna_s_log():
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    before = list(warnings.filters), list(logging.getLogger().handlers)
    read_trial(OLD[0], study=NAME, rank=1)
    assert optuna.logging.get_verbosity() == optuna.logging.WARNING
    assert (list(warnings.filters), list(logging.getLogger().handlers)) == before


def test_only_completed_trials_of_finite_value_count(path):
    ended = [
        trial_of(None, TrialState.FAIL),
        trial_of(-9.0, TrialState.PRUNED),
        trial_of(None, TrialState.RUNNING),
        trial_of(-math.inf),
        trial_of(math.inf),
        trial_of(-1.0, hidden=3),
    ]
    write(path, ended)
    assert read_trial(path, study=NAME, rank=1).hidden == 3
    with pytest.raises(InputError, match=r"no trial of rank 2: study 'wd_.*' holds 1 completed trials of finite value"):
        read_trial(path, study=NAME, rank=2)


def test_a_trial_without_a_value_does_not_count(path):
    write(path, [trial_of(-1.0), trial_of(-2.0)])
    execute(path, "DELETE FROM trial_values WHERE trial_id = 2")
    assert read_trial(path, study=NAME, rank=1).number == 0


@pytest.mark.parametrize("value", ["NULL", "'nan'"])
def test_a_completed_trial_whose_value_is_no_number_is_damage(path, value):
    shutil.copy(OLD[1], path)
    execute(path, f"UPDATE trials SET value = {value} WHERE number = 5")
    with pytest.raises(InputError, match=r"study.db is not a whole study of optuna's: ValueError: "):
        read_trial(path, study=NAME, rank=1)


def test_a_value_lost_since_is_damage(path):
    write(path, [trial_of(-1.0), trial_of(-2.0)])
    execute(path, "UPDATE trial_values SET value = NULL WHERE trial_id = 2")
    with pytest.raises(InputError, match="is not a whole study of optuna's: AssertionError$"):
        read_trial(path, study=NAME, rank=1)


def test_of_equal_values_the_lower_number_comes_first(path):
    write(path, [trial_of(-1.0), trial_of(-2.0), trial_of(-2.0)])
    assert [read_trial(path, study=NAME, rank=rank).number for rank in (1, 2, 3)] == [1, 2, 0]


@pytest.mark.parametrize("rank", [0, -1, 3])
def test_a_rank_that_there_is_not_is_refused(path, rank):
    write(path, [trial_of(-1.0), trial_of(-2.0)])
    with pytest.raises(InputError, match=rf"has no trial of rank {rank}: .* holds 2 completed"):
        read_trial(path, study=NAME, rank=rank)


def test_an_unknown_study_is_refused_with_those_there_are(path):
    for name in ("b", "a"):
        write(path, [trial_of(-1.0)], study_name=name)
    with pytest.raises(InputError, match=rf"study.db holds no study '{NAME}'. It holds \['a', 'b'\]"):
        read_trial(path, study=NAME, rank=1)


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"direction": "maximize"}, r"\['maximize'\]"),
        ({"directions": ["minimize"] * 2, "direction": None}, "minimize', "),
    ],
)
def test_a_study_that_is_not_minimised_is_refused(path, arguments, found):
    write(path, [], **arguments)
    with pytest.raises(InputError, match=rf"has the directions .*{found}.* Validation losses are minimised"):
        read_trial(path, study=NAME, rank=1)


@pytest.mark.parametrize(
    ("distribution", "name", "value", "message"),
    [
        (IntDistribution(-5, 5), "hidden", -3, "hidden = -3. A width is an integer from 1 to 64"),
        (FloatDistribution(1, 5), "hidden", 2.5, "hidden = 2.5. A width is"),
        (CategoricalDistribution([True]), "hidden", True, "hidden = True. A width is"),
        (FloatDistribution(0, 2), "dr", 1.0, "dr = 1.0. A dropout rate is at least 0 and below 1"),
        (CategoricalDistribution(["half"]), "dr", "half", "dr = 'half'. A dropout"),
    ],
)
def test_parameters_of_another_kind_are_refused(path, distribution, name, value, message):
    params, distributions = {"hidden": 6, "dr": 0.5, name: value}, DISTRIBUTIONS | {name: distribution}
    write(path, [create_trial(value=-1.0, params=params, distributions=distributions)])
    with pytest.raises(InputError, match=f"trial 0 of study '{NAME}' has the parameter {message}"):
        read_trial(path, study=NAME, rank=1)


def test_missing_parameters_are_named(path):
    write(path, [create_trial(value=-1.0)])
    with pytest.raises(InputError, match="has the parameter hidden = None"):
        read_trial(path, study=NAME, rank=1)


def test_a_missing_study_is_named(path):
    with pytest.raises(FileNotFoundError, match=r"study\.db"):
        read_trial(path, study=NAME, rank=1)


@pytest.mark.parametrize("content", [b"", b"<!DOCTYPE html><title>404</title>", b"SQLite format 2"])
def test_what_is_no_sqlite_file_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"study.db is not a SQLite file"):
        read_trial(path, study=NAME, rank=1)


@pytest.mark.parametrize("keep", [100, 5000, 60000])
def test_a_truncated_study_is_refused(path, keep):
    path.write_bytes(OLD[0].read_bytes()[:keep])
    with pytest.raises(InputError, match=r"study.db is a damaged SQLite file: "):
        read_trial(path, study=NAME, rank=1)


def test_a_database_of_something_else_is_refused(path):
    execute(path, "CREATE TABLE galaxies (mass REAL)")
    with pytest.raises(InputError, match=r"holds no study of optuna's: its tables are \['galaxies'\]"):
        read_trial(path, study=NAME, rank=1)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER extra AFTER UPDATE ON trial_params BEGIN DELETE FROM studies; END",
        "CREATE VIEW extra AS SELECT * FROM trials",
        "CREATE VIRTUAL TABLE extra USING fts5(word)",
    ],
)
def test_a_database_that_holds_more_than_tables_is_refused(path, statement):
    shutil.copy(OLD[0], path)
    execute(path, statement)
    with pytest.raises(InputError, match=r"holds triggers, views or virtual tables: \['extra'"):
        read_trial(path, study=NAME, rank=1)


@pytest.mark.parametrize(
    "entry",
    [
        "'table', 'extra', 'extra', 0, 'CREATE  VIRTUAL TABLE extra USING fts5(word)'",
        "'table', 'extra', 'extra', 0, 'CREATE\n\tvirtual TABLE extra USING fts5(word)'",
        "'table', 'extra', 'extra', 0, 'CREATE/**/VIRTUAL TABLE extra USING fts5(word)'",
        "'table', 'extra', 'studies', 0, 'CREATE TRIGGER extra AFTER UPDATE ON studies BEGIN DELETE FROM studies; END'",
        "'index', 'extra', 'studies', 9, 'CREATE TRIGGER extra AFTER UPDATE ON studies BEGIN DELETE FROM studies; END'",
        "'index', 'extra', 'extra', 0, 'CREATE VIEW extra AS SELECT * FROM trials'",
    ],
)
def test_what_is_disguised_as_a_table_is_refused(path, entry):
    shutil.copy(OLD[0], path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            f"PRAGMA writable_schema = ON; INSERT INTO sqlite_master VALUES ({entry}); PRAGMA writable_schema = OFF"
        )
    with pytest.raises(
        InputError, match=r"holds triggers, views or virtual tables: \['extra'|is a damaged SQLite file"
    ):
        read_trial(path, study=NAME, rank=1)


@pytest.mark.parametrize(
    ("expected", "kind", "rootpage", "sql"),
    [
        (True, "table", 2, "CREATE TABLE a (b)"),
        (True, "table", 2, "create  table a (b)"),
        (True, "index", 3, None),
        (True, "index", 3, "CREATE INDEX a ON b (c)"),
        (True, "index", 3, "CREATE UNIQUE INDEX a ON b (c)"),
        (False, "table", 0, "CREATE TABLE a (b)"),
        (False, "table", None, "CREATE TABLE a (b)"),
        (False, "table", 2, None),
        (False, "table", 2, "CREATE \n VIRTUAL\tTABLE a USING fts5(b)"),
        (False, "table", 2, "CREATE/**/VIRTUAL TABLE a USING fts5(b)"),
        (False, "table", 2, "CREATE VIEW a AS SELECT 1"),
        (False, "index", 2, "CREATE TRIGGER a"),
        (False, "view", 2, "CREATE TABLE a (b)"),
        (False, "trigger", 0, "CREATE TRIGGER a"),
    ],
)
def test_only_tables_and_indices_with_a_place_are_data(expected, kind, rootpage, sql):
    assert _is_data(kind, rootpage, sql) is expected


@pytest.mark.parametrize("old", OLD, ids=lambda old: old.stem)
def test_no_connection_trusts_the_schema(old, monkeypatch):
    executed, connect = [], sqlite3.connect

    class Listening(sqlite3.Connection):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            executed.append([])
            self.set_trace_callback(executed[-1].append)

    monkeypatch.setattr(
        sqlite3, "connect", lambda *given, **options: connect(*given, **options | {"factory": Listening})
    )
    monkeypatch.setattr(sqlite3.dbapi2, "connect", sqlite3.connect)
    read_trial(old, study=NAME, rank=1)
    assert len(executed) >= 4
    read = [statements for statements in executed if any("SELECT" in statement for statement in statements)]
    upgrading = [any("ALTER TABLE" in statement for statement in statements) for statements in read]
    assert any(upgrading)
    assert all(statements[0] == "PRAGMA trusted_schema = OFF" for statements in read)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE trial_params SET distribution_json = '{'",
        "UPDATE trial_params SET distribution_json = '[]'",
        "UPDATE alembic_version SET version_num = 'v9.0.0.a'",
        "UPDATE trial_params SET param_value = 'wide'",
        "DROP TABLE trial_params",
    ],
)
@pytest.mark.parametrize("old", OLD, ids=lambda old: old.stem)
def test_tables_that_optuna_cannot_read_are_refused(path, statement, old):
    shutil.copy(old, path)
    execute(path, statement)
    with pytest.raises(InputError, match=r"study.db "):
        read_trial(path, study=NAME, rank=1)


def test_a_written_study_is_read_back_and_drawn_by_its_seed(tmp_path):
    found = []
    for name in ("a {x} ? b.db", "b.db"):
        with writing_study(tmp_path / name, study=NAME, seed=3) as study:
            trial = study.ask()
            trial.suggest_int("hidden", 2, 40), trial.suggest_float("dr", 0.0, 0.9)
            study.tell(trial, -1.5)
        found.append(read_trial(tmp_path / name, study=NAME, rank=1))
    assert found[0] == found[1]
    assert dataclasses.asdict(found[0])["value"] == -1.5


def test_a_search_that_ends_in_an_error_leaves_no_study(tmp_path):
    with pytest.raises(KeyboardInterrupt), writing_study(tmp_path / "a.db", study=NAME, seed=3):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
