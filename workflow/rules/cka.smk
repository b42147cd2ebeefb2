"""Stage cka: CKA of every pair of layers by three estimators, and the other measures of the configuration.

Requires: results/grams/{model}/{domain}.nc of a case; of two, where networks are compared with each other.
Makes: results/cka/{model}/{domain}.nc and results/cka/{model}/{domain}/{model_other}/{domain_other}.nc.
"""


include: "../functions/cka.smk"


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
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        settings=named(
            code=digest("cka"),
            measures=measure_flags(),
            batch_size=config["cka"]["batch_size"],
            seed=config["cka"]["seed"],
        ),
    shell:
        """
        python -m repshift --code {params.settings[code]:q} --costs {log:q} cka \
            --grams {input.grams:q} {params.settings[measures]:q} \
            --batch-size {params.settings[batch_size]:q} \
            --seed {params.settings[seed]:q} \
            --output {output.cka:q} \
            2>{log:q}
        """


rule comparison:
    """Compare all layers of a network with those of another, on the same maps or on their partners."""
    input:
        grams="results/grams/{model}/{domain}.nc",
        others="results/grams/{model_other}/{domain_other}.nc",
    output:
        cka="results/cka/{model}/{domain}/{model_other}/{domain_other}.nc",
    log:
        "logs/cka/{model}/{domain}/{model_other}/{domain_other}.log",
    benchmark:
        "results/benchmarks/cka/{model}/{domain}/{model_other}/{domain_other}.tsv"
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        settings=named(
            code=digest("cka"),
            pairing=pairing,
            measures=measure_flags(),
            batch_size=config["cka"]["batch_size"],
            seed=config["cka"]["seed"],
        ),
    shell:
        """
        python -m repshift --code {params.settings[code]:q} --costs {log:q} cka \
            --grams {input.grams:q} \
            --others {input.others:q} \
            --pairing {params.settings[pairing]:q} {params.settings[measures]:q} \
            --batch-size {params.settings[batch_size]:q} \
            --seed {params.settings[seed]:q} \
            --output {output.cka:q} \
            2>{log:q}
        """
