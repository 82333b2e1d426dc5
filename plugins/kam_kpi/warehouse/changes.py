"""Which tables may differ from what was published last, and from which day on.

`control.change` is written by whatever changes a table (the models themselves in dbt_project/macros
/rebuild) and cleared by the publication: a build, a gate or a publication that fails or is killed
leaves what is to be done again.
"""

from datetime import date

import duckdb

EVERYTHING = date(1, 1, 1)
"""The day of a change that cannot be dated."""
MONTH_COLUMNS = ("period", "day")
"""Columns that date the rows of a mart: what changed from a month on is found by them."""
CODE = "code"
"""Name of the relation that every model reads."""


def create_changes(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes the tables where they are absent."""
    connection.execute(
        """
        create table if not exists control.change (relation varchar, changed_from date);
        create table if not exists control.published (run_id varchar);
        """
    )


def note_change(connection: duckdb.DuckDBPyConnection, relation: str, day: date) -> None:
    """Rows of `relation` of `day` and later may have changed."""
    connection.execute("insert into control.change values (?, ?)", [relation, day])


def read_changes(connection: duckdb.DuckDBPyConnection) -> dict[str, date]:
    """First day from which each relation may differ from what was published; the others do not."""
    query = "select relation, min(changed_from) from control.change group by relation"
    return dict(connection.execute(query).fetchall())


def forget_changes(connection: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """What is built is published, by `run_id`."""
    connection.begin()
    connection.execute("create or replace table control.published as select ? as run_id", [run_id])
    connection.execute("delete from control.change")
    connection.commit()
