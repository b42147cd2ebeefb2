"""What replaced layers say in words: which can go, whether CKA tells which, and whether likeness of layers is a cause.

Layers can go only where the interval of what they lose holds no large loss, for every output. A number tells which
only where the interval of its rank correlation leaves 0 out. Text is reStructuredText.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from repshift.vocabulary import CRITICAL_FALL
from repshift.wording.numbers import Estimate, quoted
from repshift.wording.pruning_results import ALL_KINDS, Change, Moved, PruningResult

TITLE: Final = "Which layers can the network do without?"

CAUTION_OF_PRUNING: Final = (
    f"Layers that can go lose less than {CRITICAL_FALL:g} of the score of every output, with 95 %. Brackets are "
    "intervals by simulation; those of rank correlations draw layers too, and few layers make them wide. They do not "
    "cover other seeds of a training: see the lowest and the highest of the tables. Each is one network."
)

_BESIDE: Final = {
    "cka_with_neighbour": "CKA with the layer before",
    "depth": "depth",
    "parameters_saved": "the number of parameters saved",
}
_WAYS: Final = {"identity": "left out", "linear": "replaced by a linear map"}
_KINDS: Final = {
    "build": "layers made alike",
    "remove": "layers made unlike",
    "match": "both domains made alike",
}


def pruning_section(results: Sequence[PruningResult]) -> str:
    """Return the section of which layers can go, a list for each case."""
    parts = [TITLE, "-" * len(TITLE), ""]
    for result in results:
        entries = "".join(f"- {sentence}\n" for sentence in pruning_sentences(result))
        parts += [f"**{quoted(result.model)}** on {quoted(result.domain)}:\n", entries]
    return "\n".join([*parts, f"{CAUTION_OF_PRUNING}\n"])


def pruning_sentences(result: PruningResult) -> list[str]:
    """Return what is said of a case: which layers can go, after training too, whether CKA tells, whether it causes."""
    ways = list(dict.fromkeys(one.way for one in result.changes))
    said = [f"**Nothing to lose**: {result.score} of some output is no better than a guess of the mean."]
    if not _has_nothing_to_lose(result.changes):
        said = [going_sentence(result, way) for way in ways]
        said += [relation_sentence(result, name) for name in _BESIDE if result.relations.get(name)]
    said += [] if _has_nothing_to_lose(result.retrained) else [retrained_sentence(result)]
    said += [moved_sentence(result, kind) for kind in _KINDS]
    said += [cause_sentence(result)] if result.causes else []
    return [sentence for sentence in said if sentence]


def going_sentence(result: PruningResult, way: str) -> str:
    """Return which layers can go in a way, and the longest run of them."""
    possible = [one for one in result.changes if one.way == way and one.can_go != "not possible"]
    linear = [quoted(one.layers) for one in possible if one.is_linear and one.n_layers == 1]
    others = [one for one in possible if not one.is_linear]
    if not others:
        return ""
    about = f"Without training, {_WAYS.get(way, quoted(way))}"
    verbs = "is linear and loses" if len(linear) == 1 else "are linear and lose"
    itself = f" {', '.join(linear)} {verbs} nothing." if linear else ""
    return f"{about}: {_going(result, others)}.{itself}"


def retrained_sentence(result: PruningResult) -> str:
    """Return which replaced layers can go after training, beside the control."""
    possible = [one for one in result.retrained if one.can_go != "not possible"]
    about = "Trained again, of the score of the control, which is the unchanged network after the same steps"
    return f"{about}: {_going(result, possible)}." if possible else ""


def _going(result: PruningResult, possible: Sequence[Change]) -> str:
    """Return which changes can go, and the longest run among them."""
    if _has_nothing_to_lose(possible):
        return f"**nothing to lose**, for {result.score} of some output is no better than a guess of the mean"
    gone = [one for one in possible if one.can_go == "yes"]
    if not gone:
        return f"**none of {len(possible)} layers and runs of layers can go**"
    single = [_lost(one) for one in gone if one.n_layers == 1]
    runs = sorted((one for one in gone if one.n_layers > 1), key=lambda one: (one.n_layers, one.saved))
    said = f"**can go** {'; '.join(single)}" if single else "**no single layer can go**"
    return f"{said}. The longest run that can go is {_lost(runs[-1])}" if runs else said


def _has_nothing_to_lose(changes: Sequence[Change]) -> bool:
    """Return whether the network was no better than a guess before, so that no loss says anything."""
    possible = {one.can_go for one in changes} - {"not possible"}
    return possible == {"nothing to lose"}


def relation_sentence(result: PruningResult, name: str) -> str:
    """Return whether a number of layers tells what their replacement loses."""
    found = result.relations[name]
    known = {at: rho for at, rho in found.items() if math.isfinite(rho.value)}
    if not known:
        return f"Of {_BESIDE[name]}, there are too few layers to say anything."
    numbers = [f"{rho} ({_WAYS.get(way, quoted(way))}, {quoted(output)})" for (way, output), rho in known.items()]
    tells = [rho for rho in known.values() if rho.excludes_zero]
    which = _BESIDE[name]
    verdict = f"**{which[0].upper()}{which[1:]} was not seen to tell** what a layer is worth"
    if len(tells) == len(known):
        verdict = f"**{which[0].upper()}{which[1:]} tells** what a layer is worth"
    elif tells:
        verdict = f"{which[0].upper()}{which[1:]} tells what a layer is worth for some outputs alone"
    return f"{verdict}: its rank correlation with the {result.score} lost is {'; '.join(numbers)}."


def moved_sentence(result: PruningResult, kind: str) -> str:
    """Return what moving CKA in a way gains beside the control, on the domain and at home."""
    found = [one for one in result.moved if one.kind == kind]
    if not found:
        return ""
    weights = [
        f"{_reached([one for one in found if one.weight == weight])}"
        for weight in dict.fromkeys(one.weight for one in found)
    ]
    return f"**{_KINDS[kind].capitalize()}** by the loss, {result.score} beyond the control. {' '.join(weights)}"


def cause_sentence(result: PruningResult) -> str:
    """Return whether, over networks, what moves CKA moves the score."""
    known = {at: rho for at, rho in result.causes.items() if math.isfinite(rho.value)}
    together = {name: rho for (kind, name), rho in known.items() if kind == ALL_KINDS}
    if not together:
        return "Too few networks held their score at home to say whether CKA is a cause."
    said = (
        "Over networks that held their score at home, how far CKA moved and the gain have a rank correlation of "
        f"{_of_outputs(together)}"
    )
    each = {kind: {name: rho for (of_kind, name), rho in known.items() if of_kind == kind} for kind in _KINDS}
    alone = "; ".join(f"{words} {_of_outputs(each[kind])}" for kind, words in _KINDS.items() if each[kind])
    by_kind = f" Each way alone: {alone}." if alone else ""
    if not any(rho.has_interval for rho in together.values()):
        return f"{said}. Too few splits and seeds give it no interval: **no cause is claimed or denied**.{by_kind}"
    seen = [name for name, rho in together.items() if rho.excludes_zero]
    if not seen:
        return f"{said}: **CKA was not seen to be a cause**.{by_kind}"
    return f"{said}: what moves CKA moves {result.score} of {', '.join(map(quoted, seen))}.{by_kind}"


def _of_outputs(found: Mapping[str, Estimate]) -> str:
    """Return rank correlations of outputs."""
    return ", ".join(f"{rho} for {quoted(name)}" for name, rho in found.items())


def _reached(found: Sequence[Moved]) -> str:
    """Return what one weight reaches and gains."""
    first = found[0]
    gains = "; ".join(
        f"{one.gain} of {quoted(one.output)} ({_side(one.gain)}), at home {one.gain_at_home}" for one in found
    )
    reached = f"CKA {first.reached:.2f} where the control has {first.control_reached:.2f}"
    return f"At weight {first.weight:g}, {reached}: {gains}."


def _side(gain: Estimate) -> str:
    if not gain.excludes_zero:
        return "not seen to differ"
    return "a gain" if gain.value > 0 else "a loss"


def _lost(one: Change) -> str:
    """Return layers with the output that loses most, and the parameters saved."""
    output, lost = one.largest
    return f"{quoted(one.layers)} (at most {lost}, of {quoted(output)}; {one.saved:,.0f} parameters saved)"
