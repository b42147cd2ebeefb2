"""What a bad server or a bad connection does wrong."""

import re
from dataclasses import dataclass
from typing import Final

from repshift.vocabulary import InputError


@dataclass(frozen=True)
class Faults:
    """What the server does wrong.

    Attributes
    ----------
    cut
        Close every connection after that many bytes of bodies, whatever Content-Length promised.
    ignore_range
        Answer every range with the whole file.
    change
        Replace the file after each request: other bytes, ETag and Last-Modified, the same size. With ``times=1`` it is
        replaced once, between the first request and the second.
    wrong
        Send other bytes, as many as were promised.
    stall
        Seconds without a byte in the middle of every body of two bytes or more.
    status
        Answer with this status.
    redirect
        Answer 302, to this address with the path appended.
    no_validator
        Send neither ETag nor Last-Modified.
    match
        Regular expression, searched for in the path: the requests that the faults apply to.
    times
        Only the first requests of each path, counted from the server's start, meet the faults. None: all.

    Raises
    ------
    InputError
        If `match` is no regular expression.
    """

    cut: int | None = None
    ignore_range: bool = False
    change: bool = False
    wrong: bool = False
    stall: float | None = None
    status: int | None = None
    redirect: str | None = None
    no_validator: bool = False
    match: str = ""
    times: int | None = None

    def __post_init__(self) -> None:
        try:
            re.compile(self.match)
        except re.error as error:
            raise InputError(f"'{self.match}' is not a regular expression: {error}.") from error


NO_FAULTS: Final = Faults()
"""A server as it should be."""
