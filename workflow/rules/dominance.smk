"""Stage dominance: whether a few outlying maps build the block of a case, and which these are.

Requires: results/grams/{model}/{domain}.nc of a case, and the files of its maps.
Makes: results/dominance/{model}/{domain}.nc.
"""


rule dominance:
    """Weigh the maps of a case, and compare all layers without those that weigh most."""
    input:
        grams="results/grams/{model}/{domain}.nc",
        maps=of_case("maps"),
        measured=of_case("measured"),
    output:
        dominance="results/dominance/{model}/{domain}.nc",
    log:
        "logs/dominance/{model}/{domain}.log",
    benchmark:
        "results/benchmarks/dominance/{model}/{domain}.tsv"
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=grown(memory_of("dominance")),
        runtime=grown(minutes_of("dominance")),
    params:
        code=digest("dominance"),
        most=config["dominance"]["most"],
        draws=config["dominance"]["draws"],
        seed=config["dominance"]["seed"],
    shell:
        """
        python -m repshift dominance \
            --grams {input.grams:q} \
            --maps {input.maps:q} \
            --measured {input.measured:q} \
            --most {params.most:q} \
            --draws {params.draws:q} \
            --seed {params.seed:q} \
            --output {output.dominance:q} \
            2>{log:q}
        """
