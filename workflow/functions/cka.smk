"""What the jobs of cka.smk look up: their files, flags and numbers."""

from repshift.study.cases import pairing_of
from repshift.study.commands import measure_options, options


def measure_flags():
    """Return the flags that name the measures beside CKA and what they depend on, where the configuration does."""
    return options(measure_options(STUDY))


def pairing(wildcards):
    """Return what pairs the maps of two networks that are compared with each other."""
    names = wildcards.model, wildcards.domain, wildcards.model_other, wildcards.domain_other
    return pairing_of(STUDY, names[:2], names[2:])
