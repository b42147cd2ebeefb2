"""The order of the files of a folder of images: that in which labels name them, else that of their names."""

import re
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path, PureWindowsPath

from repshift.storage.labels import is_number, read_cells
from repshift.storage.names import NUMPY, PICTURES, bare_name, is_fits
from repshift.vocabulary import InputError


def file_column(path: Path, files: Sequence[Path]) -> list[Path] | None:
    """Return files in the order in which a column of a table of labels names them; None where no column names any.

    A name counts whatever its folder, suffixes and case, but not where all cells of the column are numbers.

    Raises
    ------
    InputError
        If no column names each of them once and one names some, or other files, or the numbers of a column are those in
        the names of the files in another order: nothing says whether they are names or labels.
    """
    header, rows = read_cells(path)
    known = {bare_name(one).lower(): one for one in files}
    columns = {title: [row[number] for row in rows if len(row) > number] for number, title in enumerate(header)}
    named = {
        title: [known[name] for name in map(_bare, cells) if name in known]
        for title, cells in columns.items()
        if not all(map(is_number, cells))
    }
    for found in named.values():
        if len(found) == len(rows) == len(files) and len(set(found)) == len(files):
            return found
    for title, found in named.items():
        if found or any(map(_is_file, columns[title])):
            raise InputError(
                f"{path} names {len(set(found))} of {len(files)} files in {len(rows)} rows of column '{title}'. "
                "Expected each file once."
            )
    for title, cells in columns.items():
        given = _as_numbers(cells)
        for numbers in _numbers_of_names(files):
            if given != numbers and sorted(given) == sorted(numbers):
                raise InputError(
                    f"{path} has the numbers of the files in column '{title}', in another order. Give the labels a "
                    "column of the files' names, which sets the order of the maps."
                )
    return None


def _numbers_of_names(files: Sequence[Path]) -> list[list[float]]:
    """Return what the names of files may be numbered by: the whole name where it is a number, the digits in it."""
    names = [bare_name(one) for one in files]
    whole = _as_numbers(names)
    groups = zip_longest(*(re.findall(r"\d+", name) for name in names))
    return [whole, *(_as_numbers([word or "" for word in group]) for group in groups)]


def _as_numbers(words: Sequence[str]) -> list[float]:
    """Return words as numbers, none of them where one is no number."""
    return [float(word) for word in words] if all(map(is_number, words)) else []


def ordered_files(paths: list[Path], labels: Path | None) -> list[Path]:
    """Return files of a folder in the order of the labels that name them; without such, by their names.

    Raises
    ------
    InputError
        If labels go by an order that is not known; as `file_column` too.
    """
    if labels is None or len(paths) < 2:
        return paths
    named = file_column(labels, paths)
    if named is not None:
        return named
    paths = sorted(paths, key=bare_name)
    by_number = sorted(paths, key=_natural)
    if by_number != paths:
        first = next(pair for pair in zip(paths, by_number, strict=True) if pair[0] != pair[1])
        raise InputError(
            f"The files of {paths[0].parent} stand in another order by text than by number ('{first[0].name}' or "
            f"'{first[1].name}' first), and the labels of {labels} go by it. Give the labels a column that names the "
            "files, or write the numbers with zeros before them."
        )
    return paths


def _is_file(cell: str) -> bool:
    """Return whether a cell is the name of a file of images."""
    name = Path(cell.strip("'\""))
    return is_fits(name) or name.suffix.lower() in (*PICTURES, *NUMPY)


def _natural(path: Path) -> list[tuple[int, str]]:
    """Return what sorts names by the numbers in them."""
    parts = re.split(r"(\d+)", bare_name(path))
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts if part]


def _bare(cell: str) -> str:
    """Return the name that a cell may be of a file: without quotes, folders and suffixes, in small letters."""
    name = PureWindowsPath(cell.strip("'\"")).name
    return (bare_name(Path(name)) if is_fits(Path(name)) else Path(name).stem).lower()
