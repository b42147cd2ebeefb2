"""Numbers that seed what is drawn for a suite, a set, a field, so that no two of them share what they draw."""


def entropy_of(seed: int, *names: str) -> list[int]:
    """Return numbers that no other seed and names give, even with more numbers behind: each name after its length."""
    return [seed, *(number for name in names for number in (len(name.encode()), *name.encode()))]
