"""KAM_HOME: the folder with all state of one deployment, so that several live side by side."""

import os
from dataclasses import dataclass
from pathlib import Path

from kam_kpi import PROJECT


@dataclass(frozen=True)
class Home:
    """Where everything of a deployment is. Nothing here creates a folder."""

    root: Path

    @classmethod
    def current(cls) -> "Home":
        """The home named by `KAM_HOME`, else `var/` of the checkout."""
        return cls(Path(os.environ.get("KAM_HOME", PROJECT / "var")).resolve())

    @property
    def lake(self) -> Path:
        """Everything ever received: raw/ (Parquet), files/ (originals), _loads/, _runs/."""
        return self.root / "lake"

    @property
    def build_file(self) -> Path:
        """The writer's private DuckDB file."""
        return self.root / "build" / "warehouse.duckdb"

    @property
    def serving(self) -> Path:
        """versions/<number>/kam.duckdb, and `current`, the pointer to one of them."""
        return self.root / "serving"

    @property
    def data_docs(self) -> Path:
        """Great Expectations Data Docs (open index.html)."""
        return self.root / "data_docs"

    @property
    def airflow(self) -> Path:
        """AIRFLOW_HOME."""
        return self.root / "airflow"

    @property
    def logs(self) -> Path:
        """Logs of runs."""
        return self.root / "logs"

    @property
    def inbox(self) -> Path:
        """Where the demo company drops its files."""
        return self.root / "inbox"

    @property
    def writer_lock(self) -> Path:
        """Held by every task or command that writes the build file."""
        return self.root / ".writer.lock"


def config_dir() -> Path:
    """The deployment's configuration: `KAM_CONFIG`, else `config/` of the checkout."""
    return Path(os.environ.get("KAM_CONFIG", PROJECT / "config")).resolve()
