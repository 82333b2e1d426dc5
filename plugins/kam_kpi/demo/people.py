"""Two teams of KAMs under two managers."""

from datetime import date, timedelta

from kam_kpi.demo import names
from kam_kpi.demo.calendar import stream, workday
from kam_kpi.demo.crm_rows import Employee, Position

NEWCOMERS = {"K11": date(2024, 9, 2), "K12": date(2025, 3, 3)}
"""KAMs hired during the history; they take accounts over from others."""
PROMOTED = {
    "K03": date(2025, 1, 1),
    "K07": date(2025, 7, 1),
    "K10": date(2026, 4, 1),
}
"""From middle to senior, or from junior to middle, on that day."""

_LADDER = ("junior", "middle", "senior")
_GRADES = ("senior", "senior", "middle", "middle", "middle", "senior", "junior", "middle")


def kam_ids(size: int) -> list[str]:
    """Twelve KAMs for the usual 180 accounts; one more per 15 accounts beyond."""
    return [f"K{number:02d}" for number in range(1, max(12, size // 15) + 1)]


def team_of(employee_id: str) -> tuple[str, str]:
    """Team and manager of a KAM."""
    return ("Север", "M01") if int(employee_id[1:]) % 2 else ("Юг", "M02")


def _name(number: int, seed: int) -> str:
    rng = stream(seed, "person", number)
    surname = names.SURNAMES[(number * 7 + stream(seed, "surnames").randrange(24)) % 24]
    if rng.random() < 0.5:
        return f"{surname} {rng.choice(names.MEN)} {rng.choice(names.FATHERS_OF_MEN)}"
    return f"{surname}а {rng.choice(names.WOMEN)} {rng.choice(names.FATHERS_OF_WOMEN)}"


def _grade(employee_id: str, number: int) -> str:
    if employee_id in ("K10", *NEWCOMERS):
        return "junior"
    return "middle" if employee_id in PROMOTED else _GRADES[number % len(_GRADES)]


def _promoted(grade: str) -> str:
    return _LADDER[min(_LADDER.index(grade) + 1, 2)]


def employees(seed: int, size: int) -> tuple[list[Employee], list[Position]]:
    """Employees as they are at the end of the calendar, and their positions over time."""
    staff, positions = [], []
    for number, employee_id in enumerate(["M01", "M02", *kam_ids(size)], 1):
        name = _name(number, seed)
        surname, given = name.split()[:2]
        is_manager = employee_id.startswith("M")
        rng = stream(seed, "hired", employee_id)
        first = workday(date(2012, 2, 1) + timedelta(days=rng.randrange(0, 1500)))
        hired_on = NEWCOMERS.get(employee_id, first)
        team, manager = (("Север", "Юг")[number - 1], None) if is_manager else team_of(employee_id)
        grade = "head" if is_manager else _grade(employee_id, number)
        promoted_on = PROMOTED.get(employee_id)
        positions.append(Position(employee_id, manager, grade, team, hired_on, promoted_on))
        if promoted_on:
            grade = _promoted(grade)
            positions.append(Position(employee_id, manager, grade, team, promoted_on, None))
        email = f"{names.latin(given)[0]}.{names.latin(surname)}{number}@sever-uzel.example"
        staff.append(
            Employee(
                employee_id,
                f"{number:06d}",
                name,
                email,
                grade,
                manager,
                hired_on,
                None,
                f"KAM-{team}",
            )
        )
    return staff, positions
