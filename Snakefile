"""repshift: maps -> networks (activations, grams, predictions) -> cka, statistics -> summary -> figures and report."""

from pathlib import Path

from snakemake.utils import min_version

min_version("9.0")


report: "workflow/report/workflow.rst"


if not workflow.configfiles:

    configfile: "config/config.yaml"


include: "workflow/rules/configuration.smk"
include: "workflow/rules/common.smk"
include: "workflow/rules/captions.smk"
include: "workflow/rules/figures.smk"


# An unpacked archive holds all other results, and not what they were made from.
if not STUDY.archived:

    include: "workflow/rules/maps.smk"
    include: "workflow/rules/models.smk"
    include: "workflow/rules/network.smk"
    include: "workflow/rules/cka.smk"
    include: "workflow/rules/statistics.smk"
    include: "workflow/rules/summary.smk"
    include: "workflow/rules/report.smk"

    if STUDY.stress:

        include: "workflow/rules/stress.smk"

    if STUDY.attribution:

        include: "workflow/rules/attribution.smk"

    if STUDY.repair:

        include: "workflow/rules/repair.smk"

    if STUDY.pruning:

        include: "workflow/rules/pruning.smk"

    if STUDY.trust:

        include: "workflow/rules/trust.smk"

    if STUDY.training:

        include: "workflow/rules/training.smk"

    follow_run(workflow, REQUESTS, parts_of_rule)


hand_on_digests(DIGESTS)


rule all:
    """Draw every figure, write every table, and hold every result that they are made from."""
    default_target: True
    input:
        FIGURES,
        TABLES,
        PAGES,
        RESULTS,
