"""Stage nulls: what a case would show if a label did not matter.

Requires: results/grams/{model}/{domain}.nc of a case.
Makes: results/nulls/{model}/{domain}.nc.
"""


rule nulls:
    """Permute the simulations of a case and, out of distribution, swap their domains."""
    input:
        grams="results/grams/{model}/{domain}.nc",
    output:
        nulls="results/nulls/{model}/{domain}.nc",
    log:
        "logs/nulls/{model}/{domain}.log",
    benchmark:
        "results/benchmarks/nulls/{model}/{domain}.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=grown(memory_of("nulls")),
        runtime=grown(minutes_of("nulls")),
    params:
        code=digest("nulls"),
        permutations=config["nulls"]["permutations"],
        seed=config["nulls"]["seed"],
        paired=paired_flag,
    shell:
        """
        python -m repshift nulls \
            --grams {input.grams:q} \
            --permutations {params.permutations:q} \
            --seed {params.seed:q} {params.paired:q} \
            --output {output.nulls:q} \
            2>{log:q}
        """
