"""`make fuzz`: builds of new seeds until stopped; stops at the first difference and names its seed.

Usage: python -m tests.bonus.fuzz [SEED]
"""

import sys
import tempfile
from pathlib import Path

from rich.console import Console

from tests.bonus.differential import differences
from tests.bonus.engine import Engine
from tests.bonus.random_story import batches

console = Console()


def main() -> None:
    """Runs until interrupted, or until models and reference differ."""
    first = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory(prefix="kam-fuzz-") as folder:
        engine = Engine(Path(folder))
        for seed, told in batches(first, is_contested=True):
            for close, inputs in enumerate(told.closes):
                found = differences(engine, inputs, told.periods[: close + 1])
                if found:
                    console.print(f"seed {seed}, close {close}:", *found, sep="\n")
                    sys.exit(1)
            console.print(f"seed {seed}: equal to the kopeck")


if __name__ == "__main__":
    main()
