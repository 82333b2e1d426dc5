"""Arrow tables into the lake's Parquet, by dlt."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kam_kpi.home import Home

DLT_SETTINGS = {
    "SCHEMA__NAMING": "direct",  # columns keep the names they have in the source
    "PROVIDERS__ENABLE_AIRFLOW_SECRETS": "false",  # landing has no secrets; it costs seconds a run
    "RUNTIME__DLTHUB_TELEMETRY": "false",
}


@contextmanager
def scratch(name: str) -> Iterator[Path]:
    """A private folder beside the lake, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=Home.current().root))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_pipeline(source: str, tables: Mapping[str, Iterator[pa.Table]]) -> dict[str, list[str]]:
    """Appends the tables of each feed under lake/raw.

    Args:
        source: name of the source, the folder under lake/raw.
        tables: feed → its rows.

    Returns:
        feed → the Parquet files written, relative to the source's folder.
    """
    return _run(source, tables)


def import_parquet(source: str, files: Mapping[str, Path]) -> dict[str, list[str]]:
    """Appends a Parquet file of each feed under lake/raw, as it is.

    Args:
        source: name of the source, the folder under lake/raw.
        files: feed → its file.

    Returns:
        feed → the Parquet files in the lake, relative to the source's folder.
    """
    os.environ.update(DLT_SETTINGS)
    import dlt

    def items(path: Path) -> Iterator[Any]:
        file = pq.ParquetFile(path)
        schema, rows = file.schema_arrow.empty_table(), file.metadata.num_rows
        yield dlt.mark.with_file_import(str(path), "parquet", rows, hints=schema)

    return _run(source, {feed: items(path) for feed, path in files.items()})


def _run(source: str, rows: Mapping[str, Iterator[Any]]) -> dict[str, list[str]]:
    os.environ.update(DLT_SETTINGS)
    import dlt

    with scratch("dlt") as state:  # nothing survives a killed run
        pipeline = dlt.pipeline(
            pipeline_name=f"land_{source}",
            pipelines_dir=str(state),
            destination=dlt.destinations.filesystem(
                bucket_url=str(Home.current().lake / "raw"),
                warn_unsafe_layout_separators=False,  # a feed name holds no separator
                layout="{table_name}/{load_id}.{file_id}.{ext}",
            ),
            dataset_name=source,
        )
        resources = [
            dlt.resource(items, name=feed, write_disposition="append", selected=True)
            for feed, items in rows.items()
        ]
        return _parquet_by_feed(pipeline.run(resources, loader_file_format="parquet"))


def _parquet_by_feed(info: Any) -> dict[str, list[str]]:
    files: dict[str, list[str]] = {}
    for package in info.load_packages:
        for job in package.jobs["completed_jobs"]:
            parsed = job.job_file_info
            if parsed.file_format == "parquet":
                name = f"{parsed.table_name}/{package.load_id}.{parsed.file_id}.parquet"
                files.setdefault(parsed.table_name, []).append(name)
    return files
