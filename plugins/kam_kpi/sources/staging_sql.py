"""Compiles a mapping into the SELECT that turns a landed table into rows of the contract.

The result has `source`, the contract's columns (typed), `_version`, `_load_id`, `_file`, `_line`
and `_errors`, a list of structs (column_name, value, reason). A row with errors is quarantined:
read by nothing but the quarantine. The raw gate, `kam sources check` and dbt staging use this one.
"""

from kam_kpi.contract import Column as ContractColumn
from kam_kpi.contract import Entity as ContractEntity
from kam_kpi.contract import load_contract
from kam_kpi.sources import parse_sql as parse
from kam_kpi.sources.mapping import Column, Entity, Feed, Formats, Source

RAW_TECHNICAL = ("_load_id", "_file", "_line")
ERROR_TYPE = "struct(column_name varchar, value varchar, reason varchar)[]"

# Rules of one row that the contract states beyond types: reason, column, condition of a fault.
ROW_RULES: dict[str, list[tuple[str, str, str]]] = {
    "invoice": [("due_before_issue", "due_on", "due_on < issued_on")],
    "deal": [
        ("required", "account_id", "state <> 'open' and account_id is null"),
        ("required", "closed_on", "state <> 'open' and closed_on is null"),
    ],
}


def _mapped_text(column: Column) -> str:
    if column.value is not None:
        return parse.literal(column.value)
    raw = f"nullif(trim(cast({parse.identifier(str(column.from_))} as varchar)), '')"
    if column.values:
        cases = " ".join(
            f"when {parse.literal(a)} then {parse.literal(b)}" for a, b in column.values.items()
        )
        raw = f"case {raw} {cases} else {raw} end"
    if column.default is not None:
        raw = f"coalesce({raw}, {parse.literal(column.default)})"
    return raw


def _date(raw: str, source: Source, feed: Feed) -> str:
    formats = feed.formats
    if feed.is_typed:
        printed = parse.database_date(raw, source.time_zone)
        if "date" not in formats.model_fields_set:
            return printed
        return f"coalesce({printed}, {parse.date(raw, formats.date)})"
    iso = list(parse.ISO_DATES) if feed.xlsx else []  # real date cells arrive as ISO text
    return parse.date(raw, [*formats.date, *iso])


def _timestamp(raw: str, patterns: list[str], source: Source, feed: Feed) -> str:
    written = parse.timestamp(raw, patterns, source.time_zone)
    if feed.is_typed:
        return f"coalesce({parse.database_timestamp(raw, source.time_zone)}, {written})"
    return written


def _typed(raw: str, target: ContractColumn, formats: Formats, source: Source, feed: Feed) -> str:
    if target.data_type.startswith("decimal"):
        return parse.decimal(raw, formats, target.data_type)
    if target.data_type == "date":
        return _date(raw, source, feed)
    if target.data_type == "timestamp":
        iso = list(parse.ISO_DATES) if feed.xlsx else []
        return _timestamp(raw, [*formats.timestamp, *iso], source, feed)
    if target.data_type == "integer":
        return parse.integer(raw)
    if target.data_type == "boolean":
        return parse.boolean(raw, formats)
    if target.values:
        return f"case when {raw} in {parse.text_list(target.values)} then {raw} end"
    return raw


def _reason(raw: str, target: ContractColumn, formats: Formats) -> str:
    if target.data_type.startswith("decimal"):
        return parse.decimal_reason(raw, formats)
    if target.values:
        return "'unknown_value'"
    return f"'unparsable_{target.data_type}'"


def _error(column: str, value: str, reason: str, condition: str) -> str:
    return (
        f"case when {condition} then {{'column_name': {parse.literal(column)}, "
        f"'value': cast({value} as varchar), 'reason': {reason}}} end"
    )


def raw_name(column: str) -> str:
    """Name of the raw text of a contract column inside the compiled SELECT."""
    return parse.identifier(f"raw {column}")


def delivered_columns(entity: Entity, contract: ContractEntity) -> list[ContractColumn]:
    """The contract columns that this mapping fills, in the contract's order."""
    return [contract.columns[name] for name in contract.columns if name in entity.columns]


def _typed_columns(
    source: Source, feed: Feed, entity: Entity, contract: ContractEntity
) -> list[str]:
    mapped = {column.name for column in delivered_columns(entity, contract)}
    lines = []
    for column in contract.columns.values():
        if column.is_computed:
            continue
        name = parse.identifier(column.name)
        base = column.name.removesuffix("_source") + "_id"
        if column.name in mapped:
            value = _typed(raw_name(column.name), column, feed.formats, source, feed)
        elif column.name.endswith("_source") and base in mapped:
            other = entity.columns[base].of or source.source
            value = f"case when {raw_name(base)} is not null then {parse.literal(other)} end"
        else:
            value = "null" if column.default is None else parse.literal(column.default)
        lines.append(f"cast({value} as {column.data_type}) as {name}")
    return lines


def _errors(feed: Feed, entity: Entity, contract: ContractEntity) -> list[str]:
    errors = []
    for column in delivered_columns(entity, contract):
        raw, name = raw_name(column.name), parse.identifier(column.name)
        reason = _reason(raw, column, feed.formats)
        errors.append(_error(column.name, raw, reason, f"{raw} is not null and {name} is null"))
    for column in contract.columns.values():
        is_given = column.is_computed or column.name.endswith("_source") or column.default
        if column.is_required and (column.name in entity.columns or not is_given):
            raw = raw_name(column.name) if column.name in entity.columns else "null"
            errors.append(_error(column.name, "null", "'required'", f"{raw} is null"))
    if entity.version:
        errors.append(
            _error(
                entity.version,
                raw_name("_version"),
                "case when \"raw _version\" is null then 'required' "
                "else 'unparsable_timestamp' end",
                "_version is null",
            )
        )
    for reason, name, condition in ROW_RULES.get(contract.name, []):
        errors.append(_error(name, parse.identifier(name), parse.literal(reason), condition))
    return errors


def _duplicates(contract: ContractEntity, columns: list[str]) -> str:
    """Marks rows that share key and version with another row of the same load.

    Nearly all keys come once: only those whose hash comes twice are grouped by their columns.
    """
    key = ["_load_id", *contract.key, "_version"]
    if contract.name == "contract":
        key.remove("version_no")
    names = ", ".join(parse.identifier(name) for name in key)
    content = ", ".join(parse.identifier(name) for name in columns)
    return (
        f"""
repeated as (
    select {names}, min(_line) as first_line, count(distinct row({content})) as contents
    from parsed
    where len(_errors) = 0 and hash({names}) in (
        select hash({names}) from parsed where len(_errors) = 0
        group by hash({names}) having count(*) > 1
    )
    group by {names} having count(*) > 1
),
marked as (
    select parsed.*,
        case when repeated.contents > 1 then 'duplicate_key'
            when parsed._line > repeated.first_line then 'duplicate_row' end as repetition
    from parsed left join repeated on len(parsed._errors) = 0 and """
        + " and ".join(
            f"parsed.{name} is not distinct from repeated.{name}"
            for name in (parse.identifier(name) for name in key)
        )
        + "\n)"
    )


def compile_entity(source: Source, feed_name: str, entity_name: str, relation: str) -> str:
    """The SELECT for one entity of one feed over `relation`, its landed table.

    Args:
        source: the source's configuration.
        feed_name: the feed whose landed table is read.
        entity_name: the contract table to fill.
        relation: SQL of the landed table (a name, or a query in parentheses).
    """
    feed = source.feeds[feed_name]
    entity, contract = feed.entities[entity_name], load_contract()[entity_name]
    texts = {name: _mapped_text(column) for name, column in entity.columns.items()}
    if entity.version:
        texts["_version"] = _mapped_text(Column.model_validate({"from": entity.version}))
    raw_columns = ",\n        ".join(
        [f"{value} as {raw_name(name)}" for name, value in texts.items()] + list(RAW_TECHNICAL)
    )
    version = "cast(null as timestamp)"
    if entity.version:
        patterns = [*feed.formats.timestamp, *feed.formats.date, *parse.ISO_DATES]
        version = _timestamp(raw_name("_version"), patterns, source, feed)
    typed = ",\n        ".join(_typed_columns(source, feed, entity, contract))
    columns = [column.name for column in contract.columns.values() if not column.is_computed]
    errors = ",\n            ".join(_errors(feed, entity, contract))
    names = ", ".join(parse.identifier(name) for name in columns)
    landed = f"select * from {relation} where _broken is null"
    selected = entity.select or "select * from landed"
    first_value = raw_name(contract.key[0]) if contract.key[0] in entity.columns else "null"
    return f"""with landed as (
    {landed}
),
selected as (
    {selected.strip().rstrip(";")}
),
texts as (
    select
        {raw_columns}
    from selected
),
typed as (
    select *,
        {typed},
        {version} as _version
    from texts
),
parsed as (
    select *,
        list_filter([
            {errors}
        ], lambda error: error is not null)::{ERROR_TYPE} as _errors
    from typed
),{_duplicates(contract, columns)}
select
    {parse.literal(source.source)} as source, {names},
    _version, _load_id, _file, cast(_line as bigint) as _line,
    case when repetition is null then _errors else [{{
        'column_name': {parse.literal(contract.key[0])}, 'value': cast({first_value} as varchar),
        'reason': repetition
    }}]::{ERROR_TYPE} end as _errors
from marked"""


def empty_entity(entity_name: str) -> str:
    """A SELECT of no rows with the columns of `compile_entity`, for a table nobody delivers."""
    columns = [c for c in load_contract()[entity_name].columns.values() if not c.is_computed]
    typed = ", ".join(f"cast(null as {c.data_type}) as {parse.identifier(c.name)}" for c in columns)
    return (
        f"select cast(null as varchar) as source, {typed}, cast(null as timestamp) as _version, "
        "cast(null as varchar) as _load_id, cast(null as varchar) as _file, "
        f"cast(null as bigint) as _line, cast(null as {ERROR_TYPE}) as _errors where false"
    )
