"""Stage grams: the Gram matrix of every layer over the maps of a case.

Requires: results/activations/{model}/{domain}.nc and, out of distribution, those of the model's own domain; where
activations.cache is false, results/models/{model}.pt and files of the maps of both domains instead.
Makes: results/grams/{model}/{domain}.nc.
"""

if config["activations"]["cache"]:

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
            mem_mb=grown(memory_of("grams")),
            runtime=grown(minutes_of("grams")),
            gpu=GPU,
        params:
            code=digest("grams"),
            reference=reference_flag,
            device=config["device"],
            threads=config["threads"],
        shell:
            """
            python -m repshift grams multiply \
                --activations {input.activations:q} {params.reference:q} \
                --device {params.device:q} \
                --gpus {resources.gpu:q} \
                --threads {params.threads:q} \
                --output {output.grams:q} \
                2>{log:q}
            """

else:

    rule grams:
        """Run the chosen maps through a model and multiply what every layer returns, without writing it."""
        input:
            unpack(recorded_files),
            weights="results/models/{model}.pt",
            description="results/models/{model}.json",
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
            mem_mb=grown(memory_of("grams")),
            runtime=grown(minutes_of("grams")),
            gpu=GPU,
        params:
            code=digest("grams"),
            network=constructor_flags,
            network_code=digest_of_network,
            labels=labels_flag,
            suite=of_domain("suite"),
            set=of_domain("set"),
            split=of_domain("split"),
            standardisation=of_domain("standardisation"),
            reference=recorded_reference_flags,
            settings=settings_of("activations", but=("keep", "cache")),
            device=config["device"],
            threads=config["threads"],
        shell:
            """
            python -m repshift grams record \
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
                {params.reference:q} \
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
                --output {output.grams:q} \
                2>{log:q}
            """
