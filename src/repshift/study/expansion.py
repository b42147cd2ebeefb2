"""What is filled in once the sections are read: what a grid stands for, and defaults that depend on other sections."""

from repshift.similarity.discrepancy import FEWEST_OF_DOMAIN
from repshift.study.cases import failing_pairs, infers
from repshift.study.configuration import Study
from repshift.study.domains import Domain, Grid
from repshift.study.figures import ROWS_OF_FIGURE1
from repshift.study.maps import Fetching
from repshift.study.models import Model
from repshift.study.refusals import require
from repshift.study.stages import SUBSET_SIZES, Intervals, PermutationTests
from repshift.vocabulary import FEWEST_SIMULATIONS

PARAMETERS_DRAWN = 2
"""Parameters that stand in for those of the configuration where it names none."""


def expand(study: Study) -> Study:
    """Return a study with all that follows from what its file says."""
    for fill in (_grid, _repaired, _maps, _statistics, _sizes, _halves, _figure1):
        study = fill(study)
    return study


def expand_parameters(study: Study) -> Study:
    """Return a study with the parameters of its figures and of failure, once its names are known to be there."""
    figures, failures = study.figures, study.failures
    if figures.predictions is not None and figures.parameters is None:
        found = common(study, [model for model, *_ in figures.predictions]) or _labels_of_classes(study)
        require(
            found, "figures.predictions has models that infer nothing in common, so figures.parameters must be given."
        )
        figures = figures.model_copy(update={"parameters": found})
    if failures is not None and failures.parameters is None:
        found = common(study, list(dict.fromkeys(model for model, _ in failing_pairs(study))))
        require(
            found or not failing_pairs(study), "failures is there, but its networks infer nothing in common."
        )  # where nothing can fail, the checks say so
        failures = failures.model_copy(update={"parameters": found or None})
    return study.with_sections(figures=figures, failures=failures)


def common(study: Study, models: list[str]) -> tuple[str, ...]:
    """Return the first parameters that all models infer which infer any."""
    of_models = [names for model in models if (names := infers(study, model))]
    first = of_models[0] if of_models else ()
    return tuple(name for name in first if all(name in names for names in of_models))[:PARAMETERS_DRAWN]


def _labels_of_classes(study: Study) -> tuple[str, ...]:
    """Return the labels of the classes that are drawn: each classifier has one of its own."""
    drawn = [model for model, *_ in study.figures.predictions or ()]
    labels = [name for model in drawn if study.models[model].is_classifier for name in infers(study, model)]
    return tuple(dict.fromkeys(labels))


def _grid(study: Study) -> Study:
    """Write the models, domains and cases of the grid out, beside those that stand in the configuration."""
    grid = study.grid
    if grid is None:
        return study
    settings = {"set": grid.set, "split": grid.split, "standardisation": grid.standardisation}
    made: dict[str, dict[str, object]] = {
        "domains": {suite: Domain.model_validate({"suite": suite, **settings}) for suite in grid.suites},
        "models": {
            name: Model(suite=suite, field=field, rank=rank) for name, (suite, field, rank) in _ranked(grid).items()
        },
        "cases": {
            name: (suite, *(other for other in grid.suites if other != suite))
            for name, (suite, _, _) in _ranked(grid).items()
        },
    }
    for section, entries in made.items():
        written = getattr(study, section)
        twice = sorted(entries.keys() & written.keys())
        require(not twice, f"{section} and grid both make {', '.join(twice)}.")
        made[section] = written | entries
    return study.with_sections(grid=None, **made)


def _ranked(grid: Grid) -> dict[str, tuple[str, str, int]]:
    """Return the models of a grid: suite, field and rank of each, by its name."""
    return {
        f"{field}-{suite}" + (f"-rank{rank}" if rank > 1 else ""): (suite, field, rank)
        for field in grid.fields
        for suite in grid.suites
        for rank in grid.ranks
    }


def _repaired(study: Study) -> Study:
    """Give a repaired model what it has of the model that it is made from: its code, its preparation, its layers."""
    models = dict(study.models)
    for name, model in study.models.items():
        origin = study.models.get(model.repaired.model) if model.repaired else None
        if origin is not None:
            layers = model.layers or origin.layers
            taken = {"network": origin.network, "preprocessing": origin.preprocessing, "layers": layers}
            models[name] = model.model_copy(update=taken)
    return study.with_sections(models=models)


def _maps(study: Study) -> Study:
    """Write down how CMD is fetched where a suite is, and how many particles a mock simulation has."""
    maps = study.maps
    if maps.cmd is None and any(suite.provider == "cmd" for suite in study.suites.values()):
        maps = maps.model_copy(update={"cmd": Fetching()})
    if maps.mock is not None and maps.mock.particles is None:
        maps = maps.model_copy(update={"mock": maps.mock.model_copy(update={"particles": maps.mock.size})})
    return study.with_sections(maps=maps)


def _statistics(study: Study) -> Study:
    """Turn intervals and tests on where the file says nothing of them and there are simulations enough."""
    activations = study.activations
    if activations.n_simulations < FEWEST_SIMULATIONS or activations.passes > 1:
        return study
    sections = {"intervals": Intervals(), "permutation_tests": PermutationTests()}
    return study.with_sections(**{key: made for key, made in sections.items() if key not in study.model_fields_set})


def _sizes(study: Study) -> Study:
    """Choose the simulations of the subsets where the file does not."""
    chosen = study.sample_size
    if chosen is None or chosen.sizes is not None:
        return study
    n_simulations = study.activations.n_simulations
    sizes = tuple(size for size in SUBSET_SIZES if size < n_simulations)
    require(
        sizes or n_simulations < FEWEST_SIMULATIONS,
        f"sample_size.sizes must be given: none of the default, {', '.join(map(str, SUBSET_SIZES))}, is smaller than "
        f"the {n_simulations} simulations compared.",
    )
    return study.with_sections(sample_size=chosen.model_copy(update={"sizes": sizes}))


def _halves(study: Study) -> Study:
    """Divide no domain in halves by default that has too few simulations."""
    chosen = study.shift_scores
    if chosen is None or "halves" in chosen.model_fields_set:
        return study
    few = study.activations.n_simulations < 2 * FEWEST_OF_DOMAIN
    return study.with_sections(shift_scores=chosen.model_copy(update={"halves": 0})) if few else study


def _figure1(study: Study) -> Study:
    """Draw the first models that have cases where the file does not say which."""
    if study.figures.figure1 is not None:
        return study
    rows = tuple((model,) for model in list(study.cases)[:ROWS_OF_FIGURE1])
    return study.with_sections(figures=study.figures.model_copy(update={"figure1": rows}))
