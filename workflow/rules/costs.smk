"""What the jobs of a run cost, by the numbers of the configuration that make one dear or cheap. No rules.

Requires: the configuration, workflow/costs.json, and the headers of maps that are there already.
Makes: nothing; `memory_of` and `minutes_of` are what rules ask for, `planned` is read by progress.smk.
"""

from functools import cache
from math import ceil

from repshift.costs.plan import read_prices
from repshift.costs.jobs import Job, shown_maps
from repshift.costs.prices import cost_of
from repshift.storage.headers import shape_of
from repshift.vocabulary import InputError


def memory_of(rule):
    """Return the function of wildcards and threads that says what memory to ask for, twice what is expected, in MB."""

    def memory(wildcards, threads):
        asked = 2 * expected(rule, wildcards, threads).megabytes + SNAKEMAKE_MEMORY
        return max(1000, 100 * ceil(asked / 100))

    return memory


def minutes_of(rule):
    """Return the function of wildcards and threads that says what time to ask for, four times what is expected."""

    def minutes(wildcards, threads):
        return max(3, ceil(4 * expected(rule, wildcards, threads).wall / 60))

    return minutes


def expected(rule, wildcards, threads):
    """Return what a job should cost."""
    sizes = sizes_of(rule, dict(wildcards.items()))
    return cost_of(Job(0, rule, threads=threads, sizes=sizes, benchmark="measured"), PRICES.rules)


@cache
def settings():
    """Return the numbers that are the same for every job."""
    recorded = config["activations"]
    found = {
        "n_maps": recorded["n_maps"],
        "passes": recorded["passes"],
        "recorded": 0 if recorded["cache"] else recorded["passes"],
        "measures": len(config["cka"].get("measures", [])),
        "cases": len(all_cases()),
        "batch": config["predictions"]["batch_size"],
        "sample": sampled(),
        "resamples": config.get("intervals", {}).get("resamples", 0),
        "failure_resamples": config.get("failures", {}).get("resamples", 0),
        "permutations": config.get("nulls", {}).get("permutations", 0),
        "shifts": config.get("symmetries", {}).get("shifts", 0),
        "epochs": config.get("training", {}).get("epochs", 0),
    }
    found |= {key: config.get("dominance", {}).get(key, 0) for key in ("most", "draws")}
    return found | subset_settings()


def sampled():
    """Return how many maps of a file are fetched for its constants; of a whole file more than there are."""
    sample = SLICES["sample"] if SLICES else 0
    return sys.maxsize if sample == "all" else sample


def subset_settings():
    """Return the numbers of the stage subsets."""
    sizes = config.get("subsets", {}).get("sizes", [])
    return {
        "subset_draws": config.get("subsets", {}).get("draws", 0),
        "subset_sizes": len(sizes),
        "subset_area": sum(size * size for size in sizes),
    }


def sizes_of_set(suite, set_name, field):
    """Return how many maps a set of a suite has, and their side."""
    if provider_of(suite) == "mock":
        mock = config["maps"]["mock"]
        simulations = mock["simulations"][set_name]
        return {
            "maps": simulations * MAPS_EACH,
            "pixels": mock["size"],
            "simulations": simulations,
            "particles": particles(),
        }
    found = shape_of_maps(parent_of(suite), set_name, field)
    if found is not None:
        return {"maps": found[0], "pixels": found[-1]}
    simulations = CATALOGUE["simulations"].get(set_name, CATALOGUE["simulations"]["LH"])
    is_known = set_name in CATALOGUE["simulations"] and suite not in FILES
    found = {"maps": simulations * MAPS_EACH, "pixels": CATALOGUE["pixels"]}
    return found if is_known else found | {"assumed": 1}


@cache
def shape_of_maps(suite, set_name, field):
    """Return the shape of a file of maps that is there; None where it is to be fetched or converted."""
    if suite in SLICED:
        return None
    path = Path(simulation_files(suite, set_name, field, split="all", variant="")["maps"])
    try:
        return shape_of(path)
    except InputError as error:
        UNREADABLE[path] = str(error)
        return None


def sizes_of_domain(model, domain):
    """Return the numbers of the maps that a model is shown."""
    entry = config["domains"][domain]
    found = sizes_of_set(entry["suite"], entry["set"], config["models"][model]["field"])
    outside = entry["suite"] != config["models"][model]["suite"]
    return found | {
        "shown": shown_maps(found["maps"], entry["split"]),
        "domains": 1 + outside,
    }


def sizes_of_training(model):
    """Return the numbers of a network that is trained, and of the maps it is trained on."""
    entry, training = config["models"][model], config["training"]
    found = sizes_of_set(entry["suite"], training["set"], entry["field"])
    return found | {"hidden": training["hidden"], "batch": training["batch_size"]}


def width_of(model):
    """Return the width of a network where it is known before the run: from the configuration, or a file that is there."""
    entry = config["models"][model]
    if "untrained" in entry:
        return {"hidden": entry["untrained"]["hidden"]}
    weights = entry.get("weights", f"results/models/{model}.pt")
    described = Path(weights).with_suffix(".json")
    if described.is_file():
        found = json.loads(described.read_text())
        is_known = found["constructor"] == "repshift.networks.CMDNetwork"
        return {"hidden": found["arguments"]["hidden"]} if is_known else {}
    return {"hidden": config["training"]["hidden"]} if model in trained_in_the_run() else {}


def sizes_of(kind, names):
    """Return the numbers that the cost of a job depends on, by its rule and its wildcards."""
    found = dict(settings())
    if kind == "subsets":
        found["draws"] = found["subset_draws"]
    if kind in ("activations", "grams"):
        found["batch"] = config["activations"]["batch_size"]
    if kind == "attribution":
        found["cases"] = len(attributed_cases())
    if kind in ("training", "publish_model"):
        found |= sizes_of_training(names["model"])
    elif "model" in names:
        shown = names.get("domain", config["cases"].get(names["model"], [None])[0])
        found |= sizes_of_domain(names["model"], shown) if shown else {}
        found |= width_of(names["model"])
    elif "suite" in names and "set" in names:
        found |= sizes_of_set(names["suite"], names["set"], names.get("field", MOCK_FIELDS[0]))
        found["shown"] = shown_maps(found["maps"], names.get("split", "all"))
    return found


def planned(dag):
    """Return all jobs that a run would run."""
    jobs = list(dag.needrun_jobs())
    return [planned_job(job, dag.dependencies[job], set(jobs)) for job in jobs]


def planned_job(job, needed, known):
    """Return what is to be known of a job of a run of some jobs, before it runs."""
    said = {
        "wildcards": "/".join(filter(None, job.wildcards_dict.values())),
        "threads": job.threads,
        "sizes": sizes_of(job.rule.name, job.wildcards_dict),
        "needs": tuple(other.jobid for other in needed if other in known),
        "outputs": tuple(map(str, job.output)),
        "temporary": len(job.output) > 0 and all(map(is_temporary, job.output)),
        "benchmark": str(job.benchmark or ""),
        "fetches": "downloads" in job.resources.keys(),
    }
    return Job(job.jobid, job.rule.name, **said)


def is_temporary(path):
    """Return whether a file goes once it is read."""
    return bool(path.flags.get("temp"))


# What is wrong with files of maps, which a run is told by the job that reads them, and a plan at once.
UNREADABLE = {}

# What jobs cost, as it was measured; and the memory of Snakemake beside a command, in MB.
PRICES = read_prices(Path(workflow.basedir) / "workflow/costs.json")
SNAKEMAKE_MEMORY = 300

# Maps of one simulation of CMD and of the mock suites.
MAPS_EACH = CATALOGUE["maps_per_simulation"]
