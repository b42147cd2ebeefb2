"""Stage cka: CKA of every pair of layers of a case, by three estimators.

Requires: results/grams/{model}/{domain}.nc.
Makes: results/cka/{model}/{domain}.nc.
"""


rule cka:
    """Compare all layers on the domain's maps."""
    input:
        grams="results/grams/{model}/{domain}.nc",
    output:
        cka="results/cka/{model}/{domain}.nc",
    log:
        "logs/cka/{model}/{domain}.log",
    benchmark:
        "results/benchmarks/cka/{model}/{domain}.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=digest("cka"),
        batch_size=config["cka"]["batch_size"],
        seed=config["cka"]["seed"],
    shell:
        """
        python -m repshift cka \
            --grams {input.grams:q} \
            --batch-size {params.batch_size:q} \
            --seed {params.seed:q} \
            --output {output.cka:q} \
            2>{log:q}
        """
