"""Stage figures: the paper's figure, its controls, other measures, networks compared, and predicted against true parameters.

Requires: results/summary/summary.nc, results/examples/{model}/{domain}.nc, results/predictions/{model}/{domain}.nc;
results/summary/attribution.csv, results/subsets/{model}/{domain}.nc and
results/dominance/{model}/{domain}.nc, where these stages are configured;
results/cka/{model}/{domain}/{model_other}/{domain_other}.nc and results/summary/comparisons.csv;
results/summary/failures.csv, failure_correlations.csv and failure_transfers.csv. No file of maps, activations or weights.
Makes: results/figures/{figure}.pdf and .png; results/figures/culprits/{model}/{domain}.pdf and .png.
"""


rule figure1:
    """Draw the paper's figure: maps, CKA matrices, their statistics."""
    input:
        summary="results/summary/summary.nc",
        examples=example_files("figure1"),
    output:
        pdf="results/figures/figure1.pdf",
        png=shown("results/figures/figure1.png", "figure1"),
    log:
        "logs/figures/figure1.log",
    benchmark:
        "results/benchmarks/figures/figure1.tsv"
    localrule: True
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        code=digest("figures"),
        models=drawn_models("figure1"),
        estimator=config["figures"]["estimator"],
        boxes=case_boxes("figure1"),
    shell:
        """
        python -m repshift figures similarity \
            --summary {input.summary:q} \
            --models {params.models:q} \
            --estimator {params.estimator:q} \
            --examples {input.examples:q} \
            --boxes {params.boxes:q} \
            --outputs {output.pdf:q} {output.png:q} \
            2>{log:q}
        """


if "controls" in config["figures"]:

    use rule figure1 as controls with:
        input:
            summary="results/summary/summary.nc",
            examples=example_files("controls"),
        output:
            pdf="results/figures/controls.pdf",
            png=shown("results/figures/controls.png", "controls"),
        log:
            "logs/figures/controls.log",
        benchmark:
            "results/benchmarks/figures/controls.tsv"
        localrule: True
        params:
            code=digest("figures"),
            models=drawn_models("controls"),
            estimator=config["figures"]["estimator"],
            boxes=case_boxes("controls"),


if "figure2" in config["figures"]:

    rule figure2:
        """Draw what the block and the loss of some models are made of."""
        input:
            attribution="results/summary/attribution.csv",
            summary="results/summary/summary.nc",
            subsets=statistics_files("subsets", cases=figure2_cases()),
            dominance=statistics_files("dominance", cases=figure2_cases()),
        output:
            pdf="results/figures/figure2.pdf",
            png=shown("results/figures/figure2.png", "figure2"),
        log:
            "logs/figures/figure2.log",
        benchmark:
            "results/benchmarks/figures/figure2.tsv"
        localrule: True
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            code=digest("figures"),
            models=figure2_flags(),
            fields=field_flags(),
        shell:
            """
            python -m repshift figures attribution \
                --attribution {input.attribution:q} \
                --summary {input.summary:q} \
                --subsets {input.subsets:q} \
                --dominance {input.dominance:q} \
                {params.models:q} {params.fields:q} \
                --outputs {output.pdf:q} {output.png:q} \
                2>{log:q}
            """


if "measures" in config["figures"]:

    rule figure_measures:
        """Draw the matrices of some models by CKA and by the other measures, a column a measure."""
        input:
            summary="results/summary/summary.nc",
        output:
            pdf="results/figures/measures.pdf",
            png=shown("results/figures/measures.png", "measures"),
        log:
            "logs/figures/measures.log",
        benchmark:
            "results/benchmarks/figures/measures.tsv"
        localrule: True
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            code=digest("figures"),
            cases=drawn_flags("measures"),
            estimator=config["figures"]["estimator"],
            measures=config["cka"]["measures"],
            fields=field_flags(),
        shell:
            """
            python -m repshift figures measures \
                --summary {input.summary:q} \
                {params.cases:q} \
                --estimator {params.estimator:q} \
                --measures {params.measures:q} {params.fields:q} \
                --outputs {output.pdf:q} {output.png:q} \
                2>{log:q}
            """


if "comparisons" in config:

    rule figure_comparisons:
        """Draw networks compared with each other, a panel for each two."""
        input:
            comparisons=comparison_files(),
            table="results/summary/comparisons.csv",
        output:
            pdf="results/figures/comparisons.pdf",
            png=shown("results/figures/comparisons.png", "comparisons_figure"),
        log:
            "logs/figures/comparisons.log",
        benchmark:
            "results/benchmarks/figures/comparisons.tsv"
        localrule: True
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            code=digest("figures"),
            estimator=config["figures"]["estimator"],
        shell:
            """
            python -m repshift figures comparisons \
                --comparisons {input.comparisons:q} \
                --table {input.table:q} \
                --estimator {params.estimator:q} \
                --outputs {output.pdf:q} {output.png:q} \
                2>{log:q}
            """


if "predictions" in config["figures"]:

    rule figure_predictions:
        """Draw predicted against true parameters, a panel a case."""
        input:
            predictions=scored_files(cases=drawn_cases("predictions")),
            summary="results/summary/summary.nc",
        output:
            pdf="results/figures/predictions.pdf",
            png=shown("results/figures/predictions.png", "predictions"),
        log:
            "logs/figures/predictions.log",
        benchmark:
            "results/benchmarks/figures/predictions.tsv"
        localrule: True
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            code=digest("figures"),
            parameters=config["figures"]["parameters"],
        shell:
            """
            python -m repshift figures predictions \
                --predictions {input.predictions:q} \
                --summary {input.summary:q} \
                --parameters {params.parameters:q} \
                --outputs {output.pdf:q} {output.png:q} \
                2>{log:q}
            """


if "dominance" in config:

    rule figure_culprits:
        """Draw the maps that dominate a case, and what is left of the block without them."""
        input:
            dominance="results/dominance/{model}/{domain}.nc",
        output:
            pdf="results/figures/culprits/{model}/{domain}.pdf",
            png=shown("results/figures/culprits/{model}/{domain}.png", "figure_culprits"),
        log:
            "logs/figures/culprits/{model}/{domain}.log",
        benchmark:
            "results/benchmarks/figures/culprits/{model}/{domain}.tsv"
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(3),
        params:
            code=digest("figures"),
            estimator=drawn_estimator(),
            box=box_of_domain,
        shell:
            """
            python -m repshift figures culprits \
                --dominance {input.dominance:q} \
                --estimator {params.estimator:q} \
                --box {params.box:q} \
                --outputs {output.pdf:q} {output.png:q} \
                2>{log:q}
            """


if "failures" in config and correlates():

    rule figure3:
        """Draw what goes with the loss of accuracy: correlations of all predictors, and the pairs themselves."""
        input:
            failures="results/summary/failures.csv",
            correlations="results/summary/failure_correlations.csv",
            transfers="results/summary/failure_transfers.csv",
        output:
            pdf="results/figures/figure3.pdf",
            png=shown("results/figures/figure3.png", "figure3"),
        log:
            "logs/figures/figure3.log",
        benchmark:
            "results/benchmarks/figures/figure3.tsv"
        localrule: True
        conda:
            "../../envs/figures.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            code=digest("figures"),
            fields=field_flags(),
        shell:
            """
            python -m repshift figures failure \
                --failures {input.failures:q} \
                --correlations {input.correlations:q} \
                --transfers {input.transfers:q} {params.fields:q} \
                --outputs {output.pdf:q} {output.png:q} \
                2>{log:q}
            """
