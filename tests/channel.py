"""A conda channel on this machine, made of what is installed beside it, and the command `conda` that reads it. No test.

Nothing is downloaded. A package of the channel has the name, the version and the dependencies of an installed
distribution, and holds links to its files; py-rattler, a conda client, indexes the channel, solves and installs. The
command does what Snakemake asks of `conda`, no more. In place of a channel it also takes the word `pip`, and installs
the same versions from PyPI.
"""

import argparse
import asyncio
import io
import json
import os
import shlex
import subprocess
import sys
import tarfile
import venv
from importlib import metadata
from pathlib import Path

import rattler
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rattler.index import index_fs

ROOT = Path(__file__).parents[1]
ON_PYPI = {"pytorch": "torch", "matplotlib-base": "matplotlib"}
"""Names of conda-forge that are not those of PyPI, whose capitals do not count."""

ON_CONDA = {pypi: conda for conda, pypi in ON_PYPI.items()}
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
PIP = "pip"
PACKAGES = f"lib/python{PYTHON}/site-packages"


def pins_of(path):
    """Return what an environment asks for of each package, by its name on PyPI, and of Python: ``==1.2``."""
    pins = dict(pin.split(" ") for pin in yaml.safe_load(path.read_text())["dependencies"])
    return {ON_PYPI.get(name, name): version for name, version in pins.items()}


def version_of(distribution):
    """Return a version without what says for which device it was built: ``2.13.0`` of ``2.13.0+cpu``."""
    return distribution.version.partition("+")[0]


def required(name):
    """Return what an installed distribution requires on this machine."""
    found = (Requirement(text) for text in metadata.requires(name) or [])
    return [one for one in found if one.marker is None or one.marker.evaluate({"extra": ""})]


def closure(names):
    """Return distributions and all that they require, directly or not."""
    found, waiting = set(), [canonicalize_name(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [canonicalize_name(one.name) for one in required(name)]
    return sorted(found)


def write_channel(folder):
    """Write the channel of all that the environments may hold, and return the folder that holds it."""
    names = {name for path in (ROOT / "envs").glob("*.yaml") for name in pins_of(path)} - {"python"}
    here = folder / "conda-forge" / "noarch"
    here.mkdir(parents=True)
    _write_python(here)
    taken = set()
    for name in closure(names):
        _write_distribution(here, name, taken)
    asyncio.run(index_fs(folder / "conda-forge"))
    return folder


def _write_python(folder):
    home = Path(sys.base_prefix) / "bin" / f"python{PYTHON}"
    links = {f"bin/{name}": home for name in ("python", "python3", f"python{PYTHON}")}
    settings = f"home = {home.parent}\ninclude-system-site-packages = false\n"
    _write_package(folder, "python", sys.version.split()[0], [], links, {"pyvenv.cfg": settings})


def _write_distribution(folder, name, taken):
    """Write the package of a distribution; of what several share, a namespace, the first holds all."""
    found = metadata.distribution(name)
    tops = {path.parts[0] for path in found.files or []} - {"..", "__pycache__"} - taken
    taken |= tops
    links = {f"{PACKAGES}/{top}": Path(str(found.locate_file(top))) for top in tops}
    named = [(canonicalize_name(one.name), one.specifier) for one in required(name)]
    depends = ["python", *(f"{ON_CONDA.get(other, other)} {wanted}".strip() for other, wanted in named)]
    _write_package(folder, ON_CONDA.get(name, name), version_of(found), depends, links, {})


def _write_package(folder, name, version, depends, links, texts):
    """Write a package of conda's first format, links and small files."""
    about = {"name": name, "version": version, "build": "0", "build_number": 0, "depends": depends, "subdir": "noarch"}
    paths = [{"_path": path, "path_type": "softlink"} for path in sorted(links)]
    paths += [{"_path": path, "path_type": "hardlink"} for path in texts]
    held = {
        "info/index.json": json.dumps(about | {"noarch": "generic"}),
        "info/paths.json": json.dumps({"paths": paths, "paths_version": 1}),
        "info/files": "".join(f"{path}\n" for path in [*sorted(links), *texts]),
        **texts,
    }
    with tarfile.open(folder / f"{name}-{version}-0.tar.bz2", "w:bz2") as archive:
        for path, text in held.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
        for path, target in sorted(links.items()):
            entry = tarfile.TarInfo(path)
            entry.type, entry.linkname = tarfile.SYMTYPE, str(target)
            archive.addfile(entry)


def write_command(folder, *, channels):
    """Write the command `conda` and the script that activates an environment; return the folder they are in."""
    here = folder / "bin"
    here.mkdir(parents=True)
    words = shlex.join([sys.executable, str(Path(__file__).resolve()), str(channels), str(folder)])
    (here / "conda").write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    (here / "conda").chmod(0o755)
    (here / "activate").write_text('export CONDA_PREFIX="$1" PATH="$1/bin:$PATH"\n')
    return here


def conda(words, *, channels, folder):
    """Do what Snakemake asks of the command `conda`, and return what it says."""
    if words == ["--version"]:
        return "conda 24.7.1"
    if words == ["info", "--json"]:
        return json.dumps({"conda_prefix": folder, "platform": str(rattler.platform.Subdir.current())})
    if words == ["config", "--get", "channel_priority", "--json"]:
        return json.dumps({"get": {"channel_priority": "strict"}})
    if words == ["clean", "-y", "--tarballs"]:
        return "There is nothing to clean."
    parser = argparse.ArgumentParser(prog="conda")
    parser.add_argument("action", nargs=2, choices=("env", "create"))
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--no-default-packages", action="store_true")
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--prefix", type=Path, required=True)
    given = parser.parse_args(words)
    if channels == PIP:
        _install(pins_of(given.file), given.prefix)
    else:
        asyncio.run(_solve(given.file, given.prefix, channels=Path(channels)))
    return f"{given.prefix}: made of {given.file}"


async def _solve(file, prefix, *, channels):
    """Solve and install what a file asks for, from the channels that it names and no others."""
    wanted = yaml.safe_load(file.read_text())
    sources = [rattler.Channel((channels / name).as_uri()) for name in wanted["channels"]]
    records = await rattler.solve(sources=sources, specs=wanted["dependencies"], platforms=["noarch"])
    await rattler.install(records, target_prefix=prefix, cache_dir=channels / ".cache", show_progress=False)


def _install(pins, prefix):
    """Let pip install the same versions, and what they require within the lock."""
    venv.create(prefix, symlinks=True)
    wanted = [f"{name}{version}" for name, version in pins.items() if name != "python"]
    pip = [sys.executable, "-m", "pip", "--python", str(prefix / "bin/python"), "install", "--quiet", "--no-compile"]
    subprocess.run([*pip, "--constraint", str(ROOT / "requirements.lock"), *wanted], check=True)


if __name__ == "__main__":
    sys.stdout.write(conda(sys.argv[3:], channels=sys.argv[1], folder=sys.argv[2]) + "\n")
    sys.stdout.flush()
    os._exit(0)  # not by way of the interpreter's end, where threads that rattler leaves behind crash now and then
