"""repshift: maps -> models -> activations -> grams -> cka -> summary -> figures and pages, and predictions beside them."""

from snakemake.utils import min_version

min_version("9.0")


report: "workflow/report/workflow.rst"


if not workflow.configfiles:

    configfile: "config/config.yaml"


include: "workflow/rules/configuration.smk"
include: "workflow/rules/catalogue.smk"
include: "workflow/rules/common.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/figures.smk"


# An unpacked archive holds all other results, and not what they were made of.
if not ARCHIVED:

    include: "workflow/rules/costs.smk"
    include: "workflow/rules/maps.smk"
    include: "workflow/rules/models.smk"
    include: "workflow/rules/activations.smk"
    include: "workflow/rules/grams.smk"
    include: "workflow/rules/cka.smk"
    include: "workflow/rules/predictions.smk"
    include: "workflow/rules/examples.smk"
    include: "workflow/rules/summary.smk"
    include: "workflow/rules/pages.smk"

    for stage in STAGES_ON_REQUEST:
        if stage in config:

            include: f"workflow/rules/{stage}.smk"
    include: "workflow/rules/progress.smk"


rule all:
    """Draw every figure, write every table, and hold every result that they are made from."""
    default_target: True
    input:
        figures(),
        tables(),
        pages(),
        case_files("grams"),
        case_files("cka"),
        comparison_files(),
        statistics_files("dominance"),
        statistics_files("subsets"),
        scored_files(),
        predictors_files(),
