"""Tables of what jobs and their calls took."""

from pathlib import Path

import pytest

from repshift.storage.benchmarks import Usage, read_usage, usage_beside, usage_file, write_usage
from repshift.vocabulary import InputError

CALLS = [Usage("start", 0.5, 0.4, 80.0), Usage("grams multiply", 2.25, 3.5, 250.125)]


@pytest.mark.parametrize(
    ("benchmark", "usage"),
    [
        ("results/benchmarks/cka/T/A.tsv", "logs/cka/T/A.costs.tsv"),
        ("/runs/first/results/benchmarks/network/T_1.tsv", "/runs/first/logs/network/T_1.costs.tsv"),
        ("results/benchmarks/old/results/benchmarks/maps/A.tsv", "results/benchmarks/old/logs/maps/A.costs.tsv"),
    ],
)
def test_a_job_s_usage_lies_beside_its_log(benchmark, usage):
    assert usage_file(Path(benchmark)) == Path(usage)
    assert usage_beside(Path(usage.replace(".costs.tsv", ".log"))) == Path(usage)


def test_usage_is_read_as_written(tmp_path):
    write_usage(CALLS, tmp_path / "T.costs.tsv")
    assert read_usage(tmp_path / "T.costs.tsv") == CALLS


def test_a_job_without_usage_has_none(tmp_path):
    assert read_usage(tmp_path / "T.costs.tsv") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("words\twall\nstart\t1\n", "is not what a process wrote with --costs: it lacks"),
        ("words\twall\tseconds\tmegabytes\nstart\tlong\t1\t1\n", "is not what a process wrote with --costs: could not"),
    ],
)
def test_what_is_no_usage_is_refused(tmp_path, text, message):
    (tmp_path / "T.costs.tsv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_usage(tmp_path / "T.costs.tsv")
