"""The sections of docs/benchmarks.md that are written by the measurement."""

import os
import platform
import re
import textwrap
from pathlib import Path

import torch

from benchmarks import estimate
from benchmarks.report import error_table, kept_table, many_table, markdown_table, memory_table, time_table
from benchmarks.results import Results
from benchmarks.targets import TRUTHS, judge_all, target_table
from repshift.similarity.gram import FEATURE_CHUNK

JUDGED = (
    "Times are judged in total CPU time with glibc's defaults, which is what a user gets. User time alone, and times "
    "with memory kept, stand beside and are not judged. Memory is judged with all that the call makes."
)


def benchmark_section(results: Results, *, judge: bool) -> str:
    """Return the tables; with `judge` the targets and whether they are met."""
    head = (
        f"Measured on {results.date}: {results.machine}; one thread. Ratios are medians over rounds. Brackets after a "
        "ratio of times have the lowest and the highest.\n"
    )
    targets = f"### Targets\n\n{JUDGED}\n\n{markdown_table(target_table(judge_all(results)))}"
    return _wrapped("\n".join([head, tables_so_far(results), *([targets] if judge else [])]))


def tables_so_far(results: Results) -> str:
    """Return the tables of what has been measured."""
    return "\n".join(_titled(title, rows) for title, rows in _tables(results).items() if len(rows) > 1)


def _tables(results: Results) -> dict[str, list[list[str]]]:
    places = dict.fromkeys((offset, truth) for *_, offset, truth in results.errors)
    return {
        "CPU time, user and system, one network": time_table(results, "total"),
        "User time alone, one network": time_table(results, "user"),
        "The same with the allocator kept from returning memory": kept_table(results),
        "Memory, one network": memory_table(results),
        **{
            f"Accuracy, activations offset by {offset:.0f}, against {TRUTHS[truth]}": error_table(
                results, offset=offset, truth=truth
            )
            for offset, truth in places
        },
        "CPU time, user and system, every pair of M networks": many_table(results, "total"),
        "User time alone, every pair of M networks": many_table(results, "user"),
    }


def estimate_section() -> str:
    """Return the tables of the estimate, and what it assumes."""
    widest = estimate.WIDTHS[-1]
    assumed = (
        "Assumed:\n\n"
        f"- an H100-class GPU: {estimate.PEAK_FLOPS / 1e12:.0f} TFLOP/s in float32 without TF32 and "
        f"{estimate.BANDWIDTH / 1e12:.1f} TB/s of memory;\n"
        f"- eager kernels that reach {estimate.REACHED:.0%} of both;\n"
        f"- {estimate.LAUNCHES_A_LAYER} kernels a layer and batch of {estimate.LAUNCH * 1e6:.0f} us each, and "
        f"{estimate.HOST * 1e6:.0f} us for each chunk of {FEATURE_CHUNK:,} features that is multiplied;\n"
        f"- {estimate.CONTEXT / 1e9:.1f} GB for the CUDA context and cuDNN;\n"
        f"- {estimate.COPIES} tensors of the largest layer's size at a time.\n"
    )
    tables = [
        _titled(f"{estimate.N_MAPS} maps in batches of {estimate.BATCH_SIZE}, one network", estimate.costs()),
        _titled(f"Layer by layer, hidden {widest}", estimate.cost_of_layers(widest)),
    ]
    return _wrapped("\n".join([assumed, *tables]))


def _titled(title: str, rows: list[list[str]]) -> str:
    return f"### {title}\n\n{markdown_table(rows)}"


def machine() -> str:
    """Return the kind of processor and the versions of torch and the C library, nothing that names the machine."""
    found = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    processor = found.group(1) if found else platform.machine()
    capability = torch.backends.cpu.get_cpu_capability()
    return (
        f"{processor}, {capability}, {os.cpu_count()} cores; torch {torch.__version__}, {' '.join(platform.libc_ver())}"
    )


def replace_section(page: Path, name: str, text: str) -> None:
    """Put text between the two markers of a section of a page.

    Raises
    ------
    ValueError
        If the page lacks the markers.
    """
    before, begin, rest = page.read_text().partition(f"<!-- {name}: begin -->\n")
    _, end, after = rest.partition(f"<!-- {name}: end -->")
    if not begin or not end:
        raise ValueError(f"{page} lacks the markers of the section '{name}'.")
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}")


def _wrapped(text: str) -> str:
    """Return text in lines of up to 120 characters, tables as they are."""
    lines = [[line] if line.startswith("|") else textwrap.wrap(line, 120) or [""] for line in text.split("\n")]
    return "\n".join(part for line in lines for part in line)
