"""Writes `.env` with random secrets for docker-compose.yml: `python deploy/make_env.py`.

Never replaces a file: the databases already know the passwords in it. Needs only Python.
"""

import argparse
import base64
import os
import secrets
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]


def secret() -> str:
    """256 random bits that are safe in a URL and in a shell."""
    return secrets.token_urlsafe(32)


def values(home: Path) -> dict[str, str]:
    """Everything that docker-compose.yml asks for. `home` is the KAM_HOME folder on the host."""
    return {
        "KAM_HOME_DIR": str(home),
        "AIRFLOW_UID": str(os.getuid()),
        "POSTGRES_PASSWORD": secret(),
        "AIRFLOW_DB_PASSWORD": secret(),
        "REDIS_PASSWORD": secret(),
        "KAM_PUBLISHER_PASSWORD": secret(),
        "KAM_BI_PASSWORD": secret(),
        "AIRFLOW_ADMIN_PASSWORD": secret(),
        "AIRFLOW_FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "AIRFLOW_API_SECRET_KEY": secret(),
        "AIRFLOW_JWT_SECRET": secret(),
    }


def write(path: Path, content: str) -> None:
    """A new file that only its owner can read.

    Raises:
        FileExistsError: it is there already.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)


def main() -> int:
    """Writes the file and says where; 1 when there is one already."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=CHECKOUT / ".env")
    parser.add_argument("--home", type=Path, default=CHECKOUT / "var" / "compose")
    arguments = parser.parse_args()
    home = arguments.home.resolve()
    lines = [f"{name}={value}" for name, value in values(home).items()]
    try:
        write(arguments.output, "\n".join(lines) + "\n")
    except FileExistsError:
        print(
            f"{arguments.output} exists and stays as it is: the databases know its passwords.\n"
            "To begin anew: docker compose down --volumes, then remove the file.",
            file=sys.stderr,
        )
        return 1
    # Docker would make the folder as root.
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    print(f"wrote {arguments.output}; the password of `admin` is AIRFLOW_ADMIN_PASSWORD in it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
