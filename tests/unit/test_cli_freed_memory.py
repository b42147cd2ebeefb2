"""What a process does with memory that it has freed."""

import subprocess
import sys

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


def faults(*words):
    run = subprocess.run([sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, check=True)
    return int(run.stdout)


@pytest.mark.skipif(not keep_freed_memory(), reason="the C library is not glibc")
def test_freed_memory_is_used_again():
    assert faults("kept") < 0.2 * faults()
