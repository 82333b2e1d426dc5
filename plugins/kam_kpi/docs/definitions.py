"""The definitions of the KPIs: `definitions/<kpi_code>.md`, which dbt reads as doc blocks too."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from kam_kpi.parameters import parameters

DEFINITIONS = Path("dbt_project/models/marts/kpi/definitions")
SEED = Path("dbt_project/seeds/dim_kpi.csv")
LABELS = ("Formula", "Credited", "Example", "Parameters")
_BLOCK = re.compile(r"{% docs (\w+) %}\n(.*)\n{% enddocs %}\n", re.DOTALL)


@dataclass(frozen=True)
class Definition:
    """One KPI. Texts are Markdown; `parameters` are keys of the policy."""

    code: str
    kpi_class: str
    unit: str
    name_en: str
    name_ru: str
    tables: tuple[str, ...]
    history: str
    definition: str
    formula: str
    credited: str
    example: str
    parameters: tuple[str, ...]


def definitions(project: Path) -> list[Definition]:
    """Every KPI of the seed, in its order.

    Raises:
        ValueError: a definition is absent, lacks a part, or names a parameter that there is not;
            a file defines no KPI.
    """
    with (project / SEED).open(encoding="utf-8", newline="") as seed:
        rows = list(csv.DictReader(seed))
    files = {path.stem for path in (project / DEFINITIONS).glob("*.md")}
    if strays := files ^ {row["kpi_code"] for row in rows}:
        raise ValueError(f"{DEFINITIONS} and {SEED} differ: {', '.join(sorted(strays))}")
    return [_definition(project, row) for row in rows]


def _definition(project: Path, row: dict[str, str]) -> Definition:
    code = row["kpi_code"]
    path = DEFINITIONS / f"{code}.md"
    block = _BLOCK.fullmatch((project / path).read_text(encoding="utf-8"))
    if block is None or block[1] != code:
        raise ValueError(f"{path}: one block {{% docs {code} %}} is expected")
    parts = _parts(block[2], path)
    used = tuple(re.findall(r"[\w.]+", parts["Parameters"].replace("none", "")))
    if unknown := [key for key in used if key not in parameters()]:
        raise ValueError(f"{path}: there is no parameter {', '.join(unknown)}")
    return Definition(
        code=code,
        kpi_class=row["class"],
        unit=row["unit"],
        name_en=row["name_en"],
        name_ru=row["name_ru"],
        tables=tuple(row["tables_needed"].split()),
        history=row["history"],
        definition=parts["Definition"],
        formula=parts["Formula"],
        credited=parts["Credited"],
        example=parts["Example"],
        parameters=used,
    )


def _parts(body: str, path: Path) -> dict[str, str]:
    """Paragraphs by the label they begin with; those before the first label are the definition."""
    parts: dict[str, list[str]] = {"Definition": []}
    for paragraph in re.split(r"\n\s*\n", body.strip()):
        label, _, rest = paragraph.partition(": ")
        if label in LABELS:
            parts[label] = [rest]
        else:
            list(parts.values())[-1].append(paragraph)
    if absent := [name for name in ("Definition", *LABELS) if not parts.get(name)]:
        raise ValueError(f"{path}: {', '.join(absent)} is missing")
    return {label: "\n\n".join(paragraphs) for label, paragraphs in parts.items()}
