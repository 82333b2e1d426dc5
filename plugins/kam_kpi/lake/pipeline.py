"""Arrow tables into the lake's Parquet, by dlt."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

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
            dlt.resource(rows, name=feed, write_disposition="append", selected=True)
            for feed, rows in tables.items()
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
