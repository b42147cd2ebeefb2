"""Stage maps: files of maps and parameters, and what is measured of them.

Requires: nothing (mock suites), the directory of a local suite, one's own files, the addresses of CMD, or maps of the
suites that a derived suite is made with.
Makes: results/maps/{suite}/Maps_{field}_{suite}_{set}_z=0.00.npy, params_{set}_{suite}.txt, and a .json beside the maps;
of slices {split}/Maps_{field}_{suite}_{set}_z=0.00.npy and .json. Files fetched lie in maps.cmd.directory.
"""

from repshift.study.cases import parent_of
from repshift.study.files import (
    addresses,
    by_provider,
    files_of,
    is_converted,
    own_file,
    simulation_files,
    variants,
)


def measured_maps(wildcards):
    """Return the file of maps to measure, computed or fetched here, or where it lies."""
    files = simulation_files(
        STUDY,
        wildcards.suite,
        wildcards.set,
        field=wildcards.field,
        split="all",
        variant=wildcards.variant,
    )
    return files["maps"]


def source_folder(wildcards):
    """Return the FITS file, or the folder of FITS files, that maps are converted from."""
    return own_file(STUDY, "maps", wildcards.suite, set_name=wildcards.set, field=wildcards.field)


def source_of_maps(wildcards):
    """Return that file, or all files of that folder."""
    source = Path(source_folder(wildcards))
    return sorted(map(str, source.iterdir())) if source.is_dir() else str(source)


def parent_files(wildcards):
    """Return the files of maps that a derived suite is made from: its parent's, and those that it is to be like."""
    suite = config["suites"][wildcards.suite]
    return {
        name: simulation_files(
            STUDY, suite[key], wildcards.set, field=wildcards.field, split="all", variant=""
        )["maps"]
        for name, key in (("maps", "of"), ("like", "like"))
        if key in suite
    }


def change_flags(wildcards):
    """Return the flags that say how the maps of a derived suite are made."""
    suite = STUDY.suites[wildcards.suite]
    change = suite.change
    drawn_by = ["--seed", suite.seed, "--names", *wildcards] if "rng" in change.needs else []
    like = ["--like", parent_files(wildcards)["like"]] if "like" in change.needs else []
    logarithm = [] if suite.logarithm else ["--no-logarithm"]
    return [f"--{change.name}", getattr(suite, change.name), *like, *drawn_by, *logarithm]


def form_flags(wildcards):
    """Return the flags that say what CMD would say of a file of maps: the field, and how many make a simulation."""
    suite = config["suites"][parent_of(STUDY, wildcards.suite)]
    field = config["fields"].get(wildcards.field)
    quantity = ["--quantity", field["long_name"], field["units"]] if field else []
    each = suite.get("maps_per_simulation")
    return [*quantity, "--maps-per-simulation", each] if each else quantity


def directory_flag(wildcards):
    """Return the flag that says where files of a suite are kept once they are fetched; none of other suites."""
    return ["--directory", CMD["directory"]] if wildcards.suite in REMOTE else []


def variant_flags(wildcards):
    """Return the flags that say how maps are prepared before they are measured."""
    chosen = VARIANTS[wildcards.variant]
    logarithm = [] if chosen.logarithm else ["--no-logarithm"]
    return ["--smoothing", chosen.smoothing, "--monopole", chosen.monopole, *logarithm]


def catalogue_files(kind):
    """Return the function of wildcards that gives the paths of a file in a copy of CMD."""

    def paths(wildcards):
        names = {"set_name": wildcards.set}
        names |= {"field": wildcards.field} if kind == "maps" else {}
        return files_of(STUDY, kind, wildcards.suite, **names)

    return paths


# Suites by their provider, and those of CMD by how much of a file is fetched.
MOCK, LOCAL, REMOTE, FILES, DERIVED = (
    by_provider(STUDY, name) for name in ("mock", "local", "cmd", "files", "derived")
)
CMD = config["maps"].get("cmd", {})
SLICES = CMD.get("slices")
SLICED, FETCHED = (REMOTE, []) if SLICES else ([], REMOTE)

# How maps are prepared, by what the names of the files say of it.
VARIANTS = variants(STUDY)

# Where from and how files are fetched. Rules take these as resources: another mirror or more patience is no reason to
# fetch again, and a change of params would be one; so is the code that fetches, which a job refuses nonetheless to change.
ROOTS = " ".join(addresses(STUDY)) if CMD else ""
ATTEMPTS, TIMEOUT = CMD.get("attempts", 1), CMD.get("timeout", 1)

if CMD and "downloads" not in workflow.global_resources:
    workflow.register_resource("downloads", CMD["downloads"])


wildcard_constraints:
    variant="(?:" + "|".join(map(re.escape, VARIANTS)) + ")",


if MOCK:

    # Simulated maps are measured where they are made, as networks take them by default.
    ruleorder: maps > measured

    def channel(kind):
        """Return the function of wildcards that lists the four numbers of one kind of a mock suite's feedback."""

        def numbers(wildcards):
            return list(config["suites"][wildcards.suite][kind].values())

        return numbers

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
                --set {wildcards.set:q} \
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
        """Bring maps in FITS, a cube or a folder of files, into one file of maps."""
        input:
            source=source_of_maps,
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
            settings=named(code=digest("maps convert"), source=source_folder),
        shell:
            """
            python -m repshift --code {params.settings[code]:q} --costs {log:q} maps convert \
                --source {params.settings[source]:q} \
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
        suite="|".join([*MOCK, *LOCAL, *FETCHED, *FILES, *DERIVED, "(?!)"]),
    conda:
        "../../envs/maps.yaml"
    threads: 1
    resources:
        mem_mb=grown(memory_of("measured")),
        runtime=grown(minutes_of("measured")),
    params:
        settings=named(
            code=digest("maps measure"),
            form=form_flags,
            prepared=variant_flags,
            directory=directory_flag,
        ),
    shell:
        """
        python -m repshift --code {params.settings[code]:q} --costs {log:q} maps measure \
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
