"""Snakemake in processes forked of one that has imported it, which takes more than a second each time. No test.

The process that forks is started as ``python tests/forking.py``. It holds no module of the package: each child imports
that of its own folder, and is otherwise as if Snakemake had been typed there.
"""

import atexit
import gc
import json
import os
import subprocess
import sys
import traceback
from functools import cache
from importlib import import_module
from pathlib import Path

USED = ("snakemake.cli", "numpy", "pandas", "pydantic", "scipy.special", "yaml")
"""What every plan imports, but for the package."""


def call(function, *values, folder, environment, output):
    """Call a function ``module:name`` in a child, in a folder, with plain values; return its exit status."""
    order = {"function": function, "values": values}
    order |= {"folder": str(folder), "environment": environment, "output": str(output)}
    server().stdin.write(json.dumps(order) + "\n")
    server().stdin.flush()
    return int(server().stdout.readline())


@cache
def server():
    """Start the process that forks, and end it with this one."""
    environment = {"PATH": os.environ["PATH"], "OPENBLAS_NUM_THREADS": "1"}  # threads do not outlive a fork
    command = [sys.executable, str(Path(__file__).resolve())]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    atexit.register(process.communicate)
    return process


def type_snakemake(*words):
    """Do what Snakemake does with words that are typed."""
    from snakemake.cli import main

    sys.argv = [str(Path(sys.executable).parent / "snakemake"), *words]
    main()


def serve():
    """Fork a child for each order, a line of JSON, and say its exit status."""
    for name in (*USED, "planning"):
        import_module(name)
    sys.modules["forking"] = sys.modules["__main__"]
    sys.path[0] = str(Path(sys.executable).parent)  # as of what is typed, not this folder
    gc.collect()
    gc.freeze()  # children look for garbage in what they make alone
    for line in sys.stdin:
        if (child := os.fork()) == 0:
            follow(**json.loads(line))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def follow(*, function, values, folder, environment, output):
    """Do what an order asks for, in its folder and environment, and end this process."""
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    written = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(written, 1)
    os.dup2(written, 2)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    module, _, name = function.partition(":")
    try:
        getattr(sys.modules[module], name)(*values)
    except SystemExit:
        raise
    except BaseException:
        traceback.print_exc()
        sys.exit(1)
    sys.exit(0)


if __name__ == "__main__":
    serve()
