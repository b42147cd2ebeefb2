"""Jobs of the stage attribution: a model on some of its domains, their commands, and the files they read and make."""

from collections.abc import Sequence
from typing import Final, cast

from repshift.case.files import CaseFiles
from repshift.study.attribution import OUTPUTS_LEFT_OUT, Attribution
from repshift.study.case_lists import attribution_cases
from repshift.study.cases import Pair, infers, is_out_of_distribution, own_domain
from repshift.study.configuration import Study
from repshift.study.files import Simulations, case_simulations, twin_simulations
from repshift.study.function_suites import Function
from repshift.study.jobs import Job
from repshift.study.map_geometry import is_periodic, sky_options
from repshift.study.map_sets import attribution_twins, density_files
from repshift.study.options import Words, case_options, options, reference_options, torch_options
from repshift.study.refusals import require
from repshift.study.values import held

_OF_METHODS: Final = ("methods", "baseline", "nodes", "window", "stride", "fill", "noise", "draws", "layer")
"""Keys of the section that methods take, each an option of the action maps."""


def attribution_section(study: Study) -> Attribution:
    """Return the section attribution of a study that has one."""
    require(study.attribution is not None, "there is no section attribution.")
    return cast("Attribution", study.attribution)


def attribution_job(study: Study, model: str, domains: Sequence[str]) -> Job:
    """Return the job that attributes the maps of some domains of a model, its own first: others refer to it."""
    job = Job(model, tuple(domains))
    job.inputs.extend([f"results/models/{model}.pt", f"results/models/{model}.json"])
    for domain in domains:
        case, twins = CaseFiles(model, domain), attribution_twins(study, domain)
        job.commands.extend([maps_command(study, model, domain)])
        job.commands.extend(shift_command(study, model, domain, twin) for twin in twins)
        job.outputs.extend([case.attribution, *(case.attribution_of_shift(twin) for twin in twins)])
        if (model, domain) in feature_cases(study):
            job.commands.append(features_command(study, model, domain))
            job.outputs.append(case.features)
        job.inputs.extend(_inputs(study, model, domain))
    job.inputs[:] = [path for path in dict.fromkeys(job.inputs) if path not in job.outputs]
    return job


def attribution_files(study: Study) -> list[str]:
    """Return the files of attributions, a case each, in the order of the configuration; none where it asks for none."""
    return [CaseFiles(*case).attribution for case in attribution_cases(study)]


def shift_cases(study: Study) -> list[tuple[str, str, str]]:
    """Return model, domain and twin of every shift that is attributed."""
    return [(*case, twin) for case in attribution_cases(study) for twin in attribution_twins(study, case[1])]


def shift_files(study: Study, *, of: Sequence[Pair] | None = None) -> list[str]:
    """Return the files of attributed shifts, of all cases or of some."""
    found = [(model, domain, twin) for model, domain, twin in shift_cases(study) if of is None or (model, domain) in of]
    return [CaseFiles(model, domain).attribution_of_shift(twin) for model, domain, twin in found]


def feature_cases(study: Study, *, of: Sequence[Pair] | None = None) -> list[Pair]:
    """Return the cases with a sheet of features, all or of some: those out of distribution, else a model's own domain.

    The file of a domain holds the features of the model's own domain beside it.
    """
    if study.attribution is None or study.attribution.features is None:
        return []
    found: list[Pair] = []
    for model, domains in study.attribution.cases.items():
        outside = [domain for domain in domains if is_out_of_distribution(study, model, domain)]
        found += [(model, domain) for domain in outside or domains[:1]]
    return [case for case in found if of is None or case in of]


def feature_files(study: Study, *, of: Sequence[Pair] | None = None) -> list[str]:
    """Return the files of features, of all cases or of some."""
    return [CaseFiles(*case).features for case in feature_cases(study, of=of)]


def outputs_of(study: Study, model: str) -> tuple[str, ...]:
    """Return what of a network is attributed: the outputs that are named, else its first ones or its classes."""
    named, known = attribution_section(study).outputs, outputs_known(study, model)
    if named is not None:
        return named
    if study.models[model].is_classifier:
        return known[1:] if len(known) == 2 else known
    return infers(study, model)[:OUTPUTS_LEFT_OUT]


def outputs_known(study: Study, model: str) -> tuple[str, ...]:
    """Return what of a network can be attributed: classes; or labels, then their standard deviations."""
    network, labels = study.models[model].network, infers(study, model)
    if network is not None and network.known_classes is not None:
        return network.known_classes.names
    return (*labels, *(f"{name}_std" for name in labels))


def maps_command(study: Study, model: str, domain: str) -> Words:
    """Return the command of the action maps."""
    section, outside = attribution_section(study), is_out_of_distribution(study, model, domain)
    how: dict[str, object] = {name: getattr(section, name) for name in _OF_METHODS}
    how = {name: value for name, value in how.items() if value is not None}
    nulls: dict[str, object] = {}
    hidden, shuffled, n_maps = section.faithfulness, section.randomisation, section.null_maps
    if hidden is not None:
        nulls |= {"faithfulness-maps": n_maps["faithfulness.maps"], "random-orders": hidden.random_orders}
        nulls |= {f"faithfulness-{name}": getattr(hidden, name) for name in ("window", "steps", "fills")}
    if shuffled is not None:
        nulls |= {"randomisation-maps": n_maps["randomisation.maps"], "randomisation-depths": shuffled.depths}
        nulls |= {"integrated-maps": n_maps["randomisation.integrated_maps"]}
    nulls |= {"home": CaseFiles(model, own_domain(study, model)).attribution} if outside else {}
    return [
        *("attribution", "maps"),
        *_shared_options(study, model, domain, n_maps=section.maps),
        *options(how | nulls),
        *(["--periodic"] if is_periodic(study, domain) else []),
        *(["--insertion"] if hidden is not None and hidden.insertion else []),
        *(["--untrained"] if shuffled is not None and shuffled.untrained else []),
        *("--output", CaseFiles(model, domain).attribution),
    ]


def shift_command(study: Study, model: str, domain: str, twin: str) -> Words:
    """Return the command of the action shift."""
    section, files = attribution_section(study), twin_simulations(study, model, domain, twin)
    of_twin = {f"twin-{name}": files[name] for name in ("maps", "measured", "parameters") if name in files}
    return [
        *("attribution", "shift"),
        *_shared_options(study, model, domain, n_maps=section.shift_maps),
        *options({"twin": twin, **of_twin, "nodes": section.shift.nodes}),
        *_measured_labels(study, twin),
        *(["--by-layer"] if section.shift.by_layer else []),
        *("--output", CaseFiles(model, domain).attribution_of_shift(twin)),
    ]


def _measured_labels(study: Study, twin: str) -> Words:
    """Return which labels of a twin are measured of its objects, so that they may differ: those of a function."""
    entry = study.suites[twin]
    labels = entry.labels if isinstance(entry, Function) else None
    return ["--measured-labels", *labels.columns] if labels else []


def features_command(study: Study, model: str, domain: str) -> Words:
    """Return the command of the action features."""
    section, own = attribution_section(study), own_domain(study, model)
    outside = is_out_of_distribution(study, model, domain)
    chosen = dict(held(section.features)) if section.features else {}
    how: dict[str, object] = {"n-maps" if name == "maps" else name.replace("_", "-"): chosen[name] for name in chosen}
    return [
        *("attribution", "features"),
        *case_options(study, model, domain),
        *torch_options(study, section.batch_size),
        *(reference_options(study, model, own) if outside else []),
        *options({"outputs": outputs_of(study, model), **how, "resamples": section.resamples}),
        *("--output", CaseFiles(model, domain).features),
    ]


def _shared_options(study: Study, model: str, domain: str, *, n_maps: int) -> Words:
    """Return what both actions take: the case, outputs, maps, what divides their pixels, numbers of intervals."""
    section, density = attribution_section(study), density_files(study, model, domain)
    how: dict[str, object] = {"outputs": outputs_of(study, model), "n-maps": n_maps}
    how |= {"environment": density["maps"], "environment-measured": density["measured"]} if density else {}
    how |= sky_options(study, model, domain) | {"seed": section.seed, "resamples": section.resamples}
    return [
        *case_options(study, model, domain),
        *torch_options(study, section.batch_size),
        *options(how),
    ]


def _inputs(study: Study, model: str, domain: str) -> list[str]:
    """Return the files that the stage reads of a case: of the domain, its density, its twins and the own domain."""
    sets: list[Simulations] = [case_simulations(study, model, domain)]
    sets += [twin_simulations(study, model, domain, twin) for twin in attribution_twins(study, domain)]
    files = [path for one in sets for paths in one.values() for path in paths]
    outside = is_out_of_distribution(study, model, domain)
    own = [CaseFiles(model, own_domain(study, model)).attribution] if outside else []
    if outside and (model, domain) in feature_cases(study):
        found = case_simulations(study, model, own_domain(study, model))
        own += [*found["maps"], *found["measured"]]
    return [*files, *density_files(study, model, domain).values(), *own]
