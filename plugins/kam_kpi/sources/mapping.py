"""The form of `<config>/sources/<name>.yml`: what a user writes to add a source."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

Domain = Literal["crm", "billing", "receivables", "finance", "hr"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _as_path(value: Any) -> Any:
    return value.split(".") if isinstance(value, str) else value


class Strict(BaseModel):
    """Refuses unknown keys: a misspelt key is an error, never a silent default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CsvFormat(Strict):
    """How a delimited text file is written. Declared, never sniffed."""

    encoding: str = "utf-8"
    delimiter: str = Field(",", min_length=1, max_length=1)
    quote: str = Field('"', min_length=1, max_length=1)
    header_row: int = Field(1, ge=1)

    @field_validator("encoding")
    @classmethod
    def _known(cls, value: str) -> str:
        "".encode(value)
        return value


class XlsxFormat(Strict):
    """Which sheet of a workbook, and where its table stands."""

    sheet: str
    header_row: int = Field(1, ge=1)
    totals_row: str | None = Field(None, description="first cell of the row of totals, left out")


class ParquetFormat(Strict):
    """A Parquet file says itself how it is written."""


class Formats(Strict):
    """How values are written in the columns of one feed."""

    decimal: Literal[".", ","] = "."
    thousands: Literal["", " ", ",", ".", "'"] = ""
    negative: list[Literal["parentheses", "trailing_minus"]] = []
    date: Annotated[list[str], BeforeValidator(_as_list)] = ["yyyy-mm-dd"]
    timestamp: Annotated[list[str], BeforeValidator(_as_list)] = ["yyyy-mm-dd HH:MM:SS"]
    true: list[str] = ["true"]
    false: list[str] = ["false"]

    @model_validator(mode="after")
    def _separators_differ(self) -> Self:
        if self.decimal == self.thousands:
            raise ValueError("decimal and thousands must differ")
        return self


class Column(Strict):
    """Where one contract column comes from: a source column or a constant `value`."""

    from_: str | None = Field(None, alias="from")
    value: str | None = None
    values: dict[str, str] = {}
    default: str | None = None
    of: Name | None = Field(None, description="for a foreign key: the source that it refers to")

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.from_ is None) == (self.value is None):
            raise ValueError("a column takes either `from` or `value`")
        return self


def _as_column(value: Any) -> Any:
    return {"from": value} if isinstance(value, str) else value


class Entity(Strict):
    """How a landed table becomes rows of one contract table."""

    mode: Literal["append", "snapshot", "replace_by"]
    version: str | None = Field(None, description="source column with the modified stamp")
    select: str | None = Field(None, description="read-only SQL over the table `landed`")
    columns: dict[str, Annotated[Column, BeforeValidator(_as_column)]]


class CoversToColumn(Strict):
    """The last day a load speaks for is the greatest date of a column."""

    column: str


class CoversToDate(Strict):
    """The last day a load speaks for, for files that never change."""

    date: date


class CoversToQuery(Strict):
    """The last day a load speaks for is the one date that a query on the database gives."""

    query: str


CoversTo = Literal["file_name", "manifest", "clock"] | CoversToColumn | CoversToDate | CoversToQuery
_OVERLAP = re.compile(r"(\d+) (minute|hour|day)s?")
_FILE_KEYS = {"csv", "xlsx", "parquet"}
_DATABASE_KEYS = {"cursor", "overlap", "scope", "key", "max_delete_share"}


def _as_overlap(value: Any) -> Any:
    match = _OVERLAP.fullmatch(value.strip()) if isinstance(value, str) else None
    return timedelta(**{f"{match[2]}s": int(match[1])}) if match else value


class Feed(Strict):
    """One kind of file, one sheet of it, or one query of a database: landed as one raw table."""

    pattern: str = ""
    csv: CsvFormat | None = None
    xlsx: XlsxFormat | None = None
    parquet: ParquetFormat | None = None
    table: Annotated[list[str] | None, BeforeValidator(_as_path)] = Field(
        None, description="a table or view of the database, with its schema"
    )
    query: str | None = Field(None, description="one read-only SELECT in the database's own SQL")
    cursor: str | None = Field(None, description="SQL over the query's columns: grows on change")
    overlap: Annotated[timedelta | int | None, BeforeValidator(_as_overlap)] = Field(
        None, description="how far behind the cursor rows may still be committed"
    )
    scope: str | None = Field(None, description="SQL over the query's columns: what is replaced")
    key: Annotated[list[str], BeforeValidator(_as_list)] = []
    max_delete_share: Decimal = Field(Decimal("0.2"), ge=0, le=1)
    formats: Formats = Formats()
    covers_to: CoversTo | None = None
    required: bool = True
    max_bad_share: Decimal = Field(Decimal("0.05"), ge=0, le=1)
    entities: dict[str, Entity] = Field(min_length=1)

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        re.compile(value)
        return value

    @model_validator(mode="before")
    @classmethod
    def _database_booleans(cls, value: Any) -> Any:
        """Databases without a boolean type write 1 and 0."""
        if isinstance(value, dict) and ("table" in value or "query" in value):
            formats = {"true": ["true", "1"], "false": ["false", "0"]}
            return {**value, "formats": {**formats, **(value.get("formats") or {})}}
        return value

    @property
    def is_database(self) -> bool:
        """The feed reads a database, not files."""
        return bool(self.table or self.query)

    @property
    def is_typed(self) -> bool:
        """Dates and instants arrive as a database or Arrow prints them, not as people write."""
        return self.is_database or self.parquet is not None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if sum(map(bool, (self.pattern, self.table, self.query))) != 1:
            raise ValueError("a feed takes one of `pattern`, `table` and `query`")
        allowed = _DATABASE_KEYS if self.is_database else _FILE_KEYS
        given = {name for name in self.model_fields_set if getattr(self, name) is not None}
        foreign = sorted(((_FILE_KEYS | _DATABASE_KEYS) - allowed) & given)
        if foreign:
            kind = "database" if self.is_database else "files"
            raise ValueError(f"{', '.join(foreign)}: not for a feed of {kind}")
        problem = self._database_problem() if self.is_database else self._file_problem()
        if problem:
            raise ValueError(problem)
        return self

    def _file_problem(self) -> str:
        if sum(form is not None for form in (self.csv, self.xlsx, self.parquet)) != 1:
            return "a feed takes one of `csv`, `xlsx` and `parquet`"
        if self.covers_to in (None, "clock") or isinstance(self.covers_to, CoversToQuery):
            return "a feed of files declares covers_to: file_name, manifest, column or date"
        if self.covers_to == "file_name" and "covers_to" not in re.compile(self.pattern).groupindex:
            return "covers_to: file_name needs a group (?P<covers_to>…) in the pattern"
        return ""

    def _database_problem(self) -> str:
        modes = {entity.mode for entity in self.entities.values()}
        if self.covers_to in ("file_name", "manifest") or isinstance(
            self.covers_to, CoversToColumn
        ):
            return "a feed of a database takes covers_to: clock, query or date"
        if (self.cursor is None) != (self.overlap is None):
            return "cursor and overlap go together"
        if self.scope and modes != {"replace_by"}:
            return "a feed with `scope` has entities of mode replace_by only"
        if "replace_by" in modes and not self.scope:
            return "mode replace_by needs `scope`"
        if self.scope and not self.key:
            return "scope needs `key`: the columns by which deleted rows are seen"
        if self.cursor and "snapshot" in modes:
            return (
                "a feed with `cursor` reads changes only: mode append, or replace_by with `scope`"
            )
        return ""


class Source(Strict):
    """One source system, and what its files or tables mean."""

    source: Name
    domain: Domain
    path: str = Field("", description="folder of files")
    sqlite: str = Field("", description="file of an SQLite database")
    connection: str = Field("", pattern=r"^[A-Za-z0-9_.-]*$", description="Airflow connection id")
    schedule: str | None = None
    priority: int = 100
    time_zone: str = "UTC"
    feeds: dict[Name, Feed] = Field(min_length=1)

    @property
    def name(self) -> str:
        """The source's name, as in the column `source` of every table."""
        return self.source

    @property
    def is_database(self) -> bool:
        """The source is a database, not a folder of files."""
        return not self.path

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(map(bool, (self.path, self.sqlite, self.connection))) != 1:
            raise ValueError("a source takes one of `path`, `sqlite` and `connection`")
        for name, feed in self.feeds.items():
            if feed.is_database != self.is_database:
                takes = "`table` or `query`" if self.is_database else "`pattern`"
                raise ValueError(f"feeds.{name}: a feed of this source takes {takes}")
        return self

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        from zoneinfo import ZoneInfo

        ZoneInfo(value)
        return value
