"""Files are read as they arrived; a file that cannot be read is refused with file and reason."""

import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from kam_kpi.errors import KamError
from kam_kpi.sources.mapping import CsvFormat, Feed, XlsxFormat
from kam_kpi.sources.read_files import RawTable, cell_text, read

ENTITY: dict[str, Any] = {"product": {"mode": "append", "columns": {"product_id": "a"}}}


def feed(csv: dict[str, Any] | None = None, xlsx: dict[str, Any] | None = None) -> Feed:
    form = {"csv": CsvFormat(**(csv or {}))} if xlsx is None else {"xlsx": XlsxFormat(**xlsx)}
    return Feed.model_validate(
        {"pattern": ".*", "covers_to": {"date": "2026-01-31"}, "entities": ENTITY, **form}
    )


def rows(raw: RawTable) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in raw.table.to_pylist()]


def refused(feed_: Feed, path: Path) -> KamError:
    with pytest.raises(KamError) as caught:
        read(feed_, path)
    return caught.value


def test_rows_with_too_few_or_too_many_cells_are_kept_as_broken_with_their_line(
    tmp_path: Path,
) -> None:
    path = tmp_path / "x.csv"
    path.write_text("title;;\na;b;c\n1;2;3\n4;5\n\n6;7;8;9\n'7';\"8;\n8\";9\n", "utf-8")
    raw = read(feed(csv={"delimiter": ";", "header_row": 2}), path)
    assert rows(raw) == [
        ("1", "2", "3", 3, None),
        (None, None, None, 4, "4;5"),
        (None, None, None, 6, "6;7;8;9"),
        ("'7'", "8;\n8", "9", 7, None),
    ]


def test_values_are_not_trimmed_or_interpreted(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n 01 ,NULL\nNaN,1.50\n")
    assert [row[:2] for row in rows(read(feed(), path))] == [(" 01 ", "NULL"), ("NaN", "1.50")]


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "utf-8", "utf-8-sig"])
def test_declared_encodings_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("Имя,b\nИжица №1,2\n".replace("№", "N").encode(encoding))
    raw = read(feed(csv={"encoding": encoding}), path)
    assert (raw.columns, rows(raw)[0][0]) == (["Имя", "b"], "Ижица N1")


def test_a_file_in_another_encoding_is_refused_with_line_and_byte(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("a,b\n1,2\nЖ,3\n".encode("cp1251"))
    fault = refused(feed(), path)
    assert (fault.key, fault.where) == ("sources.wrong_encoding", "x.csv:3 byte 1")


def test_utf8_declared_as_cp1251_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("a,b\nИ,3\n".encode())
    assert refused(feed(csv={"encoding": "cp1251"}), path).key == "sources.wrong_encoding"


def test_an_empty_file_and_a_workbook_named_csv_are_refused(tmp_path: Path) -> None:
    empty, book = tmp_path / "e.csv", tmp_path / "b.csv"
    empty.touch()
    openpyxl.Workbook().save(book)
    assert refused(feed(), empty).key == "sources.file_empty"
    assert refused(feed(), book).key == "sources.not_what_its_name_says"


def test_a_header_alone_is_a_table_of_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n")
    assert read(feed(), path).rows_seen == 0


@pytest.mark.parametrize("header", ["a,a", "a,", "a,_line"])
def test_a_header_with_a_repeated_empty_or_reserved_name_is_refused(
    tmp_path: Path, header: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"{header}\n1,2\n")
    fault = refused(feed(), path)
    assert (fault.key, fault.where) == ("sources.bad_header", "x.csv:1 column 2")


def book(path: Path, *table: list[Any]) -> Path:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "Счета"
    for row in table:
        sheet.append(row)
    workbook.save(path)
    return path


def test_a_sheet_reads_between_its_header_and_its_totals(tmp_path: Path) -> None:
    path = book(
        tmp_path / "x.xlsx",
        ["Реестр", None, None],
        ["№", "Дата", "Сумма"],
        ["01", date(2026, 10, 31), 1234.1],
        [],
        ["02", "31.10.2026", 0.1 + 0.2],
        ["Итого", None, 99],
        ["03", None, None],
    )
    raw = read(feed(xlsx={"sheet": "Счета", "header_row": 2, "totals_row": "Итого"}), path)
    assert rows(raw) == [
        ("01", "2026-10-31", "1234.1", 3, None),
        ("02", "31.10.2026", "0.3", 5, None),
    ]


def test_error_cells_and_formulas_without_a_value_are_never_read_as_empty(tmp_path: Path) -> None:
    path = book(tmp_path / "x.xlsx", ["a", "b"], ["#DIV/0!", "=A1+1"])
    assert rows(read(feed(xlsx={"sheet": "Счета"}), path))[0][:2] == ("#DIV/0!", "=A1+1")


def test_cells_beyond_the_header_make_a_broken_row(tmp_path: Path) -> None:
    path = book(tmp_path / "x.xlsx", ["a"], ["1", "stray"])
    assert rows(read(feed(xlsx={"sheet": "Счета"}), path)) == [(None, 2, "1 | stray")]


def test_a_truncated_workbook_is_refused(tmp_path: Path) -> None:
    whole = book(tmp_path / "w.xlsx", *[[f"cell {n}", n] for n in range(500)]).read_bytes()
    path = tmp_path / "x.xlsx"
    path.write_bytes(whole[: len(whole) // 2])
    assert refused(feed(xlsx={"sheet": "Счета"}), path).key == "sources.not_what_its_name_says"


def test_a_workbook_with_a_damaged_sheet_is_refused(tmp_path: Path) -> None:
    source = book(tmp_path / "w.xlsx", *[[f"cell {n}", n] for n in range(500)])
    path = tmp_path / "x.xlsx"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content[:900] if "worksheets/sheet" in name else content)
    assert refused(feed(xlsx={"sheet": "Счета"}), path).key == "sources.truncated"


def test_text_named_xlsx_and_a_missing_sheet_are_refused(tmp_path: Path) -> None:
    text = tmp_path / "t.xlsx"
    text.write_text("a;b")
    assert refused(feed(xlsx={"sheet": "S"}), text).key == "sources.not_what_its_name_says"
    fault = refused(feed(xlsx={"sheet": "S"}), book(tmp_path / "x.xlsx", ["a"]))
    assert "Счета" in str(fault) and fault.key == "sources.no_sheet"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e15, "1000000000000000"), (-0.5, "-0.5"), (7.0, "7"), (True, "true"), ("", None), (0, "0")],
)
def test_cells_become_the_text_a_person_sees(value: object, text: str | None) -> None:
    assert cell_text(value) == text
