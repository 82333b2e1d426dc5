"""`python -m kam_kpi.docs`: writes the pages that changed and prints which."""

from kam_kpi import PROJECT
from kam_kpi.commands.screen import lines
from kam_kpi.docs.pages import write_pages
from kam_kpi.texts import text

if __name__ == "__main__":
    changed = write_pages(PROJECT)
    lines(
        *(text("docs.written", page=page) for page in changed) if changed else [text("docs.same")]
    )
