"""What a case is opened from: a model and the domain it is shown, and the model's own domain beside that."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from repshift.case.domain_files import DomainFiles
from repshift.case.forward import OpenCase, show
from repshift.cli.arguments import domain_of, functions_of
from repshift.cli.networks import constructor_of
from repshift.storage.functions import Constructor
from repshift.storage.models import read_model
from repshift.storage.simulations import SimulationFiles
from repshift.vocabulary import Domain, InputError

_OWN_DOMAIN: Final = ("domain", "suite", "set", "split", "standardisation", "maps", "measured")


@dataclass(frozen=True)
class CaseInputs:
    """What names a case, and the files that it is opened from.

    Attributes
    ----------
    model, weights
        The model, and its file.
    domain, files
        The domain that it is shown, and the files of its maps.
    own
        Code of the network, where that is the user's own.
    home
        The model's own domain; None: nothing is said of it.
    """

    model: str
    weights: Path
    domain: Domain
    files: SimulationFiles
    own: Constructor | None = None
    home: DomainFiles | None = None

    def open(self) -> OpenCase:
        """Open the model and the maps of the domain, and refuse what does not fit together."""
        network, description = read_model(self.weights, own=self.own)
        return show(self.model, network, description, files=self.files, domain=self.domain)

    def open_home(self, shown: OpenCase, *, purpose: str) -> OpenCase | None:
        """Return the model of the case, which is open, shown its own domain; None where nothing is said of that.

        `purpose` says what the own domain is for, where it is missing.

        Raises
        ------
        InputError
            If nothing is said of the own domain, and the case is of another.
        """
        if self.home is None and not shown.case.in_distribution:
            raise InputError(
                f"Domain '{self.domain.name}' is not the model's own, {purpose}. Give --reference-domain and the "
                "others of that."
            )
        return None if self.home is None else shown.on(self.home)


def case_inputs_of(arguments: dict[str, Any]) -> CaseInputs:
    """Take what `add_case` and `add_own_domain` added out of `arguments`, and return it.

    Raises
    ------
    InputError
        If a part of the model's own domain is missing, or there is a directory of code without a constructor.
    """
    functions = functions_of(arguments)
    files = {name: arguments.pop(name) for name in ("maps", "parameters", "measured")}
    return CaseInputs(
        arguments.pop("model"),
        arguments.pop("weights"),
        domain_of(arguments),
        SimulationFiles(**files, functions=functions),
        own=constructor_of(arguments),
        home=_home_of(arguments, functions),
    )


def _home_of(arguments: dict[str, Any], functions: Sequence[Constructor]) -> DomainFiles | None:
    """Take the model's own domain out of `arguments`, and return it; None where nothing is said of it."""
    parts = {name: arguments.pop(f"reference_{name}", None) for name in _OWN_DOMAIN}
    parameters = arguments.pop("reference_parameters", None)
    missing = [f"--reference-{name}" for name, value in parts.items() if value is None]
    if 0 < len(missing) < len(parts):
        raise InputError(f"The model's own domain lacks {', '.join(missing)}. Give all of it, or nothing.")
    if missing:
        return None
    files = SimulationFiles(parts.pop("maps"), parameters, parts.pop("measured"), functions)
    return DomainFiles(domain_of(parts), files)
