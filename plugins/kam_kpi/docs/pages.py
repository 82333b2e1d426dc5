"""The pages: `docs/kpis/<kpi_code>.md`, and generated parts of `docs/kpis.md`, `docs/policy.md`."""

import re
from collections.abc import Iterable
from pathlib import Path

from kam_kpi.docs.definitions import DEFINITIONS, SEED, Definition, definitions
from kam_kpi.parameters import Parameter, parameters

FOLDER = Path("docs/kpis")
INDEX = Path("docs/kpis.md")
POLICY = Path("docs/policy.md")
_WINDOWS = "month, quarter, rolling_3, rolling_12, ytd"
_CLASSES = {
    "additive": "a longer window is the sum of its months",
    "ratio": "a longer window is the sum of the numerators ÷ the sum of the denominators",
    "derived": "measured anew from the records of its months",
    "cohort": "measured anew for each window, never summed or averaged from months",
}
_UNITS = {
    "money": "company currency",
    "ratio": "ratio, 1 = 100 %",
    "count": "number",
    "days": "days",
    "hours": "hours",
}
_LISTS = {
    "aging.buckets": "1 to 12 days from 0, ascending",
    "bonus.unpaid_absences": "up to 12 words",
}
_HISTORIES = {
    "billing": "the first month with a document",
    "terms": "the first month in which versions of contracts were recorded",
    "deals": "the first month with a deal",
    "surveys": "the first month with an answer",
    "escalations": "the first month with an escalation",
    "costs": "the first month with a cost",
}


def pages(project: Path) -> dict[Path, str]:
    """What every generated page should hold, by its path in the project.

    Raises:
        ValueError: a definition or a marker of a generated part is wrong; names the file.
    """
    kpis = definitions(project)
    found = {FOLDER / f"{kpi.code}.md": _page(kpi) for kpi in kpis}
    found[INDEX] = _fill(project, INDEX, _index(kpis))
    found[POLICY] = _fill(project, POLICY, _table(parameters().values()))
    return found


def write_pages(project: Path) -> list[Path]:
    """Writes the pages that differ, and removes those of KPIs that are no more."""
    wanted = pages(project)
    stale = {path.relative_to(project) for path in (project / FOLDER).glob("*.md")} - wanted.keys()
    changed = sorted(stale)
    for path in stale:
        (project / path).unlink()
    (project / FOLDER).mkdir(exist_ok=True)
    for path, content in wanted.items():
        target = project / path
        if not target.exists() or target.read_text(encoding="utf-8") != content:
            target.write_text(content, encoding="utf-8")
            changed.append(path)
    return changed


def _page(kpi: Definition) -> str:
    held = parameters()
    used = _table(held[key] for key in kpi.parameters) if kpi.parameters else "None."
    needs = ", ".join(" or ".join(f"`{t}`" for t in table.split("|")) for table in kpi.tables)
    return f"""# {kpi.name_en} · {kpi.name_ru}

| code | class | unit | windows |
|---|---|---|---|
| `{kpi.code}` | {kpi.kpi_class} | {_UNITS[kpi.unit]} | {_WINDOWS} |

{kpi.definition}

**Formula:** {kpi.formula}

**Windows:** {_CLASSES[kpi.kpi_class]}.

**Credited:** {kpi.credited}

**Example:** {kpi.example}

**Parameters** ([policy](../policy.md)):

{used}

**Needs** the tables {needs}; history begins with {_HISTORIES[kpi.history]}.

[All KPIs and the ground rules](../kpis.md) · its records: `kam explain-kpi KAM PERIOD {kpi.code}`

<!-- Made by `make docs` from {DEFINITIONS}/{kpi.code}.md, {SEED} and policy.py: change those. -->
"""


def _index(kpis: list[Definition]) -> str:
    rows = [
        f"| [`{kpi.code}`](kpis/{kpi.code}.md) | {kpi.name_en} | {kpi.name_ru} | {kpi.kpi_class} |"
        f" {_one_line(kpi.formula)} |"
        for kpi in kpis
    ]
    head = "| code | name | название | class | formula |\n|---|---|---|---|---|\n"
    return head + "\n".join(rows)


def _table(listed: Iterable[Parameter]) -> str:
    rows = [f"| `{p.key}` | {p.description} | {_default(p)} | {_range(p)} |" for p in listed]
    return "| parameter | meaning | default | allowed |\n|---|---|---|---|\n" + "\n".join(rows)


def _default(parameter: Parameter) -> str:
    held = parameter.default
    return ", ".join(map(str, held)) if isinstance(held, list) else str(held)


def _range(parameter: Parameter) -> str:
    if parameter.choices:
        return ", ".join(parameter.choices)
    if parameter.high is not None:
        return f"{parameter.low}–{parameter.high}"
    return _LISTS[parameter.key]


def _one_line(content: str) -> str:
    return " ".join(content.split()).replace("|", "\\|")


def _fill(project: Path, path: Path, content: str) -> str:
    """The page with its generated part replaced; what people wrote around it stays."""
    page = (project / path).read_text(encoding="utf-8")
    start, end = "<!-- made by `make docs` -->", "<!-- end -->"
    filled, count = re.subn(
        f"{re.escape(start)}.*?{re.escape(end)}",
        lambda _: f"{start}\n{content}\n{end}",
        page,
        flags=re.DOTALL,
    )
    if count != 1:
        raise ValueError(f"{path}: one part between {start} and {end} is expected")
    return filled
