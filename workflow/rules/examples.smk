"""Stage examples: the one map of a case that figures show.

Requires: results/predictions/{model}/{domain}.nc of a case or, where it is not scored, results/cka/{model}/{domain}.nc,
and the files of its maps.
Makes: results/examples/{model}/{domain}.nc.
"""


rule example:
    """Choose a map of a case: nearest the middle of the parameters' ranges, or the first without labels."""
    input:
        case=chosen_by,
        maps=of_case("maps"),
        measured=of_case("measured"),
    output:
        example="results/examples/{model}/{domain}.nc",
    log:
        "logs/examples/{model}/{domain}.log",
    benchmark:
        "results/benchmarks/examples/{model}/{domain}.tsv"
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    threads: 1
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        code=digest("examples"),
    shell:
        """
        python -m repshift examples \
            --case {input.case:q} \
            --maps {input.maps:q} \
            --measured {input.measured:q} \
            --output {output.example:q} \
            2>{log:q}
        """
