"""Stage summary: scores and statistics of all cases, their tests, and networks compared with each other.

Requires: results/cka/{model}/{domain}.nc of every case and results/predictions/{model}/{domain}.nc of those scored;
where the configuration has these stages, results/intervals/{model}/{domain}.nc and results/nulls/{model}/{domain}.nc;
results/cka/{model}/{domain}/{model_other}/{domain_other}.nc of every comparison.
results/predictors/{model}/{domain}.nc of every pair whose failure is asked for.
Makes: results/summary/scores.csv, similarity.csv and summary.nc; nulls.csv; comparisons.csv; failures.csv,
failure_correlations.csv and failure_transfers.csv.
"""


rule summary:
    """Sum up all cases in two tables and one file."""
    input:
        cka=case_files("cka"),
        predictions=scored_files(),
        intervals=statistics_files("intervals"),
        nulls=statistics_files("nulls"),
    output:
        scores=report(
            "results/summary/scores.csv", caption="../report/scores.rst", category="Tables"
        ),
        similarity=report(
            "results/summary/similarity.csv",
            caption="../report/similarity.rst",
            category="Tables",
        ),
        summary="results/summary/summary.nc",
    log:
        "logs/summary/summary.log",
    benchmark:
        "results/benchmarks/summary/summary.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
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
            comparisons=report(
                "results/summary/comparisons.csv",
                caption="../report/comparisons.rst",
                category="Tables",
            ),
        log:
            "logs/summary/comparisons.log",
        benchmark:
            "results/benchmarks/summary/comparisons.tsv"
        conda:
            "../../envs/analysis.yaml"
        threads: 1
        resources:
            mem_mb=2000,
            runtime=10,
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
        """Sum up the tests of every case out of distribution in one table."""
        input:
            nulls=statistics_files("nulls"),
            intervals=statistics_files("intervals"),
        output:
            tests=report(
                "results/summary/nulls.csv", caption="../report/nulls.rst", category="Tables"
            ),
        log:
            "logs/summary/nulls.log",
        benchmark:
            "results/benchmarks/summary/nulls.tsv"
        conda:
            "../../envs/analysis.yaml"
        threads: 1
        resources:
            mem_mb=2000,
            runtime=10,
        params:
            code=digest("summary"),
        shell:
            """
            python -m repshift summary nulls \
                --nulls {input.nulls:q} \
                --intervals {input.intervals:q} \
                --output {output.tests:q} \
                2>{log:q}
            """


if "failures" in config:

    rule failures:
        """Set the loss of accuracy of every pair beside what was seen of it without labels, in one table."""
        input:
            **predicted_pairs(),
            predictors=predictors_files(),
        output:
            failures=report(
                "results/summary/failures.csv",
                caption="../report/failures.rst",
                category="Failure",
            ),
        log:
            "logs/summary/failures.log",
        benchmark:
            "results/benchmarks/summary/failures.tsv"
        conda:
            "../../envs/analysis.yaml"
        threads: 1
        resources:
            mem_mb=2000,
            runtime=10,
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
            correlations=report(
                "results/summary/failure_correlations.csv",
                caption="../report/failure_correlations.rst",
                category="Failure",
            ),
            transfers=report(
                "results/summary/failure_transfers.csv",
                caption="../report/failure_transfers.rst",
                category="Failure",
            ),
        log:
            "logs/summary/correlations.log",
        benchmark:
            "results/benchmarks/summary/correlations.tsv"
        conda:
            "../../envs/analysis.yaml"
        threads: 1
        resources:
            mem_mb=2000,
            runtime=30,
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
