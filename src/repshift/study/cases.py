"""What follows from a study about its cases: scored or not, out of distribution, trials of each other, able to fail."""

from typing import Any

from repshift.study.configuration import Study
from repshift.study.stages import OfCase
from repshift.study.values import held
from repshift.vocabulary import COSMOLOGY, FEWEST_NETWORKS, PARAMETERS

Pair = tuple[str, str]
"""A model and a domain."""

_TRAINED_HERE = "results/training/"
"""Where the weights of a model lie that is trained in the run."""


def parent_of(study: Study, suite: str) -> str:
    """Return the suite that a derived suite is made from; of another, itself."""
    entry = study.suites[suite]
    return entry.of if entry.provider == "derived" else suite


def sources_of(study: Study, suite: str) -> list[str]:
    """Return the suites that a derived suite is made with, what it is made from first; none of another."""
    entry = study.suites[suite]
    return [name for name in (entry.of, entry.like) if name] if entry.provider == "derived" else []


def provider_of(study: Study, suite: str) -> str:
    """Return the provider of a suite; of a derived one, that of the suite that it is made from."""
    return study.suites[parent_of(study, suite)].provider


def cases(study: Study) -> list[Pair]:
    """Return all cases, model and domain, in the order of the configuration."""
    return [(model, domain) for model, shown in study.cases.items() for domain in shown]


def own_domain(study: Study, model: str) -> str:
    """Return the domain of a model's own suite, the first that it is shown."""
    return study.cases[model][0]


def is_out_of_distribution(study: Study, model: str, domain: str) -> bool:
    """Return whether the suite of the domain is another than that of the model."""
    return study.domains[domain].suite != study.models[model].suite


def repaired_from(study: Study, model: str) -> str:
    """Return the model that a repaired model is made from; of another, itself."""
    repaired = study.models[model].repaired
    return model if repaired is None else repaired.model


def has_outputs(study: Study, model: str) -> bool:
    """Return whether a model says what its outputs mean: it makes predictions, of maps without labels too."""
    entry = study.models[model]
    return entry.network is None or entry.outputs is not None


def is_scored(study: Study, model: str, domain: str) -> bool:
    """Return whether a model says what its outputs mean, and the simulations of the domain have labels.

    Objects of a function have them where one of the columns of their table is an output.
    """
    suite = study.suites[parent_of(study, study.domains[domain].suite)]
    labelled = suite.provider != "files" or suite.labels is not None
    if suite.provider == "function":
        labelled = any(name in suite.columns for name in infers(study, model))
    return labelled and has_outputs(study, model)


def scored_cases(study: Study) -> list[Pair]:
    """Return the cases that are scored, in the order of the configuration."""
    return [case for case in cases(study) if is_scored(study, *case)]


def models_with(study: Study, kind: str) -> list[str]:
    """Return the models whose weights come from one of `repshift.study.models.KINDS`.

    Raises
    ------
    AttributeError
        If that is no key of a model.
    """
    return [name for name, model in study.models.items() if getattr(model, kind) is not None]


def infers(study: Study, model: str) -> tuple[str, ...]:
    """Return the parameters that a model infers: CMD's six, or the outputs of another network."""
    entry = study.models[model]
    return tuple(PARAMETERS) if entry.network is None else entry.outputs or ()


def unscored(study: Study, domain: str) -> tuple[str, ...]:
    """Return the parameters that the table of a domain does not have, or not as its own.

    A twin of gravity alone has no feedback, and some sets vary other parameters.
    """
    suite = parent_of(study, study.domains[domain].suite)
    known = study.catalogue.suites.get(suite)
    if provider_of(study, suite) in ("files", "function") or known is None:
        return ()
    lacks = known.twin is not None or study.domains[domain].set in study.catalogue.other_parameters
    return tuple(name for name in PARAMETERS if name not in COSMOLOGY) if lacks else ()


def is_trained(study: Study, model: str) -> bool:
    """Return whether a model has learned something: an untrained one has nothing to fail at."""
    entry = study.models[model]
    return entry.untrained is None and (entry.network is None or entry.network.is_trained)


def weights_of(study: Study, model: str) -> object:
    """Return what says which weights a trained model has: models of the same, with other layers, are one network.

    A classifier is none with a model that infers something else, though a checkpoint may hold the heads of both.
    """
    entry = study.models[model]
    if entry.repaired is not None:
        return entry.repaired
    if entry.is_classifier and entry.network is not None:
        return entry.network.constructor, str(entry.network.arguments), entry.network.weights, entry.network.outputs
    if entry.rank is not None:
        return entry.rank, entry.suite, entry.fields, entry.preprocessing
    if entry.network is not None and entry.network.weights is None and entry.network.is_trained:
        # the constructor's own: which, only its call says
        return entry.network.constructor, str(entry.network.arguments), entry.network.path, entry.network.files or ()
    return entry.weights or (entry.network and entry.network.weights)


def has_weights_of_training(study: Study, model: str) -> bool:
    """Return whether the weights of a model lie where training in the run puts them."""
    return (study.models[model].weights or "").startswith(_TRAINED_HERE)


def trained_in_the_run(study: Study) -> list[str]:
    """Return the models whose weights lie where training puts them, or that training names."""
    named = study.training.models if study.training else ()
    inside = [name for name in study.models if has_weights_of_training(study, name)]
    return sorted({*named, *inside})


def failing_pairs(study: Study) -> list[Pair]:
    """Return every trained network with each scored domain of another suite than its own: what can fail.

    Models of the same weights are one network, whose layers are read in several ways; the first stands for it. One
    that is repaired is none: it has seen a domain, and shares its training with the network that it is made from.
    """
    pairs: list[Pair] = []
    known: list[object] = []
    for model, (own, *shown) in study.cases.items():
        can_fail = is_trained(study, model) and is_scored(study, model, own) and repaired_from(study, model) == model
        if not can_fail or weights_of(study, model) in known:
            continue
        of_model = [
            (model, domain)
            for domain in shown
            if is_out_of_distribution(study, model, domain) and is_scored(study, model, domain)
        ]
        known += [weights_of(study, model)] if of_model else []
        pairs += of_model
    return pairs


def shifted_pairs(study: Study) -> list[Pair]:
    """Return every trained network with each domain of another suite than its own, with labels or without.

    Models of the same weights are one network. The one that can fail stands for it, else the first that says what its
    outputs are, else the first.
    """
    failing = {model for model, _ in failing_pairs(study)}
    pairs = [pair for pair in cases(study) if is_trained(study, pair[0]) and is_out_of_distribution(study, *pair)]
    shifted = list(dict.fromkeys(model for model, _ in pairs))
    shifted.sort(key=lambda model: (model not in failing, not has_outputs(study, model)))
    known = [weights_of(study, model) for model in shifted]
    first = {model for place, model in enumerate(shifted) if known[place] not in known[:place]}
    return [pair for pair in pairs if pair[0] in first]


def correlates(study: Study) -> bool:
    """Return whether there are networks enough for correlations over networks."""
    return len({model for model, _ in failing_pairs(study)}) >= FEWEST_NETWORKS


def has_choices(study: Study) -> bool:
    """Return whether domains of two suites or more are each shown to networks of one field and of two other suites."""
    suites: dict[tuple[object, str], set[str]] = {}
    for model, domain in failing_pairs(study):
        suites.setdefault((study.models[model].fields, domain), set()).add(study.models[model].suite)
    chosen = [(fields, study.domains[domain].suite) for (fields, domain), found in suites.items() if len(found) > 1]
    fields = [of_fields for of_fields, _ in dict.fromkeys(chosen)]
    return any(fields.count(one) > 1 for one in fields)


def trials_of(study: Study, model: str, domain: str) -> list[str]:
    """Return the other trials of a model that are shown the same domain and the model's own, each network once."""
    own, known, found = own_domain(study, model), [weights_of(study, model)], []
    for other, shown in study.cases.items():
        if (
            is_trial(study, model, other)
            and weights_of(study, other) not in known
            and own_domain(study, other) == own
            and domain in shown
            and has_outputs(study, other)
        ):
            known.append(weights_of(study, other))
            found.append(other)
    return found


def is_trial(study: Study, model: str, other: str) -> bool:
    """Return whether two trained models are alike in all but the seed, or the rank, that made their weights."""
    pair, here = (model, other), trained_in_the_run(study)
    seeds = [training_seed(study, name) for name in pair if name in here]
    return (
        all(is_trained(study, name) for name in pair)
        and _without_weights(study, model) == _without_weights(study, other)
        and len(seeds) != 1
        and (not seeds or seeds[0] != seeds[1])
    )


def training_seed(study: Study, model: str) -> int | None:
    """Return what draws the training of a model: a seed of its own, or that of all; None where nothing is trained."""
    own = study.models[model].seed
    return own if own is not None or study.training is None else study.training.seed


def _without_weights(study: Study, model: str) -> dict[str, Any]:
    """Return all that is said of a model, but which weights it has and the seed that drew them."""
    entry = study.models[model]
    said: dict[str, Any] = {key: getattr(entry, key) for key in type(entry).model_fields if key != "seed"}
    said |= {key: said[key] is not None for key in ("weights", "rank")}
    if entry.network:
        said["network"] = entry.network.model_copy(update={"weights": None})
    return said


def shift_step_cases(study: Study) -> list[Pair]:
    """Return the cases of shift_steps, model by model: own domain, the other, the steps."""
    return [(model, domain) for model, shown in (study.shift_steps or {}).items() for domain in shown]


def pairing_of(study: Study, rows: Pair, columns: Pair) -> str:
    """Return what pairs the maps of two cases that are compared with each other.

    Raises
    ------
    KeyError
        If they are not compared.
    """
    return {(pair.rows, pair.columns): pair.pairing for pair in study.comparisons or ()}[rows, columns]


def stages_of_case(study: Study) -> list[str]:
    """Return the stages on request of every case that a study has, by their sections."""
    return [name for name, section in held(study) if isinstance(section, OfCase)]
