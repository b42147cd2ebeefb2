"""Stage report: what the report shows beside the figures.

Requires: every table of the configuration, results/cka/{model}/{domain}.nc of every case, the configuration itself.
Makes: results/report/results.rst, the first page of the report; a page {table}.html of each table;
configuration.html, versions.html and checksums.html.
"""

from snakemake import __version__ as SNAKEMAKE

from repshift.study.cases import is_trained, own_domain


def tables_in_words(wildcards):
    """Return the tables that the result in words is made of, the optional ones where the configuration has them."""
    named = {"similarity": "similarity", "scores": "scores"}
    named |= {"permutation_tests": "permutation_tests", "correlations": "failure_correlations"}
    files = {kind: f"results/summary/{table}.csv" for kind, table in named.items()}
    return {kind: path for kind, path in files.items() if path in TABLES}


def optional_flags(wildcards):
    """Return the flags that name the optional ones of these tables."""
    kinds = {"permutation_tests": "--permutation-tests", "correlations": "--correlations"}
    files = tables_in_words(wildcards)
    return [word for kind, flag in kinds.items() if kind in files for word in (flag, files[kind])]


def network_flags():
    """Return the flags that name networks of figure 1, then controls: own domain, others; the untrained; parameters."""
    main = drawn_models(STUDY, "figure1")
    controls = drawn_models(STUDY, "controls") if "controls" in config["figures"] else []
    controls = [model for model in controls if model not in main]
    flags = []
    for flag, figure, models in (
        ("--network", "figure1", main),
        ("--control", "controls", controls),
    ):
        for model in models:
            domains = [domain for name, domain in drawn_cases(STUDY, figure) if name == model]
            own = own_domain(STUDY, model)
            flags += [flag, model, own, *(domain for domain in domains if domain != own)]
    untrained = [model for model in [*main, *controls] if not is_trained(STUDY, model)]
    parameters = config["figures"].get("parameters", [])
    return [*flags, "--untrained", *untrained, "--parameters", *parameters]


def configuration_files():
    """Return the configuration that runs, by its path from here where it lies inside: a copy elsewhere is the same run."""
    paths, here = map(Path, workflow.configfiles), Path.cwd()
    return [str(path.relative_to(here) if path.is_relative_to(here) else path) for path in paths]


def overrides():
    """Return what the command line sets in place of the configuration's, as JSON."""
    return json.dumps(dict(workflow.config_settings.config), sort_keys=True)


def pages_of_tables():
    """Return the page of every table."""
    names = [Path(path).stem for path in TABLES]
    return [shown(f"results/report/{name}.html", name, " (table)") for name in names]


rule results:
    """Say in words what the networks of figure 1 and the controls show, and what goes with failure."""
    input:
        unpack(tables_in_words),
    output:
        results=shown("results/report/results.rst", "results"),
    log:
        "logs/report/results.log",
    benchmark:
        "results/benchmarks/report/results.tsv"
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        settings=named(
            code=digest("report results"), tests=optional_flags, networks=network_flags()
        ),
    shell:
        """
        python -m repshift --code {params.settings[code]:q} --costs {log:q} report results \
            --similarity {input.similarity:q} \
            --scores {input.scores:q} {params.settings[tests]:q} \
            {params.settings[networks]:q} \
            --output {output.results:q} \
            2>{log:q}
        """


rule pages:
    """Write every table as a page that a browser shows, and what the run was made of."""
    input:
        configuration=configuration_files(),
        cka=case_files("cka"),
        tables=TABLES,
    output:
        tables=pages_of_tables(),
        configuration=shown("results/report/configuration.html", "configuration"),
        versions=shown("results/report/versions.html", "versions"),
        checksums=shown("results/report/checksums.html", "checksums"),
    log:
        "logs/report/pages.log",
    benchmark:
        "results/benchmarks/report/pages.tsv"
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        settings=named(
            code=digest("report tables", "report provenance"),
            overrides=overrides(),
            snakemake=SNAKEMAKE,
        ),
    shell:
        """
        python -m repshift --code {params.settings[code]:q} --costs {log:q} run report tables \
            --tables {input.tables:q} \
            --outputs {output.tables:q} \
            then report provenance \
            --configuration {input.configuration:q} \
            --overrides {params.settings[overrides]:q} \
            --snakemake {params.settings[snakemake]:q} \
            --cka {input.cka:q} \
            --tables {input.tables:q} \
            --output-configuration {output.configuration:q} \
            --output-versions {output.versions:q} \
            --output-checksums {output.checksums:q} \
            2>{log:q}
        """
