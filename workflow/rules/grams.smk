"""Stage grams: the Gram matrix of every layer over the maps of a case.

Requires: results/activations/{model}/{domain}.nc and, out of distribution, those of the model's own domain.
Makes: results/grams/{model}/{domain}.nc.
"""


def gram_files(wildcards):
    """Return the activations of a case and, where it is out of distribution, those of the model's own domain."""
    files = {"activations": f"results/activations/{wildcards.model}/{wildcards.domain}.nc"}
    own = own_domain(wildcards.model)
    if config["domains"][wildcards.domain]["suite"] != config["models"][wildcards.model]["suite"]:
        files["reference"] = f"results/activations/{wildcards.model}/{own}.nc"
    return files


def reference_flag(wildcards, input):
    """Return the flag that names the model's own domain, where the case is out of distribution."""
    return ["--reference", input.reference] if "reference" in input.keys() else []


rule grams:
    """Multiply the representations of every layer."""
    input:
        unpack(gram_files),
    output:
        "results/grams/{model}/{domain}.nc",
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
            --output {output:q} \
            2>{log:q}
        """
