"""Sentences about what is wrong, gathered so that all of them are said, not the first alone."""

from collections.abc import Iterator
from contextlib import contextmanager

from repshift.vocabulary import InputError


class Problems:
    """What the user can mend, in the order in which it was found, each sentence once."""

    def __init__(self) -> None:
        self.found: list[Exception] = []

    def note(self, condition: object, sentence: str) -> None:
        """Note a sentence where a condition does not hold."""
        if not condition:
            self._add(InputError(sentence))

    @contextmanager
    def gathering(self, place: str = "") -> Iterator[None]:
        """Note what is refused inside, after the place that it is about, and go on behind it."""
        try:
            yield
        except ExceptionGroup as group:
            for error in group.exceptions:
                self._add(error)
        except FileNotFoundError as error:
            self._add(error)
        except InputError as error:
            self._add(InputError(f"{place}: {error}") if place else error)
        except OSError as error:
            self._add(InputError(f"{error.filename} cannot be read: {error.strerror}."))

    def require_none(self) -> None:
        """Stop where anything was noted.

        Raises
        ------
        ExceptionGroup
            Of all that was noted.
        """
        if self.found:
            raise ExceptionGroup("what is to be mended", self.found)

    def _add(self, error: Exception) -> None:
        if str(error) not in map(str, self.found):
            self.found.append(error)
