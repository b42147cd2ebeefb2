"""Stage summary: scores and statistics of all cases.

Requires: results/cka/{model}/{domain}.nc of every case and results/predictions/{model}/{domain}.nc of those scored.
Makes: results/summary/scores.csv, similarity.csv and summary.nc.
"""


rule summary:
    """Sum up all cases in two tables and one file."""
    input:
        cka=case_files("cka"),
        predictions=scored_files(),
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
    shell:
        """
        python -m repshift summary \
            --cka {input.cka:q} \
            --predictions {input.predictions:q} \
            --output-scores {output.scores:q} \
            --output-similarity {output.similarity:q} \
            --output-summary {output.summary:q} \
            2>{log:q}
        """
