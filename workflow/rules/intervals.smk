"""Stage intervals: how far the numbers of a case would be from these with other simulations.

Requires: results/grams/{model}/{domain}.nc of a case.
Makes: results/intervals/{model}/{domain}.nc.
"""


rule intervals:
    """Resample the simulations of a case."""
    input:
        grams="results/grams/{model}/{domain}.nc",
    output:
        intervals="results/intervals/{model}/{domain}.nc",
    log:
        "logs/intervals/{model}/{domain}.log",
    benchmark:
        "results/benchmarks/intervals/{model}/{domain}.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=grown(memory_of("intervals")),
        runtime=grown(minutes_of("intervals")),
    params:
        code=digest("intervals"),
        resamples=config["intervals"]["resamples"],
        seed=config["intervals"]["seed"],
        paired=paired_flag,
        batch_size=config["cka"]["batch_size"],
        batch_seed=config["cka"]["seed"],
    shell:
        """
        python -m repshift intervals \
            --grams {input.grams:q} \
            --resamples {params.resamples:q} \
            --seed {params.seed:q} {params.paired:q} \
            --batch-size {params.batch_size:q} \
            --batch-seed {params.batch_seed:q} \
            --output {output.intervals:q} \
            2>{log:q}
        """
