"""`kam doctor`: is everything in order, and if not, what to do."""

from kam_kpi.commands.faults import EXIT_FAILED, leave
from kam_kpi.texts import text

_STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def doctor() -> None:
    """Checks the installation and the deployment; changes nothing."""
    from rich.text import Text

    from kam_kpi.commands import screen
    from kam_kpi.commands.doctor_checks import examine
    from kam_kpi.home import Home

    with screen.console().status(text("cli.doctor_working")):
        findings = list(examine(Home.current()))
    rows: list[list[str | Text]] = []
    for finding in findings:
        detail = Text(finding.detail)
        if finding.fix:
            detail.append(f"\n→ {finding.fix}", style=_STYLES[finding.state])
        state = Text(text(f"cli.state_{finding.state}"), style=_STYLES[finding.state])
        rows.append([text(f"cli.check_{finding.check}"), state, detail])
    columns = [
        screen.name(text("cli.doctor_check")),
        screen.name(""),
        screen.prose(text("cli.doctor_detail")),
    ]
    screen.console().print(screen.table(columns, rows))
    if any(finding.state == "fail" for finding in findings):
        leave(EXIT_FAILED)
