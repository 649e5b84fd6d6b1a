"""A real Slurm cluster of one node on loopback, with a `munged` of its own. Needs root."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

from .ports import free_port
from .waiting import until

_CONFIG = """
ClusterName=perijove
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
KillWait=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP OverSubscribe=YES
"""


class Slurm:
    """Ends with `stop`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("state", "spool"):
            (folder / name).mkdir(parents=True)
        folder.chmod(0o755)
        self.config = folder / "slurm.conf"
        host, ports = socket.gethostname().split(".")[0], (free_port(), free_port())
        self.config.write_text(_CONFIG.format(folder=folder, host=host, ports=ports, cores=os.cpu_count()))
        self._processes: list[subprocess.Popen[bytes]] = []
        self._start_munge()
        for daemon in ("slurmctld", "slurmd"):
            self._start(daemon, "-D", "-f", str(self.config))
        until(lambda: self.run("sinfo", "-h", "-o", "%T").strip() == "idle", "the node of Slurm to be idle", seconds=60)

    def _start_munge(self) -> None:
        own = self.folder / "munge"
        own.mkdir(mode=0o711)
        key = own / "key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        for file in (own, key):
            shutil.chown(file, "munge", "munge")
        socket_file = self.folder / "munge.socket"
        self._start(
            "setpriv", "--reuid", "munge", "--regid", "munge", "--clear-groups", "munged", "--foreground", "--force",
            f"--key-file={key}", f"--socket={own / 'socket'}", f"--pid-file={own / 'pid'}", f"--log-file={own / 'log'}",
            f"--seed-file={own / 'seed'}",
        )  # fmt: skip
        until(lambda: (own / "socket").exists(), "munged to listen")
        socket_file.symlink_to(own / "socket")

    def _start(self, *command: str) -> None:
        with (self.folder / "daemons.log").open("ab") as log:
            process = subprocess.Popen(command, env=self.environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        self._processes.append(process)

    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "SLURM_CONF": str(self.config)}

    def run(self, *command: str) -> str:
        for process in self._processes:
            assert process.poll() is None, f"{process.args} ended:\n{(self.folder / 'daemons.log').read_text()}"
        return subprocess.run(command, env=self.environment(), capture_output=True, text=True, check=False).stdout

    def jobs(self) -> list[str]:
        """States of the jobs that are there."""
        return self.run("squeue", "-h", "-o", "%T").split()

    def stop(self) -> None:
        subprocess.run(["scancel", "--state=RUNNING"], env=self.environment(), check=False, capture_output=True)
        for process in reversed(self._processes):
            process.terminate()
            process.wait(20)
