"""How a configuration is refused: one sentence."""

from collections.abc import Collection

from repshift.vocabulary import InputError


def require(condition: object, message: str) -> None:
    """Stop with one sentence about the configuration.

    Raises
    ------
    InputError
        Where the condition does not hold.
    """
    if not condition:
        raise refusal(message)


def refusal(message: str) -> InputError:
    """Return the error of one sentence about the configuration."""
    return InputError(f"Configuration: {message}")


def require_name(name: str, names: Collection[str], place: str, what: str) -> None:
    """Stop where a name refers to nothing."""
    require(name in names, f"{place} is '{name}'; the {what} are {', '.join(names)}.")
