"""Stage models: one standard model file for every network.

Requires: the weights that the configuration names (.pt, its .json beside it), the study and the weights that CMD
publishes, files of maps for an untrained network, or code and weights of one's own.
Makes: results/models/{model}.pt and .json.
"""

if READY:

    rule models:
        """Take a model file as it is, once it proved whole and fitting."""
        input:
            weights=of_model("weights"),
            description=description_of,
        output:
            weights="results/models/{model}.pt",
            description="results/models/{model}.json",
        log:
            "logs/models/{model}.log",
        benchmark:
            "results/benchmarks/models/{model}.tsv"
        wildcard_constraints:
            model="|".join(READY),
        localrule: True
        conda:
            "../../envs/models.yaml"
        threads: 1
        resources:
            mem_mb=grown(1000),
            runtime=grown(10),
        params:
            code=digest("models"),
            suite=of_model("suite"),
            field=of_model("field"),
            layers=layers_flag,
        shell:
            """
            python -m repshift models choose \
                --weights {input.weights:q} \
                --suite {params.suite:q} \
                --field {params.field:q} {params.layers:q} \
                --output {output.weights:q} \
                2>{log:q}
            """


if PUBLISHED:

    rule trial:
        """Choose a trial of CMD's search by its rank, fetch its weights alone, and bring them into the standard form."""
        input:
            measured=moments_of_trial,
        output:
            weights="results/models/{model}.pt",
            description="results/models/{model}.json",
        log:
            "logs/models/{model}.log",
        benchmark:
            "results/benchmarks/models/{model}.tsv"
        wildcard_constraints:
            model="|".join(PUBLISHED),
        localrule: True
        conda:
            "../../envs/models.yaml"
        threads: 1
        resources:
            downloads=1,
            turn=0,
            attempts=ATTEMPTS,
            timeout=TIMEOUT,
            roots=roots_of_model,
        params:
            code=digest("models"),
            suite=of_model("suite"),
            field=of_model("field"),
            layers=layers_flag,
            rank=of_model("rank"),
            study=CATALOGUE["study"],
            studies=trial_files("study"),
            weights=trial_files("weights"),
            directory=directory_of_model,
        shell:
            """
            python -m repshift models trial \
                --study {params.study:q} \
                --studies {params.studies:q} \
                --weights {params.weights:q} \
                --rank {params.rank:q} \
                {params.directory:q} \
                --roots {resources.roots} \
                --attempts {resources.attempts:q} \
                --timeout {resources.timeout:q} \
                --measured {input.measured:q} \
                --suite {params.suite:q} \
                --field {params.field:q} {params.layers:q} \
                --output {output.weights:q} \
                2>{log:q}
            """


if UNTRAINED:

    rule untrained:
        """Initialise a network and set its batch statistics on the maps of its own domain."""
        input:
            unpack(own_domain_files),
        output:
            weights="results/models/{model}.pt",
            description="results/models/{model}.json",
        log:
            "logs/models/{model}.log",
        benchmark:
            "results/benchmarks/models/{model}.tsv"
        wildcard_constraints:
            model="|".join(UNTRAINED),
        conda:
            "../../envs/models.yaml"
        threads: config["threads"]
        resources:
            mem_mb=grown(memory_of("untrained")),
            runtime=grown(minutes_of("untrained")),
        params:
            code=digest("models"),
            suite=of_model("suite"),
            field=of_model("field"),
            layers=layers_flag,
            hidden=of_model("untrained", "hidden"),
            dropout=of_model("untrained", "dropout"),
            seed=of_model("untrained", "seed"),
            labels=labels_flag,
            split=own_split,
            batch_size=config["predictions"]["batch_size"],
            threads=config["threads"],
        shell:
            """
            python -m repshift models initialise \
                --maps {input.maps:q} \
                {params.labels:q} \
                --measured {input.measured:q} \
                --suite {params.suite:q} \
                --field {params.field:q} {params.layers:q} \
                --hidden {params.hidden:q} \
                --dropout {params.dropout:q} \
                --seed {params.seed:q} \
                --split {params.split:q} \
                --batch-size {params.batch_size:q} \
                --threads {params.threads:q} \
                --output {output.weights:q} \
                2>{log:q}
            """


if OWN:

    rule network:
        """Build a network of one's own, load its weights, and find its layers."""
        input:
            unpack(network_files),
        output:
            weights="results/models/{model}.pt",
            description="results/models/{model}.json",
        log:
            "logs/models/{model}.log",
        benchmark:
            "results/benchmarks/models/{model}.tsv"
        wildcard_constraints:
            model="|".join(OWN),
        conda:
            "../../envs/models.yaml"
        threads: 1
        resources:
            mem_mb=grown(memory_of("network")),
            runtime=grown(10),
        params:
            code=digest("models"),
            network=network_flags,
            network_code=digest_of_network,
            suite=of_model("suite"),
            field=of_model("field"),
        shell:
            """
            python -m repshift models network {params.network:q} \
                --measured {input.measured:q} \
                --suite {params.suite:q} \
                --field {params.field:q} \
                --output {output.weights:q} \
                2>{log:q}
            """
