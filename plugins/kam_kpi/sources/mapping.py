"""The form of `<config>/sources/<name>.yml`: what a user writes to add a file source."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

Domain = Literal["crm", "billing", "receivables", "finance", "hr"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


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


class Feed(Strict):
    """One kind of file, or one sheet of it, landed as one raw table."""

    pattern: str
    csv: CsvFormat | None = None
    xlsx: XlsxFormat | None = None
    formats: Formats = Formats()
    covers_to: Literal["file_name", "manifest"] | CoversToColumn | CoversToDate
    required: bool = True
    max_bad_share: Decimal = Field(Decimal("0.05"), ge=0, le=1)
    entities: dict[str, Entity] = Field(min_length=1)

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        re.compile(value)
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.csv is None) == (self.xlsx is None):
            raise ValueError("a feed takes either `csv` or `xlsx`")
        if self.covers_to == "file_name" and "covers_to" not in re.compile(self.pattern).groupindex:
            raise ValueError("covers_to: file_name needs a group (?P<covers_to>…) in the pattern")
        return self


class Source(Strict):
    """One source system: a folder of files and what they mean."""

    source: Name
    domain: Domain
    path: str
    schedule: str | None = None
    priority: int = 100
    time_zone: str = "UTC"
    feeds: dict[Name, Feed] = Field(min_length=1)

    @property
    def name(self) -> str:
        """The source's name, as in the column `source` of every table."""
        return self.source

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        from zoneinfo import ZoneInfo

        ZoneInfo(value)
        return value
