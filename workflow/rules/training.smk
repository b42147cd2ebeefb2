"""Stage training: train networks on the maps of one suite and field, and publish them.

Requires: files of the stage maps, of the set that training.set names.
Makes: results/training/{model}.pt, .json and .csv; results/figures/learning_curve.pdf and .png;
publish copies models to the weights that the configuration names.
"""


rule training:
    """Train the network of a model."""
    input:
        unpack(training_files),
    output:
        weights="results/training/{model}.pt",
        description="results/training/{model}.json",
        curve="results/training/{model}.csv",
    log:
        "logs/training/{model}.log",
    benchmark:
        "results/benchmarks/training/{model}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: config["threads"]
    resources:
        mem_mb=grown(memory_of("training")),
        runtime=grown(minutes_of("training")),
        gpu=GPU,
    params:
        code=digest("training"),
        suite=of_model("suite"),
        field=of_model("field"),
        settings=settings_of("training", but=("models", "seed")),
        seed=training_seed,
        configuration=configuration_of_training,
        device=config["device"],
        threads=config["threads"],
        checkpoint="results/training/.{model}.checkpoint.pt",
    shell:
        """
        python -m repshift training train \
            --maps {input.maps:q} \
            --parameters {input.parameters:q} \
            --measured {input.measured:q} \
            --suite {params.suite:q} \
            --field {params.field:q} \
            --hidden {params.settings[hidden]:q} \
            --dropout {params.settings[dropout]:q} \
            --seed {params.seed:q} \
            --epochs {params.settings[epochs]:q} \
            --batch-size {params.settings[batch_size]:q} \
            --learning-rate {params.settings[learning_rate]:q} \
            --weight-decay {params.settings[weight_decay]:q} \
            --patience {params.settings[patience]:q} \
            --device {params.device:q} \
            --gpus {resources.gpu:q} \
            --threads {params.threads:q} \
            --configuration {params.configuration:q} \
            --code {params.code:q} \
            --checkpoint {params.checkpoint:q} \
            --output {output.weights:q} \
            --output-curve {output.curve:q} \
            2>{log:q}
        """


rule learning_curve:
    """Draw the losses of each epoch of all trained models."""
    input:
        curves=training_results("csv"),
    output:
        pdf="results/figures/learning_curve.pdf",
        png=shown("results/figures/learning_curve.png", "learning_curve"),
    log:
        "logs/figures/learning_curve.log",
    benchmark:
        "results/benchmarks/figures/learning_curve.tsv"
    localrule: True
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        code=digest("figures"),
        models=config["training"]["models"],
    shell:
        """
        python -m repshift figures learning_curve \
            --curves {input.curves:q} \
            --models {params.models:q} \
            --outputs {output.pdf:q} {output.png:q} \
            2>{log:q}
        """


rule train:
    """Train every model that training.models names, and draw the learning curves."""
    input:
        training_results("pt"),
        "results/figures/learning_curve.pdf",


rule publish_model:
    """Copy a trained model to the weights that the configuration names, where git keeps it."""
    input:
        weights="results/training/{model}.pt",
        description="results/training/{model}.json",
    output:
        marker=temp(touch("results/training/{model}.published")),
    log:
        "logs/training/{model}_published.log",
    benchmark:
        "results/benchmarks/training/{model}_published.tsv"
    localrule: True
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        code=digest("training"),
        weights=of_model("weights"),
    shell:
        """
        python -m repshift training publish \
            --weights {input.weights:q} \
            --output {params.weights:q} \
            2>{log:q}
        """


rule publish:
    """Publish every model of training.models whose weights lie elsewhere than where it was trained."""
    input:
        published(),
