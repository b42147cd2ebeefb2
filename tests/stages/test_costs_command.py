"""The command costs: what a run cost, what one would cost, and the lines of a run in progress."""

import io
import json
import logging
import os
from types import SimpleNamespace

import pandas as pd
import pytest

from repshift.__main__ import main
from repshift.costs import command as stage
from repshift.costs.follower import Follower, began, is_told, write_plan
from repshift.costs.jobs import Job
from repshift.costs.plan import Plan, read_plan
from repshift.costs.prices import Prices, read_prices
from repshift.storage.benchmarks import Usage, read_usage, usage_file, write_usage
from repshift.vocabulary import InputError

HEADER = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time"
CONSTANTS = {"cka": {"seconds": [2.0, 0.0], "megabytes": [100.0], "bytes": [1000.0, 0.0]}}
START = {"analysis": {"seconds": 0.0, "megabytes": 0.0}}
CONSTANTS["derive"] = {"seconds": [1.0, 1e-6], "megabytes": [50.0], "bytes": [128.0, 1.0]}


def measure(folder, name, *, wall, cpu, memory="100.00", written="1.00"):
    path = folder / "results/benchmarks" / f"{name}.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    row = [wall, "0:00:00", memory, 0, 0, 0, 0.0, written, 0.0, cpu]
    path.write_text(f"{HEADER}\n" + "\t".join(map(str, row)) + "\n")
    return path


def job(number, kind, name, *, sizes=None, **others):
    parts = others.pop("parts", ((kind, sizes or {}),))
    return Job(number, f"{kind} {name}", parts=parts, benchmark=f"results/benchmarks/{name}.tsv", **others)


def constants(parts):
    return json.dumps({"start": START, "parts": parts, "pause": 0.5, "about": "a test"})


@pytest.fixture
def finished(tmp_path):
    """A folder in which two rules ran, and what a dry run said of them before."""
    measure(tmp_path, "cka/a", wall="10.25", cpu="10.00")
    measure(tmp_path, "cka/b", wall="45.50", cpu="31.00", memory="200.00")
    measure(tmp_path, "maps/a", wall="0.30", cpu="NA", memory="NA", written="NA")
    (tmp_path / "results/cka").mkdir()
    (tmp_path / "results/cka/a.nc").write_bytes(b"x" * 1000)
    jobs = [job(0, "cka", "cka/a", outputs=("results/cka/a.nc",)), job(1, "cka", "cka/b"), job(2, "maps", "maps/a")]
    write_plan(jobs, tmp_path / "plan.json", cores=2)
    return tmp_path


def summed(folder):
    stage.run(
        plan=folder / "plan.json",
        benchmarks=folder / "results/benchmarks",
        progress=folder / "progress.log",
        output=folder / "costs.csv",
    )
    return pd.read_csv(folder / "costs.csv").set_index("stage")


def test_costs_are_summed_by_stage(finished, capsys):
    table = summed(finished)
    # 10.25 s are watched to 10, 45.5 s to the last look at 45.5: half seconds to 15.5, and 30 more.
    assert table.loc["cka", "cpu_seconds"] == pytest.approx(10.25 + 31.0, abs=0.1)
    assert table.loc["cka", "wall_seconds"] == pytest.approx(55.8, abs=0.1)
    assert table.loc["cka", "mean_load"] == pytest.approx(41.2 / 55.8, abs=0.01)
    assert table.loc["cka", "largest_megabytes"] == round(200 * 2**20 / 1e6)
    assert table.loc["cka", ["jobs", "bytes_kept"]].tolist() == [2, 1000]
    assert table.loc["maps", "cpu_seconds"] == 0.3
    assert table.loc["total", "jobs"] == 3
    assert list(table.index) == ["cka", "maps", "total"]
    assert "earlier run" not in capsys.readouterr().out


@pytest.fixture
def several(tmp_path):
    """A folder in which a job of two stages ran, which measured them itself, and what a dry run said of it."""
    path = measure(tmp_path, "network/T", wall="9.00", cpu="5.00", memory="10.00")
    calls = [
        ("start", 2.0, 300.0),
        ("activations", 1.5, 400.0),
        ("grams multiply", 0.5, 400.0),
        ("activations", 1.0, 450.0),
    ]
    write_usage([Usage(words, 2 * seconds, seconds, peak) for words, seconds, peak in calls], usage_file(path))
    outputs = ("results/activations/T/A.nc", "results/grams/T/A.nc")
    for size, output in enumerate(outputs):
        (tmp_path / output).parent.mkdir(parents=True)
        (tmp_path / output).write_bytes(b"x" * (1000 + size))
    parts = (("activations", {"n_maps": 4}), ("grams", {}), ("activations", {"n_maps": 4}))
    write_plan([job(0, "network", "network/T", parts=parts, outputs=outputs)], tmp_path / "plan.json", cores=2)
    return tmp_path


def test_a_job_of_several_stages_is_summed_by_stage(several):
    table = summed(several)
    assert table["cpu_seconds"].to_dict() == {"activations": 2.5, "start": 2.0, "grams": 0.5, "total": 5.0}
    assert table["largest_megabytes"].to_dict() == {
        "activations": 450,
        "start": 300,
        "grams": 400,
        "total": 450,
    }
    assert table["bytes_kept"].to_dict() == {"activations": 1000, "start": 0, "grams": 1001, "total": 2001}
    assert table.loc["total", ["jobs", "wall_seconds"]].tolist() == [1, 9.0]


def test_constants_are_fitted_to_stages_of_one_process(several):
    stage.fit(runs=[[several / "plan.json", several]], about="a test", output=several / "constants.json")
    prices = read_prices(several / "constants.json")
    (planned,) = read_plan(several / "plan.json").jobs
    assert prices.start == {"torch": {"seconds": 2.0, "megabytes": 300.0}}
    assert prices.costs([planned], rate=1.0)[0].seconds == pytest.approx(5.0, rel=0.05)
    assert prices.parts["grams"]["megabytes"] == [0.0]


def test_a_process_measures_each_of_its_calls(several):
    words = ["--plan", several / "plan.json", "--benchmarks", several / "results/benchmarks"]
    words += ["--progress", several / "none.log", "--output", several / "costs.csv"]
    summing = ["costs", "sum", *map(str, words)]
    assert main(["--costs", str(several / "folder/x.log"), "run", *summing, "then", *summing]) == 0
    calls = read_usage(several / "folder/x.costs.tsv")
    assert [call.words for call in calls] == ["start", "costs command", "costs command"]
    assert all(call.wall > 0 and call.seconds >= 0 and call.megabytes > 10 for call in calls)


def test_what_is_no_usage_is_refused(several):
    path = usage_file(several / "results/benchmarks/network/T.tsv")
    path.write_text("words\twall\tseconds\tmegabytes\nstart\tlong\t1\t1\n")
    with pytest.raises(InputError, match="T.costs.tsv is not what a process wrote with --costs: could not"):
        summed(several)
    path.write_text("words\twall\nstart\t1\n")
    with pytest.raises(InputError, match=r"it lacks \['seconds', 'megabytes'\]"):
        summed(several)


def test_a_long_job_is_charged_for_what_nobody_watched(finished):
    measure(finished, "cka/b", wall="31.00", cpu="15.50")
    assert summed(finished).loc["cka", "cpu_seconds"] == pytest.approx(10.25 + 31.0, abs=0.1)


def test_jobs_of_an_earlier_run_are_counted_and_said_to_be(finished, capsys):
    (finished / "progress.log").write_text("2026-11-22 14:30:21 3 jobs, about 1 min on 2 cores\n")
    since = began(finished / "progress.log")
    for path in (finished / "results/benchmarks").rglob("*.tsv"):
        os.utime(path, (since + 60, since + 60))
    os.utime(finished / "results/benchmarks/cka/a.tsv", (since - 60, since - 60))
    assert summed(finished)["earlier_jobs"].tolist() == [1, 0, 1]
    assert "1 of these jobs are of an earlier run" in capsys.readouterr().out


def test_an_empty_log_tells_no_beginning(finished):
    (finished / "progress.log").write_text("")
    assert summed(finished)["earlier_jobs"].sum() == 0


def test_jobs_of_another_configuration_are_a_row_of_their_own(finished):
    measure(finished, "cka/other", wall="1.25", cpu="1.00")
    assert summed(finished).loc["of another configuration", "jobs"] == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not a benchmark of Snakemake's: found 0 rows, expected one"),
        ("s\tmax_rss\n1.0\t2.0\n", r"it lacks \['cpu_time'\], expected s, max_rss, cpu_time"),
        (f"{HEADER}\nfast\t0:00:00\t1\t1\t1\t1\t1\t1\t1\t1\n", "s is 'fast', expected a number"),
        (f"{HEADER}\nNA\t0:00:00\t1\t1\t1\t1\t1\t1\t1\t1\n", "s is 'NA', expected a number"),
    ],
)
def test_what_is_no_benchmark_is_refused(finished, text, message):
    (finished / "results/benchmarks/cka/a.tsv").write_text(text)
    with pytest.raises(InputError, match=message):
        summed(finished)


def test_no_benchmarks_are_refused(finished):
    for path in (finished / "results/benchmarks").rglob("*.tsv"):
        path.unlink()
    with pytest.raises(InputError, match="holds no benchmark. Expected those of a run"):
        summed(finished)


# Estimates


@pytest.fixture
def planned(tmp_path):
    """The jobs of a small run, and constants to price them."""
    sizes = {"maps": 15000, "pixels": 256, "hidden": 4}
    fetched = job(0, "download_maps", "maps/a", sizes=sizes, fetches=True, outputs=("a",), temporary=("a",))
    write_plan([fetched, job(1, "cka", "cka/a", sizes=sizes, needs=(0,))], tmp_path / "plan.json", cores=2)
    (tmp_path / "constants.json").write_text(constants(CONSTANTS))
    return tmp_path


def estimated(folder, **others):
    given = {"plan": folder / "plan.json", "constants": folder / "constants.json", "rate": 6.0, "downloads": 2}
    stage.estimate(**given | others, output=folder / "estimate.csv")
    return pd.read_csv(folder / "estimate.csv").set_index("stage")


def test_an_estimate_says_time_memory_disk_and_downloads(planned, capsys):
    table = estimated(planned)
    size = 15000 * 256**2 * 4
    assert table.loc["download_maps", ["bytes_fetched", "bytes_temporary"]].tolist() == [size, size + 128]
    assert table.loc["cka", ["cpu_seconds", "largest_megabytes", "bytes_kept"]].tolist() == [2, 100, 1000]
    assert table.loc["total", "jobs"] == 2
    said = capsys.readouterr().out
    seconds = 1 + 15000 * 256**2 * 1e-6 + size / 6e6 + 2 + 2 * 0.5
    assert f"About {round(seconds / 60)} min on 2 cores; disk 0 MB at the end, 3.9 GB at most." in said.replace(
        "1 h ", ""
    )
    assert "3.9 GB to fetch: 11 min of it at 6 MB/s, an assumption" in said


def test_a_network_that_is_not_known_beforehand_is_said_to_be(planned, capsys):
    trial = job(0, "trial", "T-SIMBA", sizes={"pixels": 256, "maps": 15})
    write_plan([trial], planned / "plan.json", cores=1)
    models = {"seconds": [1.0, 0.0], "megabytes": [1.0, 0.0], "bytes": [0.0, 1.0]}
    (planned / "constants.json").write_text(constants({"models": models}))
    estimated(planned)
    assert "1 networks are not known beforehand: counted as CMD's of width 12." in capsys.readouterr().out


def test_a_set_of_unknown_size_is_said_to_be(planned, capsys):
    sizes = {"pixels": 256, "maps": 15, "assumed": 1}
    jobs = [job(n, "download_maps", f"TNG/{field}/BE", sizes=sizes) for n, field in enumerate(("Mtot", "T"))]
    write_plan(jobs, planned / "plan.json", cores=1)
    estimated(planned)
    said = "counted as CMD's LH, also of FITS files: the size of TNG Mtot BE, TNG T BE."
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rate": 0.0}, "--rate is 0 MB/s. Expected a number above 0"),
        ({"plan": "constants.json"}, "is not a list of jobs that a dry run wrote: KeyError"),
        ({"constants": "plan.json"}, r"plan.json lacks \['start', 'parts', 'pause'\]"),
    ],
)
def test_what_cannot_be_estimated_is_refused(planned, change, message):
    given = {key: planned / value if isinstance(value, str) else value for key, value in change.items()}
    with pytest.raises(InputError, match=message):
        estimated(planned, **given)


@pytest.mark.parametrize("jobs", [[], [Job(0, "all")]])
def test_nothing_to_do_is_said(planned, jobs, capsys):
    write_plan(jobs, planned / "plan.json", cores=1)
    stage.estimate(plan=planned / "plan.json", constants=planned / "constants.json", rate=6.0, downloads=2)
    assert capsys.readouterr().out == "Nothing to be done.\n"


def test_constants_are_fitted_to_a_finished_run(finished, tmp_path):
    output = tmp_path / "constants.json"
    arguments = ["--about", "a test", "--output", str(output), "--run", str(finished / "plan.json")]
    assert main(["costs", "fit", *arguments, str(finished)]) == 0
    found = json.loads(output.read_text())
    assert found["about"] == "a test"
    assert found["parts"]["cka"]["bytes"][0] + found["parts"]["cka"]["bytes"][1] > 0
    assert main(["costs", "fit", *arguments, str(tmp_path / "empty")]) == 2


# Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def record(event, **others):
    made = logging.LogRecord("snakemake.logging", logging.INFO, "", 0, others.pop("msg", None), None, None)
    made.__dict__ |= {"event": event, **others}
    return made


RECORDS = [
    (0, record("job_started", jobs=[0, 1])),
    (0, record("job_info", jobid=0)),
    (2, record("job_finished", job_id=0)),
    (2, record("progress", done=1, total=4)),
    (3, record("job_error", jobid=1)),
    (3, record("group_info", jobs=[SimpleNamespace(jobid=1), SimpleNamespace(jobid=2)])),
    (6, record("job_finished", job_id=1)),
    (6, record("job_finished", job_id=2)),
    (6, record("job_finished", job_id=3)),
]


@pytest.fixture
def follow(tmp_path):
    """Follow a recorded run of four jobs, or its beginning, and return what was shown."""

    def following(stream, *, events=None):
        now = [0.0]
        jobs = [job(n, "cka", f"model/{n}", sizes={"hidden": 2, "pixels": 64}) for n in range(3)] + [Job(3, "all")]
        log = tmp_path / "logs/progress.log"
        follower = Follower(jobs, Prices(START, CONSTANTS), log, cores=2, stream=stream, clock=lambda: now[0])
        for time, one in RECORDS[:events]:
            now[0] = float(time)
            follower.erase()
            follower.take(one)
        follower.close()
        follower.close()
        return stream.getvalue() if stream else log.read_text()

    return following


def test_a_run_is_followed_line_by_line(follow, tmp_path):
    shown = follow(io.StringIO())
    assert [line[20:] for line in shown.splitlines()] == [
        "4 jobs, about 10 s on 2 cores; the same lines are in " + str(tmp_path / "logs/progress.log"),
        "1 of 4 jobs, 63 % of the work, about 10 s still; running: cka model/1",
        "failed: cka model/1",
        "2 of 4 jobs, 93 % of the work, about 10 s still; running: cka model/2",
        "3 of 4 jobs, 100 % of the work, about 10 s still",
        "4 of 4 jobs, after 10 s; make costs says what each stage took",
    ]
    assert (tmp_path / "logs/progress.log").read_text() == shown


def test_without_a_stream_there_is_the_log(follow):
    assert follow(None).count("\n") == 6


def test_a_run_that_stops_is_said_to_have_stopped(follow):
    assert follow(None, events=5).splitlines()[-1][20:] == "stopped with 1 of 4 jobs done"


def test_on_a_terminal_one_line_takes_the_place_of_the_other(follow, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    shown = follow(Terminal())
    assert shown.count("\n") == 1
    assert shown.split("\r\x1b[K")[-1] == "4 of 4 jobs, after 10 s; make costs says what each stage took\n"
    assert "running: cka model/0, cka model/1" in shown


class Gone(Terminal):
    """A terminal that was closed after its first line."""

    def write(self, text):
        if self.getvalue():
            raise OSError(5, "Input/output error")
        return super().write(text)


def test_a_run_goes_on_without_its_terminal(follow, tmp_path):
    follow(Gone())
    assert (tmp_path / "logs/progress.log").read_text().count("\n") == 6


def test_what_went_wrong_is_told_and_chatter_is_not():
    told = [record("job_error"), record("run_info"), record("group_error"), record(None, msg="Shutting down")]
    chatter = [
        record("job_info"),
        record("job_finished"),
        record("progress"),
        record(None, msg="Select jobs to execute..."),
    ]
    assert all(map(is_told, told))
    assert not any(map(is_told, chatter))


def test_a_plan_holds_what_is_known_of_each_job(tmp_path):
    written = job(3, "cka", "a/b", sizes={"n_maps": 50}, needs=(1, 2), outputs=("x",))
    write_plan([written], tmp_path / "plan.json", cores=4)
    assert read_plan(tmp_path / "plan.json") == Plan(4, (written,))
