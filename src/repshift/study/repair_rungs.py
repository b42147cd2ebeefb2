"""What follows from the section repair: rungs, bounds and domains of one cosmology of each case, and files."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from repshift.adaptation import REPAIRS
from repshift.case.files import CaseFiles
from repshift.study.case_lists import repair_cases
from repshift.study.cases import Pair, infers, is_scored, is_trained, parent_of
from repshift.study.configuration import Study
from repshift.study.refusals import require
from repshift.study.repair import WITHOUT_TRAINING, RepairSection, RepairTraining
from repshift.study.sizes import judged_maps_each, simulations_shown


@dataclass(frozen=True)
class Part:
    """Splits of a trained rung that one job makes; parts of a rung are numbered from 0.

    Attributes
    ----------
    rung, number
        The rung, and which part of it this is.
    splits
        Places of its splits; the first part has the first, which chooses the weight.
    is_whole
        Whether these are all.
    """

    rung: str
    number: int
    splits: tuple[int, ...]
    is_whole: bool

    def file(self, case: CaseFiles) -> str:
        """Return the file that is made from a case."""
        return case.repair_of(self.rung) if self.is_whole else case.part_of(self.rung, self.number)


def repair_section(study: Study) -> RepairSection:
    """Return the section repair of a study that has one."""
    require(study.repair is not None, "there is no section repair.")
    return cast("RepairSection", study.repair)


def training_of_repair(study: Study) -> RepairTraining:
    """Return how the rungs of a study train that has any which do."""
    require(study.repair is not None and study.repair.training is not None, "there is no section repair.training.")
    return cast("RepairTraining", repair_section(study).training)


def trained_rungs(study: Study) -> tuple[str, ...]:
    """Return the rungs that train, in the order of the ladder, controls among them; none where none is asked for."""
    chosen = study.repair.training.rungs if study.repair and study.repair.training else ()
    return tuple(name for name in REPAIRS if name in chosen)


def is_control(study: Study, rung: str) -> bool:
    """Return whether a trained rung is the control of another, and so is made first."""
    return rung in {REPAIRS[name].control for name in trained_rungs(study)}


def numbers_tuned(study: Study, rung: str) -> tuple[int, ...]:
    """Return the numbers of simulations of the target that a trained rung is made with, labelled or not."""
    training = training_of_repair(study)
    return training.labelled if REPAIRS[rung].uses_target_labels else training.simulations


def depths_of(study: Study, rung: str) -> tuple[str | None, ...]:
    """Return the layers below which a trained rung changes nothing, each in turn; None where all is trained.

    A rung with labels of the target, and its control, have all of them; others have the first.
    """
    chosen = training_of_repair(study).freeze
    with_labels = [name for name in trained_rungs(study) if REPAIRS[name].uses_target_labels]
    every = {*with_labels, *(REPAIRS[name].control for name in with_labels)}
    return chosen if rung in every else chosen[:1]


def rungs_of(study: Study, model: str, domain: str) -> tuple[str, ...]:
    """Return the rungs without training of a case: those named, else all whose labels the domain has."""
    labelled, named = is_scored(study, model, domain), repair_section(study).rungs
    return named or tuple(name for name in WITHOUT_TRAINING if labelled or not REPAIRS[name].uses_target_labels)


def bounds_of(study: Study, model: str, domain: str) -> list[str]:
    """Return the models that no repair made and that are judged beside, by their predictions of the same maps.

    The first that is trained on the domain's suite, and reads and infers the same; then those that are named.
    """
    suite = parent_of(study, study.domains[domain].suite)
    like = [name for name in study.models if study.models[name].suite == suite and is_bound(study, name, model, domain)]
    named = [name for name in repair_section(study).bounds or () if is_bound(study, name, model, domain)]
    return list(dict.fromkeys([*like[:1], *named]))


def is_bound(study: Study, bound: str, model: str, domain: str) -> bool:
    """Return whether a model, trained and not repaired, is shown a domain, and reads and infers what another does."""
    one, other = study.models[bound], study.models[model]
    return (
        bound != model
        and one.repaired is None
        and is_trained(study, bound)
        and (one.fields, infers(study, bound)) == (other.fields, infers(study, model))
        and domain in study.cases.get(bound, ())
    )


def joined_parts(study: Study, groups: Sequence[Sequence[Part]]) -> list[list[Part]]:
    """Return the parts that each job joins: those of controls, which others stand beside, then the others."""
    parts = [part for group in groups for part in group]
    found = [[part for part in parts if is_control(study, part.rung) == first] for first in (True, False)]
    return [one for one in found if not all(part.is_whole for part in one)]


def model_file(model: str) -> str:
    """Return the file of a model that the run makes."""
    return f"results/models/{model}.pt"


def model_files(model: str) -> list[str]:
    """Return the file of a model and its description."""
    return [model_file(model), f"results/models/{model}.json"]


def repaired_for(study: Study, model: str, domain: str) -> list[str]:
    """Return the models that are made from a model to fit a domain."""
    made = {name: entry.repaired for name, entry in study.models.items() if entry.repaired}
    return [name for name, one in made.items() if (one.model, one.domain) == (model, domain)]


def prior_domain(study: Study, domain: str) -> str | None:
    """Return the domain of one cosmology of the suite of a domain; None where there is none."""
    prior = repair_section(study).prior
    suite = study.domains[domain].suite
    found = [name for name in (prior.domains if prior else None) or () if study.domains[name].suite == suite]
    return next((name for name in found if name != domain), None)


def tuned_maps_each(study: Study, domain: str) -> int:
    """Return how many maps of each simulation rungs are tuned on."""
    return judged_maps_each(study, domain, repair_section(study).tuned_maps_each)


def simulations_judged(study: Study, model: str, domain: str) -> int | None:
    """Return how many simulations of a domain tune and judge; None where that is not known before the run."""
    there, most = simulations_shown(study, model, domain), repair_section(study).most_simulations
    return there if there is None or most is None else min(there, most)


def repair_files(study: Study) -> list[str]:
    """Return the files of ladders, a case each, in the order of the configuration; none where it asks for none."""
    return [CaseFiles(*case).repair for case in repair_cases(study)]


def rung_files(study: Study, *, of: Sequence[Pair] | None = None) -> list[str]:
    """Return the files of trained rungs, of all cases or of some."""
    pairs = [pair for pair in repair_cases(study) if of is None or pair in of]
    return [CaseFiles(*pair).repair_of(rung) for pair in pairs for rung in trained_rungs(study)]


def latent_space_files(study: Study, *, of: Sequence[Pair] | None = None) -> list[str]:
    """Return the files of latent spaces, of all cases or of some; none where the study asks for none."""
    asked = study.repair is not None and study.repair.latent_space is not None
    pairs = [pair for pair in repair_cases(study) if of is None or pair in of]
    return [CaseFiles(*pair).latent_space for pair in pairs] if asked else []
