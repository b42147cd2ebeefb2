"""Stage subsets: whether the block of a case hangs on how many simulations there are.

Requires: results/grams/{model}/{domain}.nc of a case.
Makes: results/subsets/{model}/{domain}.nc.
"""


rule subsets:
    """Compare all layers on random subsets of the simulations."""
    input:
        grams="results/grams/{model}/{domain}.nc",
    output:
        subsets="results/subsets/{model}/{domain}.nc",
    log:
        "logs/subsets/{model}/{domain}.log",
    benchmark:
        "results/benchmarks/subsets/{model}/{domain}.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=grown(memory_of("subsets")),
        runtime=grown(minutes_of("subsets")),
    params:
        code=digest("subsets"),
        sizes=config["subsets"]["sizes"],
        draws=config["subsets"]["draws"],
        seed=config["subsets"]["seed"],
    shell:
        """
        python -m repshift subsets \
            --grams {input.grams:q} \
            --sizes {params.sizes:q} \
            --draws {params.draws:q} \
            --seed {params.seed:q} \
            --output {output.subsets:q} \
            2>{log:q}
        """
