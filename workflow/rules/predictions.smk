"""Stage predictions: what a model says of every map of a domain's split.

Requires: results/models/{model}.pt and files of the domain's maps in the model's field.
Makes: results/predictions/{model}/{domain}.nc.
"""


rule predictions:
    """Predict the parameters of every map of the split."""
    input:
        unpack(domain_files),
        weights="results/models/{model}.pt",
        description="results/models/{model}.json",
    output:
        predictions="results/predictions/{model}/{domain}.nc",
    log:
        "logs/predictions/{model}/{domain}.log",
    benchmark:
        "results/benchmarks/predictions/{model}/{domain}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: config["threads"]
    resources:
        mem_mb=grown(memory_of("predictions")),
        runtime=grown(minutes_of("predictions")),
        gpu=GPU,
    params:
        code=digest("predictions"),
        network=constructor_flags,
        network_code=digest_of_network,
        labels=labels_flag,
        suite=of_domain("suite"),
        set=of_domain("set"),
        split=of_domain("split"),
        standardisation=of_domain("standardisation"),
        batch_size=config["predictions"]["batch_size"],
        device=config["device"],
        threads=config["threads"],
    shell:
        """
        python -m repshift predictions \
            --model {wildcards.model:q} \
            --weights {input.weights:q} \
            {params.network:q} \
            --maps {input.maps:q} \
            {params.labels:q} \
            --measured {input.measured:q} \
            --domain {wildcards.domain:q} \
            --suite {params.suite:q} \
            --set {params.set:q} \
            --split {params.split:q} \
            --standardisation {params.standardisation:q} \
            --batch-size {params.batch_size:q} \
            --device {params.device:q} \
            --gpus {resources.gpu:q} \
            --threads {params.threads:q} \
            --output {output.predictions:q} \
            2>{log:q}
        """
