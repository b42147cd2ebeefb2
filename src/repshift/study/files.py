"""Which files hold the maps, the parameters and what was measured of a set of simulations; weights of trials."""

from pathlib import Path

from repshift.study.catalogue import Kind, paths_in_copy, paths_on_disk
from repshift.study.configuration import Study
from repshift.study.models import Preprocessing
from repshift.study.refusals import require
from repshift.study.training import Training
from repshift.vocabulary import Split


def variant(study: Study, model: str) -> str:
    """Return what tells files measured with a model's preprocessing from others; nothing without any."""
    return variant_of(study.models[model].preprocessing)


def variant_of(chosen: Preprocessing) -> str:
    """Return the part of a file's name that says how its maps were prepared.

    Examples
    --------
    >>> variant_of(Preprocessing(smoothing=2, logarithm=False))
    '_smoothing=2_logarithm=none'
    """
    smoothing = f"_smoothing={chosen.smoothing:g}" if chosen.smoothing else ""
    monopole = "_monopole=removed" if chosen.monopole == "removed" else ""
    return smoothing + monopole + ("" if chosen.logarithm else "_logarithm=none")


def variants(study: Study) -> dict[str, Preprocessing]:
    """Return how maps are prepared, by what the names of the files say of it."""
    return {variant(study, name): model.preprocessing for name, model in study.models.items()}


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
        files["maps"] = files["maps"] if is_converted(own) else own
        files.pop("parameters")
        files |= {"parameters": labels.replace("{set}", set_name)} if labels else {}
    elif is_sliced(study, suite):
        part = f"{made}/{split}/{name}{variant}"
        files |= {"maps": f"{part}.npy", "measured": f"{part}.json"}
    return files


def case_simulations(study: Study, model: str, domain: str) -> dict[str, str]:
    """Return the files of a domain's simulations, as a model takes them."""
    entry = study.domains[domain]
    return simulation_files(
        study,
        entry.suite,
        entry.set,
        field=study.models[model].field,
        split=entry.split,
        variant=variant(study, model),
    )


def training_simulations(study: Study, model: str) -> dict[str, str]:
    """Return the files of the set that a model is trained on in the run."""
    entry, training = study.models[model], study.training or Training()
    return simulation_files(
        study, entry.suite, training.set, field=entry.field, split="all", variant=variant(study, model)
    )


def moments_of_trial(study: Study, model: str) -> str:
    """Return what was measured of the maps that a published network was trained on."""
    entry = study.models[model]
    name = f"Maps_{entry.field}_{entry.suite}_{study.catalogue.training_set}_z=0.00"
    return f"results/maps/{entry.suite}/{name}{variant(study, model)}.json"


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
    width = entry.preprocessing.smoothing
    smoothing = f"_smoothing_{width:g}" if width else ""
    return files_of(study, kind, entry.suite, field=entry.field, smoothing=smoothing, trial="{trial}")


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
    """Return where a suite of files holds the maps of a field, or the labels; empty where it has no labels."""
    entry = study.suites[suite]
    if entry.provider != "files":
        return ""
    place = entry.maps[field] if kind == "maps" else entry.labels or ""
    return place.replace("{set}", set_name)


def is_converted(path: str) -> bool:
    """Return whether maps of a file are brought into the form that the stages read."""
    return Path(path).suffix != ".npy"
