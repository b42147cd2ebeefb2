"""A Slurm of one machine, of Debian's slurm-wlm and munge: two nodes, two GPUs that are none. No test.

``python -m tests.slurm start`` and ``stop``, as root. All on loopback, no systemd, no accounting, no cgroups.
The configuration lies in /etc/slurm, because jobs look for it nowhere else; another than its own is never touched.
All else lies in one folder, and is removed at the end.
"""

import argparse
import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

FOLDER = Path(tempfile.gettempdir()) / "repshift-slurm"
SETTINGS = Path("/etc/slurm")
MARK = "# Of repshift's tests: a cluster of one machine, removed when it stops."
PROGRAMS = ("munged", "mungekey", "slurmctld", "slurmd", "scontrol", "sinfo", "sbatch", "squeue", "srun", "scancel")
PORT = 26817
NODES = ("cpu1", "gpu1")
GPUS = 2
PATIENCE = 120
"""Seconds that a daemon may take to come or to go."""

SLURM = """{mark}
ClusterName=repshift
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MinJobAge=86400
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
GresTypes=gpu
ReturnToService=2
KillWait=2
SchedulerParameters=batch_sched_delay=0
SlurmdParameters=config_overrides
NodeName=cpu1 NodeHostname={host} NodeAddr=127.0.0.1 Port={cpu_port} CPUs={cpus} RealMemory={memory}
NodeName=gpu1 NodeHostname={host} NodeAddr=127.0.0.1 Port={gpu_port} CPUs={gpu_cpus} RealMemory={memory} Gres=gpu:{gpus}
PartitionName=cpu Nodes=cpu1 Default=YES MaxTime=1-0 State=UP
PartitionName=gpu Nodes=gpu1 MaxTime=1-0 State=UP
"""
GRES = """{mark}
NodeName=gpu1 Name=gpu File={folder}/gpu[0-{last}]
"""


def reason_against():
    """Return why no cluster can be started here; nothing where it can."""
    missing = [name for name in PROGRAMS if shutil.which(name, path=search_path()) is None]
    if os.geteuid() != 0:
        return "Only root can start a cluster."
    if missing:
        return f"Not installed: {', '.join(missing)} (Debian's packages slurm-wlm and munge)."
    foreign = [name for name in ("slurm.conf", "gres.conf") if is_foreign(SETTINGS / name)]
    if foreign:
        return f"{SETTINGS / foreign[0]} is not of these tests: this machine has a Slurm of its own."
    if is_alive(process_of("slurmctld"), "slurmctld"):
        return "Another run of these tests has a cluster up, or left one (python -m tests.slurm stop)."
    return "" if makes_devices() else "This root may not make device files."


def makes_devices():
    """Return whether a character device can be made, as one for each GPU."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            make_device(Path(folder) / "gpu")
        except OSError:
            return False
    return True


def make_device(path):
    """Make a character device like /dev/null."""
    os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 3))


def search_path():
    """Return where programs lie, also those that only root calls."""
    return f"{os.environ['PATH']}:/usr/sbin:/sbin"


def is_foreign(path):
    return path.exists() and not path.read_text().startswith(MARK)


def call(*command, **options):
    """Run a command to its end and return what it says; an error of its own says why it failed."""
    environment = os.environ | {"PATH": search_path()}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, **options)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def start(*, cpus=4, gpu_cpus=4, memory=64000):
    """Start a cluster: a node of CPUs, and a node with GPUs too; memory in MB of each, whatever the machine has.

    Raises
    ------
    RuntimeError
        If it cannot be started here, or a daemon does not come up.
    """
    if reason := reason_against():
        raise RuntimeError(reason)
    stop()
    FOLDER.mkdir(mode=0o755)
    for number in range(GPUS):
        make_device(FOLDER / f"gpu{number}")
    write_settings(cpus=cpus, gpu_cpus=gpu_cpus, memory=memory)
    start_munged()
    start_controller()
    for node in NODES:
        call("slurmd", "-N", node)
    wait_until(are_idle, "The nodes did not come up")


def write_settings(*, cpus, gpu_cpus, memory):
    """Write the configuration where the daemons and the jobs look for it."""
    ports = {"port": PORT, "cpu_port": PORT + 1, "gpu_port": PORT + 2}
    sizes = {"cpus": cpus, "gpu_cpus": gpu_cpus, "memory": memory, "gpus": GPUS, "last": GPUS - 1}
    known = {"mark": MARK, "folder": FOLDER, "host": socket.gethostname().partition(".")[0], **ports, **sizes}
    SETTINGS.mkdir(exist_ok=True)
    for name, text in (("slurm.conf", SLURM), ("gres.conf", GRES)):
        (SETTINGS / name).write_text(text.format(**known))


def start_munged():
    """Start a munged with a key and a socket of its own."""
    call("mungekey", "--create", "--keyfile", str(FOLDER / "munge.key"))
    places = {"key-file": "munge.key", "socket": "munge.socket", "pid-file": "munged.pid"}
    places |= {"log-file": "munged.log", "seed-file": "munged.seed"}
    call("munged", *(f"--{option}={FOLDER / name}" for option, name in places.items()))


def start_controller():
    """Start slurmctld, which goes on with the jobs that it knew."""
    call("slurmctld")
    wait_until(answers, "slurmctld did not answer")


def answers():
    return succeeds("scontrol", "ping") and succeeds("squeue")


def succeeds(*command):
    try:
        call(*command)
    except RuntimeError:
        return False
    return True


def are_idle():
    return call("sinfo", "--Node", "--noheader", "--format=%N=%T").split() == [f"{node}=idle" for node in NODES]


def wait_until(holds, complaint, *, patience=PATIENCE):
    """Wait until a condition holds."""
    deadline = time.monotonic() + patience
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{complaint} in {patience} s.")
        time.sleep(0.1)


def stop():
    """Cancel every job, stop the daemons and remove what the cluster wrote; nothing where there is none."""
    if is_foreign(SETTINGS / "slurm.conf") or not FOLDER.exists():
        return
    if succeeds("squeue"):
        call("scancel", "--user=root")
        wait_until(is_empty, "Jobs did not end")
    for name in (*NODES, "slurmctld", "munged"):
        end(name, signal.SIGTERM)
    for name in ("slurm.conf", "gres.conf"):
        (SETTINGS / name).unlink(missing_ok=True)
    with suppress(OSError):  # a folder with more in it is somebody's
        SETTINGS.rmdir()
    shutil.rmtree(FOLDER)


def is_empty():
    return not call("squeue", "--noheader").strip()


def end(name, sign):
    """Send a daemon a signal that ends it, and wait until it is gone."""
    pid = process_of(name)
    if is_alive(pid, name):
        os.kill(pid, sign)
        wait_until(lambda: not is_alive(pid, name), f"{name} did not end")


def process_of(name):
    """Return the number of the process of a daemon; 0 where there never was one."""
    path = FOLDER / f"{name}.pid"
    return int(path.read_text() or 0) if path.exists() else 0


def is_alive(pid, name):
    """Return whether a process is this daemon and runs: not another of the same number, nor one that has ended."""
    program = "slurmd" if name in NODES else name
    try:
        state = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return f"({program})" in state and ") Z " not in state


def jobs():
    """Return all that Slurm knows of each job of this cluster, ended ones too, by its number."""
    lines = call("scontrol", "--oneliner", "show", "jobs").splitlines()
    found = [dict(word.split("=", 1) for word in line.split() if "=" in word) for line in lines]
    return {int(job["JobId"]): job for job in found if "JobId" in job}


def main():
    """Start or stop the cluster from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("action", choices=("start", "stop"))
    parser.add_argument("--cpus", type=int, default=4, help="CPUs of the node without GPUs")
    parser.add_argument("--gpu-cpus", type=int, default=4, help="CPUs of the node with GPUs")
    arguments = parser.parse_args()
    if arguments.action == "start":
        start(cpus=arguments.cpus, gpu_cpus=arguments.gpu_cpus)
    else:
        stop()


if __name__ == "__main__":
    main()
