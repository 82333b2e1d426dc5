"""Tables that a gate expects: a missing one is a broken rule, never a suite silently left out."""

from collections.abc import Sequence

from kam_kpi.quality.checks import Stage
from kam_kpi.quality.duckdb_datasource import DuckDBSession
from kam_kpi.quality.suite import RelationSuite, no_rows

_EXISTING = "select table_schema || '.' || table_name from information_schema.tables"


def presence(
    session: DuckDBSession, stage: Stage, specs: Sequence[RelationSuite]
) -> list[RelationSuite]:
    """A suite over the list of tables, then the suites of those that exist."""
    existing = {str(row[0]) for row in session.execute(_EXISTING)}
    return [_tables(stage, specs), *(spec for spec in specs if spec.relation in existing)]


def _tables(stage: Stage, specs: Sequence[RelationSuite]) -> RelationSuite:
    expected = ", ".join(f"('{spec.relation}')" for spec in specs)
    schemas = ", ".join(sorted({f"'{spec.relation.partition('.')[0]}'" for spec in specs}))
    missing = f"""
        select expected.relation from (values {expected}) as expected(relation)
        left join {{batch}} as found
            on found.table_schema || '.' || found.table_name = expected.relation
        where found.table_name is null
    """
    unjudged = f"""
        select found.table_schema || '.' || found.table_name as relation
        from {{batch}} as found
        anti join (values {expected}) as expected(relation)
            on found.table_schema || '.' || found.table_name = expected.relation
        where
            found.table_schema in ({schemas})
            and regexp_matches(found.table_name, '^(dim|fct|rpt)_')
    """
    return RelationSuite(
        relation="information_schema.tables",
        name=f"{stage}.tables_exist",
        description=f"The {len(specs)} tables that the {stage} gate judges.",
        expectations=(
            no_rows("tables_exist", "Every table that this gate judges exists.", missing),
            no_rows(
                "tables_are_judged", "Every table to be published has a suite.", unjudged, "warn"
            ),
        ),
    )
