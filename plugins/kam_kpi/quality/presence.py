"""Tables that a gate expects: a missing one is a broken rule, never a suite silently left out."""

from collections.abc import Sequence

from kam_kpi.quality.checks import Stage
from kam_kpi.quality.duckdb_datasource import DuckDBSession
from kam_kpi.quality.suite import RelationSuite, no_rows


def presence(
    session: DuckDBSession, stage: Stage, specs: Sequence[RelationSuite]
) -> list[RelationSuite]:
    """A suite that every expected table exists, then the suites of those that do."""
    rows = session.execute("select table_schema || '.' || table_name from information_schema.tables")
    existing = {str(row[0]) for row in rows}
    expected = ", ".join(f"('{spec.relation}')" for spec in specs)
    query = f"""
        select expected.relation from (values {expected}) as expected(relation)
        left join {{batch}} as found
            on found.table_schema || '.' || found.table_name = expected.relation
        where found.table_name is null
    """
    tables = RelationSuite(
        relation="information_schema.tables",
        name=f"{stage}.tables_exist",
        description=f"The {len(specs)} tables that the {stage} gate judges.",
        expectations=(no_rows("tables_exist", "Every table that this gate judges exists.", query),),
    )
    return [tables, *(spec for spec in specs if spec.relation in existing)]
