"""Data Docs show the last result of every suite, to whoever opens the file, and do not grow."""

import re
from html.parser import HTMLParser
from pathlib import Path

import duckdb

from kam_kpi.quality import data_docs
from kam_kpi.quality.duckdb_datasource import open_duckdb
from kam_kpi.quality.suite import RelationSuite, is_known_value, no_rows
from kam_kpi.quality.validate import validate

SCRIPT = "<script>alert(1)</script>"


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name in ("href", "src") and value]


def read(page: Path) -> _Links:
    links = _Links()
    links.feed(page.read_text(encoding="utf-8"))
    return links


def judge(file: Path, run_id: str, part: str = "shop", state: str = "new") -> None:
    rule = no_rows("is_cheap", "Cheap.", "select state, amount from {batch} where amount > 5")
    late = no_rows("is_late", "Late.", "select id from {batch}", "warn")
    spec = RelationSuite(
        "shop.orders", "Orders.", (is_known_value("state", [state]), rule, late), name=f"{part}.all"
    )
    with open_duckdb(file) as session:
        data_docs.keep(part, validate(session, [spec]), run_id)
    data_docs.build()


def text_of(page: Path) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.read_text(encoding="utf-8")))


def test_the_first_page_leads_to_every_result(home: Path, file: Path) -> None:
    judge(file, "r1")
    judge(file, "r1", part="store")
    index = home / "data_docs" / "index.html"
    pages = [index.parent / link for link in read(index).links if "validations" in link]
    assert sorted(page.name for page in pages) == ["shop.orders.html"] * 2
    told = text_of(pages[0])
    assert "state is one of: new. " in told
    assert "Cheap." in told
    assert "Late. (warning)" in told
    assert "Status: Failed" in re.sub(" +", " ", told)
    back = [link for link in read(pages[0]).links if link.endswith("index.html")]
    assert {(pages[0].parent / link).resolve() for link in back} == {index}


def test_pages_need_nothing_from_other_hosts(home: Path, file: Path) -> None:
    judge(file, "r1")
    for page in (home / "data_docs").rglob("*.html"):
        found = read(page)
        assert not [link for link in found.links if "//" in link]
        assert "script" not in found.tags


def test_a_later_run_replaces_the_results_of_an_earlier_one(home: Path, file: Path) -> None:
    judge(file, "r1", part="store")
    judge(file, "r1")
    before = sorted(str(p) for p in (home / "data_docs").rglob("*") if p.is_file())
    for run in ("r2", "r3"):
        judge(file, run)
    after = sorted(str(p) for p in (home / "data_docs").rglob("*") if p.is_file())
    assert len(after) == len(before)
    told = text_of(home / "data_docs" / "index.html")
    assert "r3" in told
    assert "r2" not in told
    assert "r1" in told, "the other part's last result stays"


def test_values_of_the_data_are_never_markup(home: Path, file: Path) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute("update shop.orders set state = ?", [SCRIPT])
    judge(file, "r1")
    pages = list((home / "data_docs").rglob("*.html"))
    assert not any(SCRIPT in page.read_text(encoding="utf-8") for page in pages)
    assert any("&lt;script&gt;alert(1)" in page.read_text(encoding="utf-8") for page in pages)
