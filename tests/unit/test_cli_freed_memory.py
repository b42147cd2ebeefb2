"""What a process does with memory that it has freed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from repshift.cli.freed_memory import keep_freed_memory

PROGRAM = """
import resource, sys
from repshift.cli.freed_memory import keep_freed_memory
if "kept" in sys.argv:
    keep_freed_memory()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    b"1" * (40 * 1024**2)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


SOURCE = Path(__file__).parents[2] / "src"


def faults(*words):
    command, environment = [sys.executable, "-c", PROGRAM, *words], os.environ | {"PYTHONPATH": str(SOURCE)}
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return int(run.stdout)


@pytest.mark.skipif(not keep_freed_memory(), reason="the C library is not glibc")
def test_freed_memory_is_used_again():
    assert faults("kept") < 0.2 * faults()
