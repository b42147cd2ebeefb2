"""Where files of CMD lie: on this machine, in a copy of one of two layouts, or at an address. See resources/cmd.yaml."""

from pathlib import Path

CMD = config["maps"].get("cmd")


def by_provider(provider):
    """Return the suites of a provider."""
    return [name for name, suite in config["suites"].items() if suite["provider"] == provider]


def paths_in_copy(kind, suite, *, set_name="", **names):
    """Return where a copy of CMD may hold a file, relative to its root, in the order looked for."""
    entry = CATALOGUE["files"][kind]
    files = [*entry["names"], *entry.get(f"names_of_{set_name}", [])]
    folder = CATALOGUE["suites"].get(suite, {"folder": suite})["folder"]
    return [
        layout.format(folder=folder, file=name.format(suite=suite, set=set_name, **names))
        for name in files
        for layout in entry["layouts"]
    ]


def paths_on_disk(directory, path):
    """Return where a file of a copy may lie in a directory that is the copy's root, or one of its inner folders."""
    parts = Path(path).parts
    return [str(Path(directory, *parts[first:])) for first in range(min(3, len(parts)))]


def files_of(kind, suite, **names):
    """Return the paths of a file in their order: of a local suite where it may lie, else relative to a copy of CMD."""
    paths = paths_in_copy(kind, suite, **names)
    if suite not in LOCAL:
        return paths
    directory = config["suites"][suite]["directory"]
    return [place for path in paths for place in paths_on_disk(directory, path)]


def local_file(kind, suite, **names):
    """Return where a local suite holds a file.

    Raises
    ------
    WorkflowError
        If it is in none of the places.
    """
    directory = config["suites"][suite]["directory"]
    looked = files_of(kind, suite, **names)
    found = [path for path in looked if Path(path).exists()]
    require(
        found,
        f"suites.{suite}.directory is '{directory}', which holds none of "
        f"{', '.join(str(Path(path).relative_to(directory)) for path in looked)}.",
    )
    return found[0]


def own_file(suite, kind, set_name, *, field=None):
    """Return where a suite of one's own files holds the maps of a field, or the labels; None where it has no labels."""
    place = config["suites"][suite].get(kind)
    place = place[field] if kind == "maps" else place
    return place and place.replace("{set}", set_name)


def is_converted(path):
    """Return whether maps of one's own files are brought into the form that the stages read."""
    return Path(path).suffix != ".npy"


def directory_of(suite):
    """Return the flag that says where files of a suite are kept once they are fetched; none of other suites."""
    return ["--directory", CMD["directory"]] if suite in REMOTE else []


def directory_of_suite(wildcards):
    """Return the flag of `directory_of` for the suite of the wildcards."""
    return directory_of(wildcards.suite)


def directory_of_model(wildcards):
    """Return the flag of `directory_of` for the suite of a model."""
    return directory_of(config["models"][wildcards.model]["suite"])


def roots_of_model(wildcards):
    """Return the addresses that the files of a model's suite are fetched from; none of a local suite."""
    return ROOTS if config["models"][wildcards.model]["suite"] in REMOTE else ""


def parameters_files(wildcards):
    """Return the paths of a table of parameters."""
    return files_of("parameters", wildcards.suite, set_name=wildcards.set)


def maps_files(wildcards):
    """Return the paths of a file of maps."""
    return files_of("maps", wildcards.suite, set_name=wildcards.set, field=wildcards.field)


def trial_files(kind):
    """Return the function of wildcards that gives the paths of a model's study, or of its weights for any trial."""

    def lookup(wildcards):
        model = config["models"][wildcards.model]
        width = model["preprocessing"]["smoothing"]
        return files_of(
            kind,
            model["suite"],
            field=model["field"],
            smoothing=f"_smoothing_{width:g}" if width else "",
            trial="{trial}",
        )

    return lookup


def variant(model):
    """Return what tells files measured with a model's preprocessing from others; nothing without any."""
    chosen = config["models"][model]["preprocessing"]
    smoothing = f"_smoothing={chosen['smoothing']:g}" if chosen["smoothing"] else ""
    monopole = "_monopole=removed" if chosen["monopole"] == "removed" else ""
    return smoothing + monopole + ("" if chosen["logarithm"] else "_logarithm=none")


# How maps are prepared, by what the names of the files say of it.
VARIANTS = {variant(name): model["preprocessing"] for name, model in config["models"].items()}
# Suites by their provider.
PROVIDERS = ("mock", "local", "cmd", "files", "derived")
MOCK, LOCAL, REMOTE, FILES, DERIVED = map(by_provider, PROVIDERS)
# What reads only a part of the files of CMD; None where they are fetched whole.
SLICES = CMD.get("slices") if CMD else None
SLICED = REMOTE if SLICES else []
FETCHED = [] if SLICES else REMOTE
# Where from and how files are fetched. Rules take these as resources: another mirror or more patience is no reason to
# fetch again, and a change of params would be one. Fetching takes no turn with the light jobs of a login node, see
# profiles/slurm.
ROOTS = " ".join(CMD.get("addresses", CATALOGUE["addresses"])) if CMD else ""
ATTEMPTS, TIMEOUT = (CMD["attempts"], CMD["timeout"]) if CMD else (1, 1)

if CMD and "downloads" not in workflow.global_resources:
    workflow.register_resource("downloads", CMD["downloads"])
