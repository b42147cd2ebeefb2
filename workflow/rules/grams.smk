"""Stage grams: the Gram matrix of every layer over the maps of a case.

Requires: results/activations/{model}/{domain}.nc and, out of distribution, those of the model's own domain.
Makes: results/grams/{model}/{domain}.nc.
"""


rule grams:
    """Multiply the representations of every layer."""
    input:
        unpack(gram_files),
    output:
        grams="results/grams/{model}/{domain}.nc",
    log:
        "logs/grams/{model}/{domain}.log",
    benchmark:
        "results/benchmarks/grams/{model}/{domain}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: config["threads"]
    resources:
        mem_mb=4000,
        runtime=60,
        gpu=GPU,
    params:
        code=digest("grams"),
        reference=reference_flag,
        device=config["device"],
        threads=config["threads"],
    shell:
        """
        python -m repshift grams \
            --activations {input.activations:q} {params.reference:q} \
            --device {params.device:q} \
            --threads {params.threads:q} \
            --output {output.grams:q} \
            2>{log:q}
        """
