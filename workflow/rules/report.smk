"""Stage report: what the report shows beside the figures.

Requires: every table of the configuration, results/cka/{model}/{domain}.nc of every case, the configuration itself.
Makes: results/report/results.rst, the first page of the report, and details.html, what it leaves out; a page {table}.html
of each table; configuration.html, versions.html and checksums.html; card-{model}.md and .json of each trained model.
"""


include: "../functions/report.smk"


rule results:
    """Say in words what fails, how far, why, what repairs it and when to trust it, and the details of all that."""
    input:
        unpack(tables_in_words),
    output:
        results=shown("results/report/results.rst", "results"),
        details=shown("results/report/details.html", "details"),
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
            code=digest("report results"),
            tests=optional_flags,
            networks=network_flags(),
            stress=stress_flags(),
            attribution=attribution_flags(),
        ),
    shell:
        """
        python -m repshift --code {params.settings[code]:q} --costs {log:q} report results \
            --similarity {input.similarity:q} \
            --scores {input.scores:q} {params.settings[tests]:q} \
            {params.settings[networks]:q} {params.settings[stress]:q} {params.settings[attribution]:q} \
            --output {output.results:q} \
            --output-details {output.details:q} \
            2>{log:q}
        """


rule pages:
    """Write every table as a page that a browser shows, a card of each model, and what the run was made from."""
    input:
        configuration=configuration_files(),
        descriptions=expand("results/models/{model}.json", model=card_models(STUDY)),
        cka=case_files("cka"),
        tables=TABLES,
    output:
        tables=pages_of_tables(),
        cards=shown_cards("md", " (Markdown file)"),
        documents=shown_cards("json", " (JSON file)"),
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
            code=digest("report tables", "report cards", "report provenance"),
            cards=card_flags(),
            overrides=overrides(),
            snakemake=SNAKEMAKE,
        ),
    shell:
        """
        python -m repshift --code {params.settings[code]:q} --costs {log:q} run report tables \
            --tables {input.tables:q} \
            --outputs {output.tables:q} \
            then report cards {params.settings[cards]:q} \
            --descriptions {input.descriptions:q} \
            --cka {input.cka:q} \
            --outputs-text {output.cards:q} \
            --outputs-json {output.documents:q} \
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
