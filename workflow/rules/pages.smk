"""Stage pages: what the report shows beside the figures.

Requires: every table of the configuration, results/cka/{model}/{domain}.nc of every case, the configuration itself.
Makes: results/pages/results.rst, the first page of the report; a page {table}.html of each table; configuration.html,
versions.html and checksums.html.
"""


rule results:
    """Say in words what the networks of figure 1 and the controls show, and what goes with failure."""
    input:
        unpack(told_tables),
    output:
        results=shown("results/pages/results.rst", "results"),
    log:
        "logs/pages/results.log",
    benchmark:
        "results/benchmarks/pages/results.tsv"
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        code=digest("pages"),
        tests=told_flags,
        networks=network_told_flags(),
    shell:
        """
        python -m repshift pages results \
            --similarity {input.similarity:q} \
            --scores {input.scores:q} {params.tests:q} \
            {params.networks:q} \
            --output {output.results:q} \
            2>{log:q}
        """


rule pages:
    """Write every table as a page that a browser shows."""
    input:
        tables=tables(),
    output:
        **table_pages(),
    log:
        "logs/pages/pages.log",
    benchmark:
        "results/benchmarks/pages/pages.tsv"
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        code=digest("pages"),
    shell:
        """
        python -m repshift pages tables \
            --tables {input.tables:q} \
            --outputs {output:q} \
            2>{log:q}
        """


rule provenance:
    """Write down the configuration, the versions of packages, and checksums of what went in and came out."""
    input:
        configuration=configuration_files(),
        cka=case_files("cka"),
        tables=tables(),
    output:
        configuration=shown("results/pages/configuration.html", "configuration"),
        versions=shown("results/pages/versions.html", "versions"),
        checksums=shown("results/pages/checksums.html", "checksums"),
    log:
        "logs/pages/provenance.log",
    benchmark:
        "results/benchmarks/pages/provenance.tsv"
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        code=digest("pages"),
        overrides=overrides(),
        snakemake=SNAKEMAKE,
    shell:
        """
        python -m repshift pages provenance \
            --configuration {input.configuration:q} \
            --overrides {params.overrides:q} \
            --snakemake {params.snakemake:q} \
            --cka {input.cka:q} \
            --tables {input.tables:q} \
            --output-configuration {output.configuration:q} \
            --output-versions {output.versions:q} \
            --output-checksums {output.checksums:q} \
            2>{log:q}
        """
