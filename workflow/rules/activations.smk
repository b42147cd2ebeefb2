"""Stage activations: representations of all layers for the maps compared.

Requires: results/models/{model}.pt and files of the domain's maps in the model's field.
Makes: results/activations/{model}/{domain}.nc, kept unless activations.keep is false; nothing where activations.cache is
false.
"""

if config["activations"]["cache"]:

    rule activations:
        """Run the chosen maps of a domain through a model and keep what every layer returns."""
        input:
            unpack(domain_files),
            weights="results/models/{model}.pt",
            description="results/models/{model}.json",
        output:
            activations=kept("results/activations/{model}/{domain}.nc"),
        log:
            "logs/activations/{model}/{domain}.log",
        benchmark:
            "results/benchmarks/activations/{model}/{domain}.tsv"
        conda:
            "../../envs/torch.yaml"
        threads: config["threads"]
        resources:
            mem_mb=grown(memory_of("activations")),
            runtime=grown(minutes_of("activations")),
            gpu=GPU,
        params:
            code=digest("activations"),
            network=constructor_flags,
            network_code=digest_of_network,
            labels=labels_flag,
            suite=of_domain("suite"),
            set=of_domain("set"),
            split=of_domain("split"),
            standardisation=of_domain("standardisation"),
            settings=settings_of("activations", but=("keep", "cache")),
            device=config["device"],
            threads=config["threads"],
        shell:
            """
            python -m repshift activations \
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
                --n-maps {params.settings[n_maps]:q} \
                --maps-each {params.settings[maps_each]:q} \
                --seed {params.settings[seed]:q} \
                --passes {params.settings[passes]:q} \
                --dropout {params.settings[dropout]:q} \
                --precision {params.settings[precision]:q} \
                --batch-size {params.settings[batch_size]:q} \
                --device {params.device:q} \
                --gpus {resources.gpu:q} \
                --threads {params.threads:q} \
                --output {output.activations:q} \
                2>{log:q}
            """
