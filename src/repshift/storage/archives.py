"""One file of many: same content, same bytes."""

import gzip
import io
import tarfile
from pathlib import Path
from typing import Final

from repshift.storage.files import replacing

_TIME: Final = 315532800
"""1980-01-01: when every file of an archive was changed, so that none looks newer than what is made from it."""


def write_archive(members: dict[str, Path | bytes], path: Path, *, folder: str) -> None:
    """Write files into a ``.tar.gz``, in one `folder`, sorted by name, without times, owners or modes of their own.

    Parameters
    ----------
    members
        The content of each file by its name: that of a file on disk, or bytes.
    path
        The archive.
    folder
        What all files are unpacked into.
    """
    with (
        replacing(path) as temporary,
        temporary.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w") as archive,
    ):
        for name in sorted(members):
            _add(archive, f"{folder}/{name}", members[name])


def _add(archive: tarfile.TarFile, name: str, content: Path | bytes) -> None:
    about = tarfile.TarInfo(name)
    about.mtime = _TIME
    if isinstance(content, bytes):
        about.size = len(content)
        archive.addfile(about, io.BytesIO(content))
        return
    about.size = content.stat().st_size
    with content.open("rb") as file:
        archive.addfile(about, file)
