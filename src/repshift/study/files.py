"""Which files hold the maps, the parameters and what was measured of a set of simulations; weights of trials."""

from pathlib import Path

from repshift.storage.headers import is_read_in_place, shape_of, shape_of_folder
from repshift.storage.names import BAND, split_name
from repshift.study.catalogue import Kind, paths_in_copy, paths_on_disk
from repshift.study.channels import bands_of, channels_of, has_bands_inside
from repshift.study.configuration import Study
from repshift.study.preparations import preparations
from repshift.study.refusals import require
from repshift.study.training import Training
from repshift.vocabulary import Split, split_channel


def simulation_files(
    study: Study, suite: str, set_name: str, *, field: str, split: Split, variant: str
) -> dict[str, str]:
    """Return the files of a set of simulations in one field: maps, parameters (where there are any), measured.

    Raises
    ------
    InputError
        If a local suite holds none of the places of a file.
    """
    entry = study.suites[suite]
    made = f"results/maps/{suite}"
    name = f"Maps_{field}_{suite}_{set_name}_z=0.00"
    files = {
        "maps": f"{made}/{name}.npy",
        "parameters": f"{made}/params_{set_name}_{suite}.txt",
        "measured": f"{made}/{name}{variant}.json",
    }
    if entry.provider == "local":
        files["maps"] = local_file(study, "maps", suite, set_name=set_name, field=field)
        files["parameters"] = local_file(study, "parameters", suite, set_name=set_name)
    elif entry.provider == "derived":
        files = simulation_files(study, entry.of, set_name, field=field, split=split, variant=variant) | {
            key: files[key] for key in ("maps", "measured")
        }
    elif entry.provider == "files":
        own, labels = own_file(study, "maps", suite, set_name=set_name, field=field), entry.labels
        if not (is_converted(own) or has_bands_inside(study, suite, field)):
            files["maps"] = own
        files.pop("parameters")
        files |= {"parameters": labels.replace("{set}", set_name)} if labels else {}
    elif entry.provider == "function":
        files["parameters"] = f"{made}/params_{set_name}_{suite}.csv"
    elif is_sliced(study, suite):
        part = f"{made}/{split}/{name}{variant}"
        files |= {"maps": f"{part}.npy", "measured": f"{part}.json"}
    return files


Simulations = dict[str, tuple[str, ...]]
"""Files of a set of simulations: maps and measured, one a channel; parameters, where there are any."""


def case_simulations(study: Study, model: str, domain: str) -> Simulations:
    """Return the files of a domain's simulations, as a model takes them."""
    entry = study.domains[domain]
    return _simulations(study, model, entry.suite, entry.set, split=entry.split)


def twin_simulations(study: Study, model: str, domain: str, twin: str) -> Simulations:
    """Return the files of a twin of a domain, of the same set and split, as a model takes them."""
    entry = study.domains[domain]
    return _simulations(study, model, twin, entry.set, split=entry.split)


def training_simulations(study: Study, model: str) -> Simulations:
    """Return the files of the set that a model is trained on in the run."""
    training = study.training or Training()
    return set_simulations(study, model, training.set)


def set_simulations(study: Study, model: str, set_name: str) -> Simulations:
    """Return the files of a whole set of a model's own suite, as the model takes them."""
    return _simulations(study, model, study.models[model].suite, set_name, split="all")


def moments_of_trial(study: Study, model: str) -> tuple[str, ...]:
    """Return what was measured of the maps that a published network was trained on, a file a channel."""
    suite, chosen = study.models[model].suite, study.catalogue.training_set
    return tuple(
        f"results/maps/{suite}/Maps_{channel}_{suite}_{chosen}_z=0.00{prepared.variant}.json"
        for channel, prepared in zip(channels_of(study, model), preparations(study, model), strict=True)
    )


def _simulations(study: Study, model: str, suite: str, set_name: str, *, split: Split) -> Simulations:
    """Return the files of a set of simulations, channel by channel."""
    channels = zip(channels_of(study, model), preparations(study, model), strict=True)
    found = [
        simulation_files(study, suite, set_name, field=channel, split=split, variant=prepared.variant)
        for channel, prepared in channels
    ]
    labels = {"parameters": (found[0]["parameters"],)} if "parameters" in found[0] else {}
    maps, measured = (tuple(one[name] for one in found) for name in ("maps", "measured"))
    return {"maps": maps, **labels, "measured": measured}


def by_provider(study: Study, provider: str) -> list[str]:
    """Return the suites of a provider."""
    return [name for name, suite in study.suites.items() if suite.provider == provider]


def is_sliced(study: Study, suite: str) -> bool:
    """Return whether only parts of the files of a suite are fetched."""
    fetching = study.maps.cmd
    return study.suites[suite].provider == "cmd" and fetching is not None and fetching.slices is not None


def addresses(study: Study) -> tuple[str, ...]:
    """Return the roots that files of CMD are fetched from, in their order."""
    chosen = study.maps.cmd.addresses if study.maps.cmd else None
    return chosen or study.catalogue.addresses


def files_of(study: Study, kind: Kind, suite: str, **names: str) -> list[str]:
    """Return the paths of a file in their order: of a local suite where it may lie, else relative to a copy of CMD."""
    paths = paths_in_copy(study.catalogue, kind, suite=suite, **names)
    entry = study.suites[suite]
    if entry.provider != "local":
        return paths
    return [place for path in paths for place in paths_on_disk(entry.directory, path)]


def trial_files(study: Study, kind: Kind, model: str) -> list[str]:
    """Return the paths of the study that a published network comes from, or of its weights, ``{trial}`` left open."""
    entry = study.models[model]
    width = entry.preprocessing.of_channel(0).smoothing
    smoothing = f"_smoothing_{width:g}" if width else ""
    return files_of(study, kind, entry.suite, field="_".join(entry.fields), smoothing=smoothing, trial="{trial}")


def local_file(study: Study, kind: Kind, suite: str, **names: str) -> str:
    """Return where a local suite holds a file.

    Raises
    ------
    InputError
        If it is in none of the places.
    """
    entry = study.suites[suite]
    directory = entry.directory if entry.provider == "local" else ""
    looked = files_of(study, kind, suite, **names)
    found = [path for path in looked if Path(path).exists()]
    places = ", ".join(str(Path(path).relative_to(directory)) for path in looked)
    require(found, f"suites.{suite}.directory is '{directory}', which holds none of {places}.")
    return found[0]


def own_file(study: Study, kind: str, suite: str, *, set_name: str, field: str = "") -> str:
    """Return where a suite of files holds the maps of a channel, or the labels; empty where it has no labels."""
    entry = study.suites[suite]
    if entry.provider != "files":
        return ""
    of_maps, band = split_channel(field)
    place = entry.maps[of_maps].replace(BAND, band) if kind == "maps" else entry.labels or ""
    return place.replace("{set}", set_name)


def place_of_maps(study: Study, suite: str, set_name: str, *, channel: str) -> Path | None:
    """Return the file, there or to be made, whose header says how many maps there are.

    None of slices, and of a suite of a function, of which the configuration says it.

    Raises
    ------
    InputError
        If a local suite has no such file.
    """
    if study.archived or is_sliced(study, suite) or study.suites[suite].provider == "function":
        return None
    if study.suites[suite].provider == "files":
        return Path(split_name(own_file(study, "maps", suite, set_name=set_name, field=channel))[0])
    return Path(simulation_files(study, suite, set_name, field=channel, split="all", variant="")["maps"])


def shape_of_maps(study: Study, suite: str, set_name: str, *, channel: str) -> tuple[int, int, int] | None:
    """Return the shape (n_maps, y, x) of a channel's maps by the header of a file; None where none says it yet.

    Of a folder it is the number of its files; where their pixels are not to be seen, those of CMD stand in.

    Raises
    ------
    InputError
        If a local suite has no such file, or the header is cut or damaged.
    """
    path = place_of_maps(study, suite, set_name, channel=channel)
    if path is not None and (folder := shape_of_folder(path)):
        n_maps, *size = folder
        assumed = study.catalogue.pixels
        return n_maps, size[0] or assumed, size[1] or assumed
    shape = None if path is None else shape_of(path)
    if shape is None or len(shape) < 3:
        return None
    first = len(shape) == 3 or shape[1] in (1, len(bands_of(study, suite)))  # else the bands stand last
    height, width = shape[-2:] if first else shape[1:3]
    return shape[0], height, width


def is_converted(path: str) -> bool:
    """Return whether maps of a file are brought into the form that the stages read: as they are read in place."""
    return Path(path).suffix != ".npy" or not is_read_in_place(Path(path))
