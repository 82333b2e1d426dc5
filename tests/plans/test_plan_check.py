"""Every fault of a plan file is told with its file, line and column, and what may stand there."""

import re
from pathlib import Path
from typing import Any

import pytest

from kam_kpi.errors import KamError
from kam_kpi.plans.load import load_plans
from kam_kpi.texts import catalogue
from tests.plans.plan_files import COMPONENT, TIER, VERSION, Files, good, write

P, C, T, G, A = "bonus_plan", "bonus_component", "bonus_tier", "bonus_gate", "bonus_assignment"
Place = tuple[str, int, str]
"""File, line and column; line 0 is the file, no column the row."""


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAM_LANG", "en")


def lines_of(folder: Path) -> list[str]:
    """What is wrong, a line each; none when the plans are in order."""
    try:
        load_plans(folder, "RUB")
    except KamError as fault:
        assert fault.where == str(folder)
        first, *lines = fault.what.splitlines()
        assert first == "The bonus plans are refused:"
        return [line.strip() for line in lines]
    return []


def pattern(key: str) -> re.Pattern[str]:
    """The text of a fault, whatever values it names."""
    template = re.split(r"\{\w+\}", catalogue("plans")[key]["en"])
    return re.compile(".+".join(map(re.escape, template)))


def shown(place: Place) -> str:
    file, line, column = place
    return (
        f"{file}.csv" + (f" line {line}" if line else "") + (f", column {column}" if column else "")
    )


def check(folder: Path, files: Files, *expected: tuple[Place, str]) -> list[str]:
    lines = lines_of(write(folder, files))
    assert len(lines) == len(expected), lines
    for line, (place, key) in zip(lines, expected, strict=True):
        assert line.startswith(f"{shown(place)}: "), line
        assert pattern(key).fullmatch(line.removeprefix(f"{shown(place)}: ")), line
    return lines


def test_plans_in_order_are_read(tmp_path: Path) -> None:
    plans = load_plans(write(tmp_path / "plans", good()), "RUB")
    assert [len(rows) for rows in plans.tables().values()] == [1, 4, 3, 1, 1]


def test_no_folder_is_no_plans(tmp_path: Path) -> None:
    assert not load_plans(tmp_path / "plans", "RUB").plans


WEIGHTED, MBO, RATE, FIXED = range(4)
"""Rows of the components of `good`, each in line n + 2."""
CASES: list[tuple[str, int, dict[str, Any], Place, str]] = [
    # cells
    (P, 0, {"author": ""}, (P, 2, "author"), "missing"),
    (P, 0, {"currency": "rub"}, (P, 2, "currency"), "wrong"),
    (P, 0, {"base": "salary"}, (P, 2, "base"), "wrong"),
    (C, RATE, {"rate": "1.000001"}, (C, 4, "rate"), "wrong"),
    (C, RATE, {"rate": "5e-2"}, (C, 4, "rate"), "wrong"),
    (C, FIXED, {"amount": "500.001"}, (C, 5, "amount"), "wrong"),
    (C, FIXED, {"measure_lag_months": "13"}, (C, 5, "measure_lag_months"), "wrong"),
    (A, 0, {"valid_from": "01.01.2025"}, (A, 2, "valid_from"), "wrong"),
    # versions
    (P, 0, {"currency": "EUR"}, (P, 2, "currency"), "other_currency"),
    (P, 0, {"cap": "100", "floor": "100.01"}, (P, 2, "floor"), "floor_above_cap"),
    (C, WEIGHTED, {"weight": "0.600001"}, (C, 2, "weight"), "weights"),
    (C, WEIGHTED, {"weight": "0.599999"}, (C, 2, "weight"), "weights"),
    (T, 0, {"version": 2}, (T, 2, "version"), "no_version"),
    (G, 0, {"component_code": "nothing"}, (G, 2, "component_code"), "no_component"),
    # components
    (C, RATE, {"measure": ""}, (C, 4, "measure"), "no_measure"),
    (C, RATE, {"measure": "profit"}, (C, 4, "measure"), "unknown_kpi"),
    (C, MBO, {"measure": "revenue"}, (C, 3, "measure"), "mbo_measure"),
    (C, MBO, {"salary_share": "0.3"}, (C, 3, "salary_share"), "idle_salary_share"),
    (C, RATE, {"cap": "1", "floor": "2"}, (C, 4, "floor"), "floor_above_cap"),
    (C, RATE, {"amount": "1"}, (C, 4, "amount"), "not_for_kind"),
    (C, RATE, {"rate": ""}, (C, 4, "rate"), "no_rate"),
    (C, FIXED, {"amount": ""}, (C, 5, "amount"), "no_amount"),
    (C, RATE, {"direction": "lower"}, (C, 4, "direction"), "lower_without_tiers"),
    (C, WEIGHTED, {"target_source": ""}, (C, 2, "target_source"), "no_target_source"),
    (C, WEIGHTED, {"target_source": "value", "target_value": "0"}, (C, 2, "target_value"), "no_target_value"),
    (C, WEIGHTED, {"target_value": "1"}, (C, 2, "target_value"), "idle_target_value"),
    (C, RATE, {"on_null": "target"}, (C, 4, "target_source"), "no_target_source"),
    (C, FIXED, {"measure_lag_months": "0"}, (C, 5, "measure_lag_months"), "no_lag"),
    (C, WEIGHTED, {"accumulation": "per_event"}, (C, 2, "accumulation"), "weighted_per_event"),
    (C, MBO, {"accumulation": "cumulative_true_up"}, (C, 3, "accumulation"), "mbo_true_up"),
    (C, WEIGHTED, {"accumulation": "cumulative_true_up", "measure_window": "quarter"}, (C, 2, "measure_window"), "true_up_window"),
    (C, RATE, {"measure_window": "quarter"}, (C, 4, "measure_window"), "window_pays_twice"),
    (C, RATE, {"on_null": "redistribute"}, (C, 4, "on_null"), "nothing_to_redistribute"),
    (C, RATE, {"holdback_share": "0.2", "earn_on": "paid"}, (C, 4, "holdback_share"), "holdback_of_paid"),
    (C, RATE, {"holdback_days": "90"}, (C, 4, "holdback_days"), "idle_holdback_days"),
    # tiers
    (T, 1, {"to": "1"}, (T, 3, "to"), "tier_reversed"),
    (T, 1, {"to": ""}, (T, 3, "to"), "tier_open"),
    (T, 1, {"from": "1.01"}, (T, 3, "from"), "tier_gap"),
    (T, 1, {"from": "0.99"}, (T, 3, "from"), "tier_overlap"),
    (T, 2, {"boundary": "upper_inclusive"}, (T, 4, "boundary"), "tier_shape"),
    (T, 2, {"value": "150"}, (T, 4, "value"), "no_fraction"),
    # gates
    (G, 0, {"kpi_code": "overdue"}, (G, 2, "kpi_code"), "unknown_kpi"),
    (G, 0, {"threshold": "20"}, (G, 2, "threshold"), "no_fraction"),
    (G, 0, {"factor": "50"}, (G, 2, "factor"), "no_fraction"),
    (G, 0, {"factor": ""}, (G, 2, "factor"), "no_factor_multiply"),
    (G, 0, {"effect": "cap", "factor": ""}, (G, 2, "factor"), "no_factor_cap"),
    (G, 0, {"effect": "block"}, (G, 2, "factor"), "idle_factor"),
    # assignments
    (A, 0, {"valid_to": "2025-01-01"}, (A, 2, "valid_to"), "ends_before"),
    (A, 0, {"plan_code": "head"}, (A, 2, "plan_code"), "no_plan"),
    (A, 0, {"valid_from": "2024-12-31"}, (A, 2, "plan_code"), "no_version_on"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "row", "changes", "place", "key"), CASES,
    ids=[f"{case[4]}-{'-'.join(case[2])}" for case in CASES],
)  # fmt: skip
def test_one_wrong_cell_is_told(
    tmp_path: Path, file: str, row: int, changes: dict[str, Any], place: Place, key: str
) -> None:
    files = good()
    files[file][row] |= changes
    check(tmp_path / "plans", files, (place, key))


def more(file: str, *rows: dict[str, Any], **changed: Any) -> Files:
    """The good files with more rows; `changed` sets cells of the first row."""
    files = good()
    files[file][0] |= changed
    files[file] += rows
    return files


def rate_tiers(component: dict[str, Any], *tiers: dict[str, Any]) -> Files:
    """The good files, whose component of kind rate has tiers."""
    files = good()
    files[C][RATE] |= component
    base = {**TIER, "component_code": "cross", "basis": "amount", "value_is": "rate", "from": "0"}
    files[T] += [base | tier for tier in tiers]
    return files


PLAN2 = {**good()[P][0], "version": 2}
LATER = {**good()[A][0], "valid_from": "2025-06-01"}
LARGER: list[tuple[str, Files, Place, str]] = [
    ("no_components", more(P, PLAN2 | {"valid_from": "2026-01-01"}, valid_to="2026-01-01"), (P, 3, ""), "no_components"),
    ("component twice", more(C, good()[C][RATE]), (C, 6, "component_code"), "twice"),
    ("gate twice", more(G, good()[G][0]), (G, 3, "gate_code"), "twice"),
    ("assignment_overlap", more(A, LATER), (A, 3, "valid_from"), "assignment_overlap"),
    ("said_by_tiers", rate_tiers({}, {"value": "0.05"}), (C, 4, "rate"), "said_by_tiers"),
    ("rate tier above 1", rate_tiers({"rate": ""}, {"value": "1.01"}), (T, 5, "value"), "no_fraction"),
    ("value_for_kind", rate_tiers({"rate": ""}, {"value": "1", "value_is": "payout_pct"}), (T, 5, "value_is"), "value_for_kind"),
    ("interpolated_value", rate_tiers({"rate": ""}, {"value": "0.1", "to": "9", "mode": "interpolated"}), (T, 5, "value_is"), "interpolated_value"),
    ("interpolated_open", rate_tiers({"rate": ""}, {"value": "9", "value_is": "amount", "mode": "interpolated"}), (T, 5, "to"), "interpolated_open"),
    ("marginal_amount", rate_tiers({"rate": ""}, {"value": "9", "value_is": "amount", "mode": "marginal"}), (T, 5, "mode"), "marginal_amount"),
    ("lower_basis", rate_tiers({"rate": "", "direction": "lower", "target_source": "target"}, {"value": "0.1", "basis": "attainment"}), (T, 5, "basis"), "lower_basis"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("files", "place", "key"), [case[1:] for case in LARGER], ids=[case[0] for case in LARGER]
)
def test_rows_that_do_not_fit_together_are_told(
    tmp_path: Path, files: Files, place: Place, key: str
) -> None:
    files[T].sort(key=lambda row: row["component_code"] == "cross")
    found = check(tmp_path / "plans", files, *([(place, key)]))
    assert len(found) == 1


def component(**values: Any) -> Files:
    """The good files with one more component."""
    return more(C, {**COMPONENT, "component_code": "more", "on_null": "zero", **values})


@pytest.mark.parametrize(
    ("values", "column", "key"),
    [
        ({"measure": "grr", "kind": "rate", "rate": "0.1", "measure_lag_months": "1"}, "measure", "rate_of_no_money"),
        ({"measure": "revenue", "kind": "fixed", "amount": "1", "accumulation": "per_event"}, None, ""),
        ({"measure": "logo_churn_rate", "kind": "fixed", "amount": "1", "measure_lag_months": "1"},
         "measure", "fixed_without_events"),
        ({"measure": "churned_accounts", "kind": "fixed", "amount": "1", "measure_lag_months": "1",
          "accumulation": "per_event"}, "accumulation", "no_events"),
        ({"measure": "churned_accounts", "kind": "fixed", "amount": "1", "measure_lag_months": "1",
          "earn_on": "paid"}, "earn_on", "earn_on_without_events"),
        ({"measure": "churned_accounts", "kind": "fixed", "amount": "1", "measure_lag_months": "1",
          "holdback_share": "0.1"}, "holdback_days", "holdback_without_end"),
    ],
)  # fmt: skip
def test_a_component_fits_its_measure(
    tmp_path: Path, values: dict[str, Any], column: str | None, key: str
) -> None:
    expected = [((C, 6, column), key)] if column else []
    check(tmp_path / "plans", component(**values), *expected)


@pytest.mark.parametrize(
    ("base", "key"), [("none", "no_base"), ("salary_share", "no_salary_share")]
)
def test_weighted_parts_need_a_base(tmp_path: Path, base: str, key: str) -> None:
    files = good()
    files[P][0]["base"] = base
    column = "kind" if base == "none" else "salary_share"
    check(tmp_path / "plans", files, ((C, 2, column), key), ((C, 3, column), key))


def test_a_weighted_part_without_weight_is_told_once(tmp_path: Path) -> None:
    files = good()
    files[C][MBO]["weight"] = ""
    check(tmp_path / "plans", files, ((C, 2, "weight"), "weights"), ((C, 3, "weight"), "no_weight"))


def test_tiers_of_events_and_scores(tmp_path: Path) -> None:
    files = good()
    files[T] = [{**TIER, "from": "0", "value": "1", "basis": "count"}]
    files[C][WEIGHTED] |= {"measure": "grr", "measure_lag_months": "1", "target_source": ""}
    check(tmp_path / "plans", files, ((C, 2, "measure"), "count_without_events"))
    files = good()
    files[T] = [{**TIER, "component_code": "service", "from": "0", "value": "1"}]
    check(tmp_path / "more", files, ((T, 2, "basis"), "mbo_basis"))


@pytest.mark.parametrize("column", ["valid_from", "valid_to"])
def test_a_version_begins_and_ends_with_a_month(tmp_path: Path, column: str) -> None:
    files = good()
    files[P][0] |= {"valid_to": "2026-01-01", column: "2025-02-02"}
    files[A][0] |= {"valid_from": "2025-03-01", "valid_to": "2025-04-01"}
    if column == "valid_to":
        files[A][0] |= {"valid_from": "2025-01-01", "valid_to": "2025-02-02"}
    check(tmp_path / "plans", files, ((P, 2, column), "not_a_first"))


@pytest.mark.parametrize(
    ("ends", "status", "is_told"),
    [
        ("2025-05-01", "active", False),
        ("2025-06-01", "active", False),
        ("2025-07-01", "active", True),
        ("2025-07-01", "draft", False),
    ],
)
def test_of_one_plan_one_version_is_in_force(
    tmp_path: Path, ends: str, status: str, is_told: bool
) -> None:
    files = more(P, PLAN2 | {"valid_from": "2025-06-01", "status": status}, valid_to=ends)
    files[C] += [{**COMPONENT, "version": 2, "component_code": "all", "kind": "mbo", "weight": "1"}]
    files[A][0]["valid_to"] = "2025-05-01"
    check(tmp_path / "plans", files, *([((P, 3, "valid_from"), "version_overlap")] * is_told))


# --- files ----------------------------------------------------------------------------------------
def test_what_is_no_plan_file_is_told(tmp_path: Path) -> None:
    folder = write(tmp_path / "plans", good())
    (folder / "bonus_tiers.csv").write_text("a\n")
    [line] = lines_of(folder)
    assert line.startswith("bonus_tiers.csv: ") and pattern("unknown_file").search(line)


@pytest.mark.parametrize(
    ("content", "line", "key"),
    [
        (None, 0, "no_file"),
        ("employee,plan_code,valid_from\nЖ".encode("cp1251"), 0, "not_utf8"),
        (b'employee,plan_code,valid_from\n"a', 0, "not_csv"),
        (b"employee;plan_code;valid_from\n", 1, "semicolons"),
        (b"# for people\nemployee,plan,valid_from,plan_code\n", 2, "unknown_column"),
        (b"employee,plan_code,valid_from,employee\n", 1, "column_twice"),
        (b"employee,plan_code\n", 1, "no_column"),
        (b"employee,plan_code,valid_from\n\n0001,kam\n", 3, "cell_count"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(
    tmp_path: Path, content: bytes | None, line: int, key: str
) -> None:
    folder = write(tmp_path / "plans", good())
    path = folder / "bonus_assignment.csv"
    path.unlink() if content is None else path.write_bytes(content)
    [found] = lines_of(folder)
    place = shown((A, line, ""))
    assert found.startswith(f"{place}: ") and pattern(key).fullmatch(
        found.removeprefix(f"{place}: ")
    )


def test_a_refused_row_raises_no_fault_that_follows_from_it(tmp_path: Path) -> None:
    files = good()
    files[C][WEIGHTED]["weight"] = "60"
    check(tmp_path / "plans", files, ((C, 2, "weight"), "wrong"))


def test_all_faults_are_told_at_once_in_the_order_of_the_files(tmp_path: Path) -> None:
    files = good()
    files[P][0] |= {"cap": "1", "floor": "2"}
    files[G][0]["factor"] = ""
    files[T][1]["from"] = "1.1"
    lines = lines_of(write(tmp_path / "plans", files))
    assert [line.split(".")[0] for line in lines] == [P, T, G]


def test_every_fault_has_a_case_and_a_text_in_both_languages() -> None:
    own = {
        key for key in catalogue("plans")
        if not key.startswith(("allowed_", "place_")) and key not in ("refused", "weight_of")
    }  # fmt: skip
    source = Path(__file__).read_text(encoding="utf-8")
    assert sorted(key for key in own if f'"{key}"' not in source) == []
    assert all(set(catalogue("plans")[key]) == {"en", "ru"} for key in own)
    assert VERSION == {"plan_code": "kam", "version": 1}
