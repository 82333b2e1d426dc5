"""Writes the demo company's deliveries into the inbox, and remembers how far it has come.

`demo.json` in the home names the company, the last day delivered and the day being delivered. A
killed run is simply run again: the files have the same bytes.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import lru_cache

from kam_kpi.demo.calendar import FIRST_DELIVERY, LAST_DAY
from kam_kpi.demo.delivery import File, Post
from kam_kpi.demo.world import Company, world
from kam_kpi.errors import KamError
from kam_kpi.home import Home
from kam_kpi.lake.files import write_atomic, write_json

Progress = Callable[[str], None]
"""Called with the name of each file once it is written."""


@dataclass(frozen=True)
class State:
    """How far the demo has come. Days are ISO text; `target` is beyond `day` after a kill."""

    seed: int
    size: int
    day: str
    target: str

    @property
    def company(self) -> Company:
        """Whose state it is."""
        return Company(self.seed, self.size)


def _silent(_: str) -> None:
    return None


def state(home: Home) -> State | None:
    """The state of the home's demo company; None where there is none."""
    path = home.root / "demo.json"
    if not path.exists():
        return None
    return State(**json.loads(path.read_text(encoding="utf-8")))


def _save(home: Home, new: State) -> None:
    write_json(home.root / "demo.json", asdict(new))


@lru_cache(maxsize=2)
def _post(company: Company) -> Post:
    return Post(world(company))


def _write(home: Home, files: Iterable[File], progress: Progress) -> list[str]:
    names = []
    for name, content in files:
        write_atomic(home.inbox / name, content)
        names.append(name)
        progress(name)
    return names


def write_initial(
    home: Home, company: Company | None = None, progress: Progress = _silent
) -> list[str]:
    """Writes the first delivery, whatever is there; returns the files' paths below the inbox.

    Raises:
        KamError: the company is too small for its stories.
    """
    company = company or Company()
    names = _write(home, _post(company).first(), progress)
    day = FIRST_DELIVERY.isoformat()
    _save(home, State(company.seed, company.size, day, day))
    return names


def ensure(home: Home, company: Company | None = None, progress: Progress = _silent) -> list[str]:
    """Writes the first delivery unless it is there, and finishes a delivery that was cut off.

    Args:
        home: where the company lives.
        company: None takes the one that is there, else the default one.
        progress: called for each file.

    Returns:
        Paths of the files written, below the inbox; empty when all was there.

    Raises:
        KamError: the home has another company than the one asked for.
    """
    known = state(home)
    if known is None:
        return write_initial(home, company, progress)
    if company is not None and company != known.company:
        raise KamError(
            "demo.other_company", where=str(home.root / "demo.json"),
            seed=known.seed, size=known.size,
        )  # fmt: skip
    return _deliver(home, known, date.fromisoformat(known.target), progress)


def advance(home: Home, days: int, progress: Progress = _silent) -> list[str]:
    """Delivers the next `days` days; returns the files' paths below the inbox.

    Raises:
        KamError: there is no company yet, or its calendar ends before.
    """
    ensured = state(home)
    if ensured is None:
        raise KamError("demo.no_company", where=str(home.root))
    written = ensure(home, None, progress)
    known = state(home) or ensured
    target = date.fromisoformat(known.day) + timedelta(days=days)
    if target > LAST_DAY:
        left = (LAST_DAY - date.fromisoformat(known.day)).days
        raise KamError("demo.beyond_calendar", last=LAST_DAY, left=left)
    return written + _deliver(home, known, target, progress)


def _deliver(home: Home, known: State, target: date, progress: Progress) -> list[str]:
    day = date.fromisoformat(known.day)
    if target <= day:
        return []
    goal = target.isoformat()
    _save(home, State(known.seed, known.size, known.day, goal))
    names = _write(home, _post(known.company).later(day, target), progress)
    _save(home, State(known.seed, known.size, goal, goal))
    return names
