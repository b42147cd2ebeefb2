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


def places(kind, suite, **names):
    """Return the places of a file in their order: on this machine, then the addresses that it is fetched from."""
    paths = paths_in_copy(kind, suite, **names)
    provider = config["suites"][suite]
    if provider["provider"] == "local":
        return [place for path in paths for place in paths_on_disk(provider["directory"], path)]
    roots = CMD.get("addresses", CATALOGUE["addresses"])
    addresses = [f"{root.rstrip('/')}/{path}" for root in roots for path in paths]
    return [str(Path(CMD["directory"], path)) for path in paths] + addresses


def addresses(kind, suite, **names):
    """Return the addresses alone."""
    return [place for place in places(kind, suite, **names) if "://" in place]


def local_file(kind, suite, **names):
    """Return where a local suite holds a file.

    Raises
    ------
    WorkflowError
        If it is in none of the places.
    """
    looked = places(kind, suite, **names)
    found = [path for path in looked if Path(path).exists()]
    require(
        found,
        f"suites.{suite}.directory is '{config['suites'][suite]['directory']}', which holds none of "
        f"{', '.join(str(Path(path).relative_to(config['suites'][suite]['directory'])) for path in looked)}.",
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


def download_directory():
    """Return the flag that says where files fetched are kept, where any are."""
    return ["--directory", CMD["directory"]] if CMD else []


def known_checksum(kind):
    """Return the function of wildcards that gives the flag of a checksum known before the file is fetched."""

    def lookup(wildcards):
        names = {key: value for key, value in wildcards.items() if key in ("field",)}
        paths = paths_in_copy(kind, wildcards.suite, set_name=wildcards.set, **names)
        known = [CATALOGUE["sha256"][path] for path in paths if path in CATALOGUE["sha256"]]
        return ["--sha256", known[0]] if known else []

    return lookup


def places_of(kind):
    """Return the function of wildcards that gives the places of a file of maps or parameters."""

    def lookup(wildcards):
        names = {key: value for key, value in wildcards.items() if key in ("field",)}
        return places(kind, wildcards.suite, set_name=wildcards.set, **names)

    return lookup


def addresses_of_maps(wildcards):
    """Return the addresses of a file of maps."""
    return addresses("maps", wildcards.suite, set_name=wildcards.set, field=wildcards.field)


def places_of_trial(kind):
    """Return the function of wildcards that gives the places of a model's study, or of its weights for any trial."""

    def lookup(wildcards):
        model = config["models"][wildcards.model]
        width = preprocessing(wildcards.model)["smoothing"]
        smoothing = f"_smoothing_{width:g}" if width else ""
        return places(
            kind, model["suite"], field=model["field"], smoothing=smoothing, trial="{trial}"
        )

    return lookup


def preprocessing(model):
    """Return how a model's maps are prepared."""
    chosen = {"smoothing": 0, "monopole": "kept", "logarithm": True}
    chosen |= config["models"][model].get("preprocessing", {})
    return chosen


def variant(model):
    """Return what tells files measured with a model's preprocessing from others; nothing without any."""
    chosen = preprocessing(model)
    smoothing = f"_smoothing={chosen['smoothing']:g}" if chosen["smoothing"] else ""
    monopole = "_monopole=removed" if chosen["monopole"] == "removed" else ""
    return smoothing + monopole + ("" if chosen["logarithm"] else "_logarithm=none")


# How maps are prepared, by what the names of the files say of it.
VARIANTS = {variant(model): preprocessing(model) for model in config["models"]}
# Suites by their provider.
MOCK, LOCAL, REMOTE, FILES = map(by_provider, ("mock", "local", "cmd", "files"))
# What reads only a part of the files of CMD; None where they are fetched whole.
SLICES = CMD.get("slices") if CMD else None
SLICED = REMOTE if SLICES else []
FETCHED = [] if SLICES else REMOTE

if CMD and "downloads" not in workflow.global_resources:
    workflow.register_resource("downloads", CMD["downloads"])
