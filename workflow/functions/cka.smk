"""What the jobs of cka.smk look up: their files, flags and numbers."""

from repshift.study.cases import pairing_of


def measure_flags():
    """Return the flags that name the measures beside CKA and what they depend on, where the configuration does."""
    section = config["cka"]
    flags = [
        word
        for key in ("width", "neighbours", "share")
        if key in section
        for word in (f"--{key}", section[key])
    ]
    return ["--measures", *section["measures"], *flags] if "measures" in section else []


def pairing(wildcards):
    """Return what pairs the maps of two networks that are compared with each other."""
    names = wildcards.model, wildcards.domain, wildcards.model_other, wildcards.domain_other
    return pairing_of(STUDY, names[:2], names[2:])
