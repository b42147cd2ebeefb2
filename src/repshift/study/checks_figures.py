"""Checks of the figures: models that have cases, parameters that they infer, names of plotting."""

from typing import Final

from repshift.study.cases import infers, is_scored
from repshift.study.checks_suites import require_scored
from repshift.study.configuration import Study
from repshift.study.figure_cases import cases_of_figure, drawn_cases, drawn_models, drawn_shifts
from repshift.study.refusals import require, require_name

DRAWN = ("figure1", "controls", "measures", "predictions")
"""Figures that name models, a row or group each."""

OF_SECTIONS: Final = {
    "figure4": "stress.cases",
    "figure5": "attribution.cases",
    "figure6": "attribution.twins",
    "features": "attribution.features",
    "figure7": "repair.cases",
    "figure8": "pruning.cases",
    "figure9": "trust.cases",
    "latent_space": "repair.latent_space",
}
"""Figures of a section with cases of its own, and the key of it that they draw."""


def check_figures(study: Study) -> None:
    """Check that figures draw models that have cases, each once, and domains that are theirs."""
    for figure in (*DRAWN, "shift_scores"):
        _check_rows(study, figure)
    require(
        study.figures.measures is None or study.cka.measures is not None,
        "figures.measures is there, so cka.measures is needed: the measures that it draws beside CKA.",
    )
    drawn = drawn_models(study, "predictions")
    classifiers = [name for name in drawn if study.models[name].is_classifier]
    require(
        len(classifiers) in (0, len(drawn)),
        f"figures.predictions has {', '.join(classifiers)}, which infer classes, beside networks that infer values. "
        "One figure draws one of the two.",
    )
    for name in drawn:
        shown = [domain for model, domain in drawn_cases(study, "predictions") if model == name]
        require(
            any(is_scored(study, name, domain) for domain in shown),
            f"figures.predictions has '{name}', of which no case is scored: it needs outputs, and maps with labels.",
        )


def check_drawn_shifts(study: Study) -> None:
    """Check that the models whose shift scores are drawn have some."""
    require(
        study.figures.shift_scores is None or study.shift_scores is not None,
        "figures.shift_scores is there, so the section shift_scores is needed: the scores that it draws.",
    )
    scored = drawn_shifts(study)
    for name in drawn_models(study, "shift_scores"):
        require(
            name in [model for model, _ in scored],
            f"figures.shift_scores has '{name}', of which no case drawn has shift scores: it needs a trained model, a "
            "domain of another suite and, of models of the same weights, the first.",
        )


def check_figures_of_sections(study: Study) -> None:
    """Check that figures of a section that has its own cases draw models and domains of it."""
    for figure, section in OF_SECTIONS.items():
        needed, _, key = section.partition(".")
        there = getattr(study, needed)
        require(
            getattr(study.figures, figure) is None or there is not None,
            f"figures.{figure} is there, so the section {needed} is needed: what it draws.",
        )
        if there is not None and key != "cases":
            require(
                getattr(study.figures, figure) is None or getattr(there, key) is not None,
                f"figures.{figure} is there, so {section} is needed: what it draws.",
            )
        if there is not None:
            _check_rows(study, figure, section=f"{needed}.cases" + (" with a twin" if key == "twins" else ""))


def _check_rows(study: Study, figure: str, *, section: str = "cases") -> None:
    """Check the rows of one figure: models and domains of a section, of the cases if no other is named."""
    named: list[str] = []
    known = cases_of_figure(study, figure)
    models = "models with cases" if section == "cases" else f"models of {section}"
    for name, *domains in getattr(study.figures, figure) or ():
        require_name(name, known, f"a model of figures.{figure}", models)
        require(name not in named, f"figures.{figure} has '{name}' twice.")
        named.append(name)
        for domain in domains:
            place = f"a domain of figures.{figure} with {name}"
            there = section.removesuffix(" with a twin")
            require_name(domain, known[name], place, f"domains of {there}.{name}{section.removeprefix(there)}")


def check_figure2(study: Study) -> None:
    """Check that figure 2 draws models of shift_steps, beside others that are shown the same domains."""
    named, seen = study.shift_steps or {}, []
    for entry in study.figures.figure2 or ():
        model = entry.model
        require(model not in seen, f"figures.figure2 has '{model}' twice.")
        seen.append(model)
        require_name(model, named, "a model of figures.figure2", "models of shift_steps")
        other = entry.untrained or model
        require(
            named.get(other) == named[model],
            f"figures.figure2 has '{other}' as {model} untrained; shift_steps needs the same domains for both.",
        )
        other = entry.layers or model
        require(
            set(named[model][:2]) <= set(study.cases.get(other, ())),
            f"figures.figure2 has '{other}' as {model} with other layers; cases shows it not both "
            f"{' and '.join(named[model][:2])}.",
        )


def check_parameters(study: Study) -> None:
    """Check that a model that a figure draws infers each parameter."""
    models = [model for figure in (*DRAWN, *OF_SECTIONS) for model in drawn_models(study, figure)]
    models += [entry.model for entry in study.figures.figure2 or ()]
    known = dict.fromkeys(name for model in models for name in infers(study, model))
    drawn = dict.fromkeys(domain for model in models for domain in study.cases.get(model, ()))
    for name in study.figures.parameters or ():
        require_name(name, known, "a parameter of figures.parameters", "parameters that the models drawn infer")
        require_scored(study, name, drawn, "figures.parameters")


def check_plotting(study: Study) -> None:
    """Check that colours and labels are given to what there is."""
    for section in ("suites", "domains", "models"):
        for name in getattr(study.plotting, section):
            require_name(name, getattr(study, section), f"a name of plotting.{section}", section)
