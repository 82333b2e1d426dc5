"""Keeps a mapping's `select:` to reading its own landed table."""

import json
import re

import duckdb

from kam_kpi.errors import KamError

_BINDS = re.compile(r"not found|does not exist|Referenced (column|table)", re.IGNORECASE)


def check_select(select: str, where: str) -> None:
    """Refuses everything but one SELECT that touches neither files nor the network.

    The engine itself judges: it parses the text (only SELECT statements serialise) and binds it
    with access to the outside disabled. Columns are not known here; the file's decide later.

    Raises:
        KamError: with the engine's reason.
    """
    with duckdb.connect(config={"enable_external_access": "false"}) as connection:
        row = connection.execute("select json_serialize_sql(?)", [select]).fetchone()
        parsed = json.loads(row[0] if row else "{}")
        if parsed.get("error"):
            raise KamError("sources.bad_select", where=where, problem=parsed["error_message"])
        if len(parsed["statements"]) != 1:
            raise KamError("sources.bad_select", where=where, problem="more than one statement")
        for table in re.findall(r'"table_name":"([^"]*)"', row[0] if row else ""):
            if table.startswith("duckdb_") or "/" in table or "." in table:
                raise KamError("sources.bad_select", where=where, problem=f"reads {table}")
        try:
            connection.execute(
                "create table landed (_load_id varchar, _file varchar, _line bigint)"
            )
            connection.execute(f"explain {select}")
        except duckdb.PermissionException as fault:
            raise KamError("sources.bad_select", where=where, problem=str(fault)) from fault
        except duckdb.Error as fault:
            if not _BINDS.search(str(fault)):
                raise KamError("sources.bad_select", where=where, problem=str(fault)) from fault
