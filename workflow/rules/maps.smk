"""Stage maps: files of maps and parameters, and what is measured of them.

Requires: nothing (mock suites, functions of your own), the directory of a local suite, one's own files, the addresses of
CMD, or maps of the suites that a derived suite is made with.
Makes: results/maps/{suite}/Maps_{field}_{suite}_{set}_z=0.00.npy, params_{set}_{suite}.txt or .csv, and a .json beside the maps;
of slices {split}/Maps_{field}_{suite}_{set}_z=0.00.npy and .json. Files fetched lie in maps.cmd.directory.
"""


include: "../functions/maps.smk"


if CMD and "downloads" not in workflow.global_resources:
    workflow.register_resource("downloads", CMD["downloads"])


wildcard_constraints:
    variant="(?:" + "|".join(map(re.escape, VARIANTS)) + ")",


if MOCK:

    # Simulated maps are measured where they are made, as networks take them by default.
    ruleorder: maps > measured

    # A single one where it takes gigabytes.
    SIMULATIONS_AT_ONCE = 16 if config["maps"]["mock"]["size"] < 256 else 1

    rule maps:
        """Simulate one set of a mock suite, in both fields, and measure the maps."""
        output:
            mtot="results/maps/{suite}/Maps_Mtot_{suite}_{set}_z=0.00.npy",
            t="results/maps/{suite}/Maps_T_{suite}_{set}_z=0.00.npy",
            parameters="results/maps/{suite}/params_{set}_{suite}.txt",
            measured_mtot="results/maps/{suite}/Maps_Mtot_{suite}_{set}_z=0.00.json",
            measured_t="results/maps/{suite}/Maps_T_{suite}_{set}_z=0.00.json",
        log:
            "logs/maps/{suite}/{set}.log",
        benchmark:
            "results/benchmarks/maps/{suite}/{set}.tsv"
        wildcard_constraints:
            suite="|".join(MOCK),
        conda:
            "../../envs/maps.yaml"
        threads: SIMULATIONS_AT_ONCE
        resources:
            mem_mb=grown(memory_of("maps", SIMULATIONS_AT_ONCE)),
            runtime=grown(minutes_of("maps", SIMULATIONS_AT_ONCE)),
        params:
            settings=named(
                code=digest("maps simulate", "maps measure"),
                supernova=channel("supernova"),
                agn=channel("agn"),
                seeds=seeds_flag,
                simulations=lookup(dpath="maps/mock/simulations/{set}", within=config),
                size=config["maps"]["mock"]["size"],
                particles=config["maps"]["mock"]["particles"],
                box=config["maps"]["mock"]["box"],
                seed=config["maps"]["mock"]["seed"],
            ),
        shell:
            """
            python -m repshift --code {params.settings[code]:q} --costs {log:q} run maps simulate \
                --suite {wildcards.suite:q} \
                --set {wildcards.set:q} {params.settings[seeds]:q} \
                --supernova {params.settings[supernova]:q} \
                --agn {params.settings[agn]:q} \
                --simulations {params.settings[simulations]:q} \
                --size {params.settings[size]:q} \
                --particles {params.settings[particles]:q} \
                --box {params.settings[box]:q} \
                --seed {params.settings[seed]:q} \
                --processes {threads:q} \
                --output-mtot {output.mtot:q} \
                --output-t {output.t:q} \
                --output-parameters {output.parameters:q} \
                then maps measure \
                --maps {output.mtot:q} \
                --field Mtot --smoothing 0 --monopole kept \
                --output {output.measured_mtot:q} \
                then maps measure \
                --maps {output.t:q} \
                --field T --smoothing 0 --monopole kept \
                --output {output.measured_t:q} \
                2>{log:q}
            """


for SUITE in FUNCTION:
    JOB = generation_job(STUDY, SUITE)
    PARTS[f"generate_{SUITE}"] = (f"generate {SUITE}", parts_of_generation(STUDY, SUITE))

    rule:
        """Make the sets of a suite by your own function."""
        name:
            f"generate_{SUITE}"
        input:
            JOB.inputs,
        output:
            JOB.outputs,
        log:
            f"logs/maps/{SUITE}/generate.log",
        benchmark:
            f"results/benchmarks/maps/{SUITE}/generate.tsv"
        conda:
            "../../envs/maps.yaml"
        threads: objects_at_once(SUITE)
        resources:
            mem_mb=grown(REQUESTS.memory(PARTS[f"generate_{SUITE}"][1], objects_at_once(SUITE))),
            runtime=grown(REQUESTS.minutes(PARTS[f"generate_{SUITE}"][1], objects_at_once(SUITE))),
        params:
            settings=named(
                code=digest_of_job(JOB),
                own_code=generator_code(SUITE),
                commands=JOB.words,
            ),
        shell:
            """
            python -m repshift --code {params.settings[code]:q} {params.settings[own_code]:q} --costs {log:q} \
                maps generate --processes {threads:q} {params.settings[commands]:q} \
                2>{log:q}
            """


for SUITE in FUNCTION:
    JOB = measurement_job(STUDY, SUITE)

    if JOB.commands:
        PARTS[f"measured_{SUITE}"] = (f"measured {SUITE}", parts_of_measurement(STUDY, SUITE))

        # The rule `measured` measures what functions of your own prepare.
        workflow.ruleorder(f"measured_{SUITE}", "measured")

        rule:
            """Measure the maps of a suite of your own function."""
            name:
                f"measured_{SUITE}"
            input:
                JOB.inputs,
            output:
                JOB.outputs,
            log:
                f"logs/maps/{SUITE}/measured.log",
            benchmark:
                f"results/benchmarks/maps/{SUITE}/measured.tsv"
            conda:
                "../../envs/maps.yaml"
            threads: 1
            resources:
                mem_mb=grown(REQUESTS.memory(PARTS[f"measured_{SUITE}"][1], 1)),
                runtime=grown(REQUESTS.minutes(PARTS[f"measured_{SUITE}"][1], 1)),
            params:
                settings=named(code=digest_of_job(JOB), commands=JOB.words),
            shell:
                """
                python -m repshift --code {params.settings[code]:q} --costs {log:q} \
                    run maps measure {params.settings[commands]:q} \
                    2>{log:q}
                """


if FETCHED:

    rule download_maps:
        """Fetch a file of maps of CMD, or find it where it was fetched, and point to it."""
        output:
            file="results/maps/{suite}/Maps_{field}_{suite}_{set}_z=0.00.npy",
        log:
            "logs/maps/{suite}/{field}_{set}_download.log",
        benchmark:
            "results/benchmarks/maps/{suite}/{field}_{set}_download.tsv"
        wildcard_constraints:
            suite="|".join(FETCHED),
        localrule: True
        conda:
            "../../envs/maps.yaml"
        threads: 1
        resources:
            downloads=1,
            turn=0,
            attempts=ATTEMPTS,
            timeout=TIMEOUT,
            code=digest("maps download"),
            roots=ROOTS,
        params:
            settings=named(files=catalogue_files("maps"), directory=CMD["directory"]),
        shell:
            """
            python -m repshift --code {resources.code} --costs {log:q} maps download \
                --content maps \
                --files {params.settings[files]:q} \
                --directory {params.settings[directory]:q} \
                --roots {resources.roots} \
                --attempts {resources.attempts:q} \
                --timeout {resources.timeout:q} \
                --output {output.file:q} \
                2>{log:q}
            """


if REMOTE:

    rule download_parameters:
        """Fetch a table of parameters of CMD, or find it where it was fetched, and point to it."""
        output:
            file="results/maps/{suite}/params_{set}_{suite}.txt",
        log:
            "logs/maps/{suite}/{set}_download.log",
        benchmark:
            "results/benchmarks/maps/{suite}/{set}_download.tsv"
        wildcard_constraints:
            suite="|".join(REMOTE),
        localrule: True
        conda:
            "../../envs/maps.yaml"
        threads: 1
        resources:
            downloads=1,
            turn=0,
            attempts=ATTEMPTS,
            timeout=TIMEOUT,
            code=digest("maps download"),
            roots=ROOTS,
        params:
            settings=named(files=catalogue_files("parameters"), directory=CMD["directory"]),
        shell:
            """
            python -m repshift --code {resources.code} --costs {log:q} maps download \
                --content parameters \
                --files {params.settings[files]:q} \
                --directory {params.settings[directory]:q} \
                --roots {resources.roots} \
                --attempts {resources.attempts:q} \
                --timeout {resources.timeout:q} \
                --output {output.file:q} \
                2>{log:q}
            """


if FILES:

    rule convert:
        """Bring maps in another form, or a folder of files, into one file of maps."""
        input:
            source=source_of_maps,
            labels=labels_of_maps,
        output:
            maps="results/maps/{suite}/Maps_{field}_{suite}_{set}_z=0.00.npy",
        log:
            "logs/maps/{suite}/{field}_{set}_convert.log",
        benchmark:
            "results/benchmarks/maps/{suite}/{field}_{set}_convert.tsv"
        wildcard_constraints:
            suite="|".join(FILES),
        conda:
            "../../envs/maps.yaml"
        threads: 1
        resources:
            mem_mb=grown(memory_of("convert")),
            runtime=grown(minutes_of("convert")),
        params:
            settings=named(
                code=digest("maps convert"),
                source=source_name,
                bands=band_flags,
                labels=label_flags,
            ),
        shell:
            """
            python -m repshift --code {params.settings[code]:q} --costs {log:q} maps convert \
                --source {params.settings[source]:q} {params.settings[bands]:q} {params.settings[labels]:q} \
                --output {output.maps:q} \
                2>{log:q}
            """


if DERIVED:

    rule derive:
        """Make the maps of a suite from those of another by a change of maps."""
        input:
            unpack(parent_files),
        output:
            maps="results/maps/{suite}/Maps_{field}_{suite}_{set}_z=0.00.npy",
        log:
            "logs/maps/{suite}/{field}_{set}_derive.log",
        benchmark:
            "results/benchmarks/maps/{suite}/{field}_{set}_derive.tsv"
        wildcard_constraints:
            suite="|".join(DERIVED),
        conda:
            "../../envs/maps.yaml"
        threads: 1
        resources:
            mem_mb=grown(memory_of("derive")),
            runtime=grown(minutes_of("derive")),
        params:
            settings=named(code=digest("maps derive"), change=change_flags),
        shell:
            """
            python -m repshift --code {params.settings[code]:q} --costs {log:q} maps derive \
                --maps {input.maps:q} \
                --field {wildcards.field:q} \
                {params.settings[change]:q} \
                --output {output.maps:q} \
                2>{log:q}
            """


rule measured:
    """Measure a file of maps once: moments after the preprocessing, shape, checksum."""
    input:
        maps=measured_maps,
    output:
        measured="results/maps/{suite}/Maps_{field}_{suite}_{set}_z=0.00{variant}.json",
    log:
        "logs/maps/{suite}/{field}_{set}{variant}.log",
    benchmark:
        "results/benchmarks/maps/{suite}/{field}_{set}{variant}.tsv"
    wildcard_constraints:
        suite="|".join([*MOCK, *LOCAL, *FETCHED, *FILES, *FUNCTION, *DERIVED, "(?!)"]),
    conda:
        "../../envs/maps.yaml"
    threads: 1
    resources:
        mem_mb=grown(memory_of("measured")),
        runtime=grown(minutes_of("measured")),
    params:
        settings=named(
            code=digest("maps measure"),
            own_code=function_code,
            form=form_flags,
            prepared=variant_flags,
            directory=directory_flag,
        ),
    shell:
        """
        python -m repshift --code {params.settings[code]:q} {params.settings[own_code]:q} --costs {log:q} maps measure \
            --maps {input.maps:q} {params.settings[directory]:q} \
            --field {wildcards.field:q} {params.settings[form]:q} \
            {params.settings[prepared]:q} \
            --output {output.measured:q} \
            2>{log:q}
        """


if SLICED:

    rule sample:
        """Measure a file of maps where it lies on the server: a sample of its maps, or all of them."""
        output:
            measured="results/maps/{suite}/Maps_{field}_{suite}_{set}_z=0.00{variant}.json",
        log:
            "logs/maps/{suite}/{field}_{set}{variant}_sample.log",
        benchmark:
            "results/benchmarks/maps/{suite}/{field}_{set}{variant}_sample.tsv"
        wildcard_constraints:
            suite="|".join(SLICED),
        localrule: True
        conda:
            "../../envs/maps.yaml"
        threads: 1
        resources:
            downloads=1,
            turn=0,
            attempts=ATTEMPTS,
            timeout=TIMEOUT,
            code=digest("maps sample"),
            roots=ROOTS,
        params:
            settings=named(
                # Not of what fetches: an edit of it fetches nothing again.
                code=joint_digest(["repshift.networks.sampling"], source=SOURCE),
                files=catalogue_files("maps"),
                sample=SLICES["sample"],
                seed=SLICES["seed"],
                prepared=variant_flags,
            ),
        shell:
            """
            python -m repshift --code {resources.code} --costs {log:q} maps sample \
                --files {params.settings[files]:q} \
                --roots {resources.roots} \
                --attempts {resources.attempts:q} \
                --timeout {resources.timeout:q} \
                --field {wildcards.field:q} \
                --sample {params.settings[sample]:q} \
                --seed {params.settings[seed]:q} \
                {params.settings[prepared]:q} \
                --output {output.measured:q} \
                2>{log:q}
            """

    rule slice:
        """Fetch only the maps of a split."""
        input:
            measured="results/maps/{suite}/Maps_{field}_{suite}_{set}_z=0.00{variant}.json",
        output:
            maps="results/maps/{suite}/{split}/Maps_{field}_{suite}_{set}_z=0.00{variant}.npy",
            measured="results/maps/{suite}/{split}/Maps_{field}_{suite}_{set}_z=0.00{variant}.json",
        log:
            "logs/maps/{suite}/{field}_{set}{variant}_{split}.log",
        benchmark:
            "results/benchmarks/maps/{suite}/{field}_{set}{variant}_{split}.tsv"
        wildcard_constraints:
            suite="|".join(SLICED),
        localrule: True
        conda:
            "../../envs/maps.yaml"
        threads: 1
        resources:
            downloads=1,
            turn=0,
            attempts=ATTEMPTS,
            timeout=TIMEOUT,
            code=digest("maps slice"),
        shell:
            """
            python -m repshift --code {resources.code} --costs {log:q} maps slice \
                --attempts {resources.attempts:q} \
                --timeout {resources.timeout:q} \
                --measured {input.measured:q} \
                --split {wildcards.split:q} \
                --output {output.maps:q} \
                --output-measured {output.measured:q} \
                2>{log:q}
            """
