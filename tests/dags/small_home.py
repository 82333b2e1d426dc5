"""Airflow reads its environment once per process: what needs it runs in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ACCOUNTS = {
    "accounts": {
        "pattern": r"accounts_(?P<covers_to>\d{4}-\d{2}-\d{2})\.csv",
        "csv": {},
        "covers_to": "file_name",
        "entities": {
            "account": {"mode": "snapshot", "columns": {"account_id": "id", "name": "name"}}
        },
    }
}
"""Feeds of a source that delivers nothing but accounts."""


def write_config(config: Path, sources: dict[str, dict[str, Any]]) -> None:
    """A deployment whose sources deliver accounts to `${KAM_HOME}/inbox/<source>`."""
    (config / "sources").mkdir(parents=True)
    (config / "company.yml").write_text("{name: Test, currency: RUB, time_zone: Europe/Moscow}\n")
    (config / "policy.yml").write_text("versions: [{version: v1, valid_from: 2000-01-01}]\n")
    for name, settings in sources.items():
        content = {"source": name, "path": f"${{KAM_HOME}}/inbox/{name}", "feeds": ACCOUNTS}
        path = config / "sources" / f"{name}.yml"
        path.write_text(json.dumps({**content, "domain": "crm", **settings}))


def run_script(script: str, home: Path, config: Path) -> Any:
    """What a script, run by a new Python with this deployment, printed last, as JSON."""
    environment = {**os.environ, "KAM_HOME": str(home), "KAM_CONFIG": str(config)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])
