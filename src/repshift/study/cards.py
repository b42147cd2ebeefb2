"""Which models have a card, and where it lies."""

from repshift.study.cases import is_trained
from repshift.study.configuration import Study


def card_models(study: Study) -> list[str]:
    """Return the models that have a card: those that were trained and are shown a domain."""
    return [model for model in study.cases if is_trained(study, model)]


def card_files(study: Study, suffix: str) -> list[str]:
    """Return the cards of all models, for reading with the suffix ``md``, for programs with ``json``."""
    return [f"results/report/card-{model}.{suffix}" for model in card_models(study)]
