"""Stage symmetries: how far a model's answers scatter under turns, flips and periodic shifts of the maps compared.

Requires: results/models/{model}.pt and files of the domain's maps in the model's field.
Makes: results/symmetries/{model}/{domain}.nc.
"""


rule symmetries:
    """Predict the parameters of the compared maps under each of their exact symmetries."""
    input:
        unpack(domain_files),
        weights="results/models/{model}.pt",
        description="results/models/{model}.json",
    output:
        symmetries="results/symmetries/{model}/{domain}.nc",
    log:
        "logs/symmetries/{model}/{domain}.log",
    benchmark:
        "results/benchmarks/symmetries/{model}/{domain}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: config["threads"]
    resources:
        mem_mb=grown(memory_of("symmetries")),
        runtime=grown(minutes_of("symmetries")),
        gpu=GPU,
    params:
        code=digest("symmetries"),
        network=constructor_flags,
        network_code=digest_of_network,
        labels=labels_flag,
        suite=of_domain("suite"),
        set=of_domain("set"),
        split=of_domain("split"),
        standardisation=of_domain("standardisation"),
        compared=settings_of("activations", but=("keep", "cache", "batch_size")),
        settings=config["symmetries"],
        batch_size=config["predictions"]["batch_size"],
        device=config["device"],
        threads=config["threads"],
    shell:
        """
        python -m repshift symmetries \
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
            --n-maps {params.compared[n_maps]:q} \
            --maps-each {params.compared[maps_each]:q} \
            --seed {params.compared[seed]:q} \
            --shifts {params.settings[shifts]:q} \
            --shifts-seed {params.settings[seed]:q} \
            --batch-size {params.batch_size:q} \
            --device {params.device:q} \
            --gpus {resources.gpu:q} \
            --threads {params.threads:q} \
            --output {output.symmetries:q} \
            2>{log:q}
        """
