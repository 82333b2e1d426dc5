"""Airflow's own command line on the deployment: `python -m kam_kpi.orchestration standalone`."""

import os
import sys
from pathlib import Path

from kam_kpi.home import Home
from kam_kpi.orchestration.environment import prepare


def main() -> None:
    """Replaces this process by `airflow` with the deployment's environment."""
    prepare(Home.current())
    # Airflow writes generated passwords and its configuration into AIRFLOW_HOME.
    os.umask(0o077)
    airflow = str(Path(sys.executable).with_name("airflow"))
    # `standalone` looks its own parts up by name.
    os.environ["PATH"] = os.pathsep.join([str(Path(airflow).parent), os.environ.get("PATH", "")])
    os.execv(airflow, [airflow, *sys.argv[1:]])  # noqa: S606


if __name__ == "__main__":
    main()
