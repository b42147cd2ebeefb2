"""Stage summary: scores and statistics of all cases, their tests, and networks compared with each other.

Requires: results/cka/{model}/{domain}.nc of every case and results/predictions/{model}/{domain}.nc of those scored;
where the configuration has these stages, results/intervals/{model}/{domain}.nc and results/nulls/{model}/{domain}.nc;
results/cka/{model}/{domain}/{model_other}/{domain_other}.nc of every comparison.
Makes: results/summary/scores.csv, similarity.csv and summary.nc; nulls.csv; comparisons.csv; attribution.csv,
of Gram matrices and predictions of its cases, with the intervals of scores.csv and similarity.csv; culprits.csv and dominance.csv; subsets.csv, of the stages dominance and subsets;
failures.csv, failure_correlations.csv and failure_transfers.csv, of the stage predictors.
"""


rule summary:
    """Sum up all cases in two tables and one file."""
    input:
        cka=case_files("cka"),
        predictions=scored_files(),
        intervals=statistics_files("intervals"),
        nulls=statistics_files("nulls"),
    output:
        scores=shown_table("scores"),
        similarity=shown_table("similarity"),
        summary="results/summary/summary.nc",
    log:
        "logs/summary/summary.log",
    benchmark:
        "results/benchmarks/summary/summary.tsv"
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        code=digest("summary"),
        resampling=resampling_flags(),
    shell:
        """
        python -m repshift summary cases \
            --cka {input.cka:q} \
            --predictions {input.predictions:q} \
            --intervals {input.intervals:q} \
            --nulls {input.nulls:q} {params.resampling:q} \
            --output-scores {output.scores:q} \
            --output-similarity {output.similarity:q} \
            --output-summary {output.summary:q} \
            2>{log:q}
        """


if "comparisons" in config:

    rule comparisons:
        """Sum up networks compared with each other in one table."""
        input:
            comparisons=comparison_files(),
        output:
            comparisons=shown_table("comparisons"),
        log:
            "logs/summary/comparisons.log",
        benchmark:
            "results/benchmarks/summary/comparisons.tsv"
        localrule: True
        conda:
            "../../envs/analysis.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            code=digest("summary"),
        shell:
            """
            python -m repshift summary comparisons \
                --comparisons {input.comparisons:q} \
                --output {output.comparisons:q} \
                2>{log:q}
            """


if "nulls" in config:

    rule tests:
        """Sum up the tests of every case: of two domains, and of independent layers."""
        input:
            nulls=statistics_files("nulls"),
            intervals=statistics_files("intervals"),
        output:
            nulls=shown_table("nulls"),
            independence=shown_table("independence"),
        log:
            "logs/summary/nulls.log",
        benchmark:
            "results/benchmarks/summary/nulls.tsv"
        localrule: True
        conda:
            "../../envs/analysis.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            code=digest("summary"),
        shell:
            """
            python -m repshift summary nulls \
                --nulls {input.nulls:q} \
                --intervals {input.intervals:q} \
                --output-nulls {output.nulls:q} \
                --output-independence {output.independence:q} \
                2>{log:q}
            """


if "attribution" in config:

    rule attribution:
        """Say what share of a shift each change of the maps takes away."""
        input:
            grams=case_files("grams", cases=attributed_cases()),
            predictions=scored_files(cases=attributed_cases()),
            scores="results/summary/scores.csv",
            similarity="results/summary/similarity.csv",
        output:
            attribution=shown_table("attribution"),
        log:
            "logs/summary/attribution.log",
        benchmark:
            "results/benchmarks/summary/attribution.tsv"
        localrule: True
        conda:
            "../../envs/analysis.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            code=digest("summary"),
        shell:
            """
            python -m repshift summary attribution \
                --grams {input.grams:q} \
                --predictions {input.predictions:q} \
                --scores {input.scores:q} \
                --similarity {input.similarity:q} \
                --output {output.attribution:q} \
                2>{log:q}
            """


if "dominance" in config:

    rule culprits:
        """Name the maps that dominate each case, and sum up what the block is without them."""
        input:
            dominance=case_files("dominance"),
        output:
            culprits=shown_table("culprits"),
            dominance=shown_table("dominance"),
        log:
            "logs/summary/culprits.log",
        benchmark:
            "results/benchmarks/summary/culprits.tsv"
        localrule: True
        conda:
            "../../envs/analysis.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            code=digest("summary"),
        shell:
            """
            python -m repshift summary culprits \
                --dominance {input.dominance:q} \
                --output-culprits {output.culprits:q} \
                --output-dominance {output.dominance:q} \
                2>{log:q}
            """


if "subsets" in config:

    rule subset_sizes:
        """Sum up what the block of each case is of fewer simulations."""
        input:
            subsets=case_files("subsets"),
        output:
            subsets=shown_table("subsets"),
        log:
            "logs/summary/subsets.log",
        benchmark:
            "results/benchmarks/summary/subsets.tsv"
        localrule: True
        conda:
            "../../envs/analysis.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            code=digest("summary"),
        shell:
            """
            python -m repshift summary subsets \
                --subsets {input.subsets:q} \
                --output {output.subsets:q} \
                2>{log:q}
            """


if "failures" in config:

    rule failures:
        """Set the loss of accuracy of every pair beside what was seen of it without labels, in one table."""
        input:
            **predicted_pairs(),
            predictors=predictors_files(),
        output:
            failures=shown_table("failures"),
        log:
            "logs/summary/failures.log",
        benchmark:
            "results/benchmarks/summary/failures.tsv"
        localrule: True
        conda:
            "../../envs/analysis.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            code=digest("summary"),
            parameters=config["failures"]["parameters"],
        shell:
            """
            python -m repshift summary failures \
                --predictors {input.predictors:q} \
                --predictions {input.predictions:q} \
                --own-predictions {input.own_predictions:q} \
                --parameters {params.parameters:q} \
                --output {output.failures:q} \
                2>{log:q}
            """

    rule correlations:
        """Correlate the loss of accuracy with each predictor, over networks."""
        input:
            failures="results/summary/failures.csv",
        output:
            correlations=shown_table("failure_correlations"),
            transfers=shown_table("failure_transfers"),
        log:
            "logs/summary/correlations.log",
        benchmark:
            "results/benchmarks/summary/correlations.tsv"
        conda:
            "../../envs/analysis.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(30),
        params:
            code=digest("summary"),
            settings=config["failures"],
        shell:
            """
            python -m repshift summary correlations \
                --failures {input.failures:q} \
                --resamples {params.settings[resamples]:q} \
                --seed {params.settings[seed]:q} \
                --output-correlations {output.correlations:q} \
                --output-transfers {output.transfers:q} \
                2>{log:q}
            """
