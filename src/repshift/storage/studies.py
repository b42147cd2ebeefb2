"""Hyper-parameter searches as CMD publishes them: optuna's SQLite studies, read as data that nobody vouches for.

References
----------
https://camels-multifield-dataset.readthedocs.io, "Parameter inference": the databases.
Akiba et al. 2019, "Optuna", arXiv 1907.10902.
"""

import logging
import math
import re
import shutil
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import optuna
from optuna.storages import RDBStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import Engine, event

from repshift.storage.files import replacing
from repshift.vocabulary import InputError

_MAGIC: Final = b"SQLite format 3\x00"

_WIDEST: Final = 64
"""Five times CMD's widest network: a study may not ask for more memory than there is."""

_DATA: Final = re.compile(r"table \s*CREATE\s+TABLE\s|index (\s*CREATE\s+(UNIQUE\s+)?INDEX\s|\Z)", re.IGNORECASE)
"""Kind and statement of what holds data; an index of a constraint has no statement of its own."""

_WITHOUT_CHECK: Final = """
    CREATE TABLE unchecked AS SELECT * FROM studies;
    DROP TABLE studies;
    ALTER TABLE unchecked RENAME TO studies;
"""


@dataclass(frozen=True)
class Trial:
    """A completed trial of a search.

    Attributes
    ----------
    number
        Of the trial in its study, from 0: what the file of its weights is named by.
    rank
        1 for the lowest value of the study.
    value
        Validation loss, dimensionless; lower is better.
    hidden, dropout
        Width and dropout rate of its network, as `repshift.networks.CMDNetwork` takes them.
    """

    number: int
    rank: int
    value: float
    hidden: int
    dropout: float


def read_trial(path: Path, *, study: str, rank: int) -> Trial:
    """Read the trial that comes `rank`-th among the completed ones of finite value, the lowest value first.

    Parameters
    ----------
    path
        SQLite file of optuna, of any version so far. It is never written: an old one is upgraded in a copy.
    study
        Name of the study.
    rank
        1 for the best trial. Of equal values, the lower number comes first.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it is no study of optuna's, is damaged, holds other than data, has no such study or trial, is not minimised,
        or lacks the parameters ``hidden`` and ``dr``.

    Notes
    -----
    optuna keeps everything in tables as numbers, text and JSON, and unpickles nothing. What a database could carry
    beside data (triggers, views, virtual tables) is refused before optuna opens it.
    """
    trials = [trial for trial in _read_trials(path, study) if trial.state is TrialState.COMPLETE]
    ranked = sorted((value, trial.number, trial) for trial in trials if math.isfinite(value := _value(trial, path)))
    if not 1 <= rank <= len(ranked):
        raise InputError(
            f"{path} has no trial of rank {rank}: study '{study}' holds {len(ranked)} completed trials of finite value."
        )
    value, number, trial = ranked[rank - 1]
    hidden, dropout = _parameters(trial, f"{path}: trial {number} of study '{study}'")
    return Trial(number, rank, value, hidden, dropout)


def require_study(path: Path, *, study: str) -> None:
    """Refuse a file that does not hold the study, whole and to be minimised; errors as `read_trial`."""
    _read_trials(path, study)


@contextmanager
def writing_study(path: Path, *, study: str, seed: int) -> Iterator[optuna.Study]:
    """Yield a new study to be minimised, whose suggestions `seed` draws; write it to `path` at the end."""
    with replacing(path) as temporary, TemporaryDirectory() as directory, _quiet():
        database = Path(directory) / "study.db"
        with _storage(database) as storage:
            sampler = optuna.samplers.TPESampler(seed=seed)
            yield optuna.create_study(study_name=study, storage=storage, direction="minimize", sampler=sampler)
        shutil.copyfile(database, temporary)


def _read_trials(path: Path, study: str) -> list[FrozenTrial]:
    """Return all trials of a study, from a copy of the file; old ones use words that optuna deprecates."""
    with TemporaryDirectory() as directory, _quiet(), _distrusting(), warnings.catch_warnings(action="ignore"):
        copy = Path(directory) / "study.db"
        shutil.copyfile(path, copy)
        _require_data(copy, path)
        try:
            _upgrade(copy)
            with _storage(copy) as storage:
                return _trials(storage, study, path)
        except InputError:
            raise
        except Exception as error:  # whatever a stranger's file may do to optuna, SQLAlchemy or alembic
            raise InputError(f"{path} is not a whole study of optuna's: {_first_line(error)}") from error


def _require_data(copy: Path, path: Path) -> None:
    """Refuse what is no whole SQLite file, holds no study, or holds other than tables and their indices."""
    with copy.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise InputError(f"{path} is not a SQLite file: its first bytes are others. A study of optuna's is one.")
    try:
        with closing(sqlite3.connect(copy)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            schema = connection.execute("SELECT type, name, rootpage, sql FROM sqlite_master ORDER BY name").fetchall()
            carried = [str(name) for kind, name, rootpage, sql in schema if not _is_data(kind, rootpage, sql)]
            if carried:
                raise InputError(
                    f"{path} holds triggers, views or virtual tables: {carried[:4]}. A study is of tables."
                )
            damage = [str(line) for (line,) in connection.execute("PRAGMA quick_check(1)") if line != "ok"]
    except sqlite3.Error as error:
        raise InputError(f"{path} is a damaged SQLite file: {_first_line(error)}") from error
    if damage:
        raise InputError(f"{path} is a damaged SQLite file: {damage[0].splitlines()[-1]}.")
    tables = {str(name) for kind, name, *_ in schema if kind == "table"}
    if not {"studies", "trials", "version_info"} <= tables:
        raise InputError(f"{path} holds no study of optuna's: its tables are {sorted(tables)[:4]}.")


def _is_data(kind: object, rootpage: object, sql: object) -> bool:
    """Return whether an entry of a schema is a table or an index with a place in the file."""
    return isinstance(rootpage, int) and rootpage > 0 and _DATA.match(f"{kind} {sql or ''}") is not None


def _upgrade(copy: Path) -> None:
    """Bring the tables of a study of any version up to date.

    Up to optuna 2.3 a check of the table of studies names the column that the upgrade drops, so it fails: the table
    is made again without. Nor can it fill tables of today's columns, so none are made before.
    """
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("PRAGMA trusted_schema = OFF")
        if any(name == "direction" for _, name, *_ in connection.execute("PRAGMA table_info(studies)")):
            connection.executescript(_WITHOUT_CHECK)
    with _storage(copy, outdated=True) as storage:
        storage.upgrade()


def _trials(storage: RDBStorage, study: str, path: Path) -> list[FrozenTrial]:
    """Return the trials of a study that is to be minimised."""
    studies = {found.study_name: found._study_id for found in storage.get_all_studies()}
    if study not in studies:
        raise InputError(f"{path} holds no study '{study}'. It holds {sorted(studies)}.")
    directions = storage.get_study_directions(studies[study])
    if directions != [StudyDirection.MINIMIZE]:
        found = [direction.name.lower() for direction in directions]
        raise InputError(f"Study '{study}' of {path} has the directions {found}. Validation losses are minimised.")
    return storage.get_all_trials(studies[study])


def _value(trial: FrozenTrial, path: Path) -> float:
    """Return the value of a completed trial; not a number where it has none."""
    value: object = math.nan if trial.values is None else trial.values[0]
    if not isinstance(value, int | float):
        raise InputError(f"{path}: trial {trial.number} has the value {value!r:.60}. A validation loss is a number.")
    return float(value)


def _parameters(trial: FrozenTrial, what: str) -> tuple[int, float]:
    """Return the width and the dropout rate of a trial's network."""
    hidden, dropout = trial.params.get("hidden"), trial.params.get("dr")
    if not isinstance(hidden, int) or isinstance(hidden, bool) or not 1 <= hidden <= _WIDEST:
        raise InputError(f"{what} has the parameter hidden = {hidden!r}. A width is an integer from 1 to {_WIDEST}.")
    if not isinstance(dropout, int | float) or isinstance(dropout, bool) or not 0 <= dropout < 1:
        raise InputError(f"{what} has the parameter dr = {dropout!r}. A dropout rate is at least 0 and below 1.")
    return hidden, float(dropout)


@contextmanager
def _storage(database: Path, *, outdated: bool = False) -> Iterator[RDBStorage]:
    """Yield optuna's storage in a SQLite file, closed at the end; where outdated, with its tables as they are."""
    storage = RDBStorage(f"sqlite:///{database}", skip_compatibility_check=outdated, skip_table_creation=outdated)
    try:
        yield storage
    finally:
        storage.remove_session()
        storage.engine.dispose()


@contextmanager
def _distrusting() -> Iterator[None]:
    """Let no schema call what is not harmless, on any connection: the upgrade opens one that is not optuna's."""

    def distrust(connection: sqlite3.Connection, record: object) -> None:
        connection.execute("PRAGMA trusted_schema = OFF")

    event.listen(Engine, "connect", distrust)
    try:
        yield
    finally:
        event.remove(Engine, "connect", distrust)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep optuna's log off stderr: what matters is raised.

    A root logger without a handler would be set up by the upgrade, which also switches off all other loggers.
    """
    before, root, handler = optuna.logging.get_verbosity(), logging.getLogger(), logging.NullHandler()
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        optuna.logging.set_verbosity(before)


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0].rstrip(": ")[:200]
