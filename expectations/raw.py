"""The raw gate: what a load must fulfil by itself, whatever other loads say.

Judged on one row per load (`kam_kpi.quality.load_profile`), so that one validation judges every
new load of a source. A column of that relation is NULL where its question makes no sense: a file
that cannot be read is not empty as well.
"""

from great_expectations import expectations as gxe

from kam_kpi.quality.load_profile import RELATION
from kam_kpi.quality.suite import RelationSuite, about


def suite(source: str) -> RelationSuite:
    """The suite for the new loads of one source. A broken rule quarantines the load."""
    expectations = (
        gxe.ExpectColumnValuesToBeNull(
            column="unreadable",
            **about(
                "is_readable",
                "The file opens as what its name says it is, whole and in the declared encoding.",
                reason="unreadable_file",
            ),
        ),
        gxe.ExpectColumnValuesToBeNull(
            column="missing_columns",
            **about(
                "header_is_complete",
                "Every column that the mapping reads is in the header.",
                reason="header_changed",
            ),
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="rows_unaccounted",
            value_set=[0],
            **about(
                "is_complete",
                "Rows announced by the source, rows in the file and rows landed are the same.",
                reason="incomplete",
            ),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="rows_to_expect",
            min_value=1,
            **about(
                "is_not_empty",
                "The file has rows, unless the source announced none.",
                reason="empty_file",
            ),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="rows_bad_over_limit",
            max_value=0,
            **about(
                "rows_are_sound",
                "The share of rows in row quarantine stays within the feed's max_bad_share.",
                reason="too_many_bad_rows",
            ),
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="rivals",
            value_set=[0],
            **about(
                "is_unambiguous",
                "No other load speaks for the same scope and day with other content.",
                reason="ambiguous_version",
            ),
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="rows_bad",
            value_set=[0],
            **about("has_no_bad_rows", "No row of the load is in row quarantine.", "warn"),
        ),
    )
    return RelationSuite(
        relation=RELATION,
        name=f"raw.{source}",
        description=f"New loads of {source}, one row per load.",
        expectations=expectations,
    )
