"""Typer commands whose help and usage errors speak the language in force.

`help` and `epilog` of a command, and `help` of its parameters, are keys of `kam_kpi.texts`
(`area.name`); any other text is shown as it is. An epilog is shown as examples.
"""

import re
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import typer
from typer._click import Command, Context, HelpFormatter
from typer._click.exceptions import (
    BadParameter,
    ClickException,
    MissingParameter,
    NoArgsIsHelpError,
    NoSuchOption,
)
from typer.core import TyperCommand, TyperGroup

from kam_kpi.commands.faults import EXIT_FAILED, EXIT_USAGE, show_fault, show_usage_fault
from kam_kpi.texts import text

LAZY = {"demo": "kam_kpi.demo.cli:demo_app"}
"""Groups that are imported when they are called, `module:typer app`; a stub stands for them."""
_KEY = re.compile(r"[a-z]+\.[a-z_]+")


def _localized(value: str | None) -> str | None:
    return text(value) if value and _KEY.fullmatch(value) else value


def _localize(command: Any, ctx: Context) -> None:
    from typer import rich_utils

    rich_utils.ARGUMENTS_PANEL_TITLE = text("cli.arguments")
    rich_utils.OPTIONS_PANEL_TITLE = text("cli.options")
    rich_utils.COMMANDS_PANEL_TITLE = text("cli.commands")
    rich_utils.DEFAULT_STRING = text("cli.default")
    rich_utils.REQUIRED_LONG_STRING = text("cli.required")
    for part in (command, *command.params, *getattr(command, "commands", {}).values()):
        part.help = _localized(part.help)
    option = command.get_help_option(ctx)
    if option is not None:
        option.help = text("cli.help")


def _show_examples(examples: str | None) -> None:
    if examples:
        from rich.panel import Panel
        from rich.text import Text
        from typer import rich_utils

        body = Text("\n".join(examples.strip().splitlines()))
        console = rich_utils._get_rich_console()
        console.print(
            Panel(body, title=text("cli.examples"), title_align="left", border_style="dim")
        )


class KamCommand(TyperCommand):
    """A command with help in the language in force."""

    def get_usage(self, ctx: Context) -> str:
        """The usage line."""
        return super().get_usage(ctx).replace("Usage:", text("cli.usage"), 1)

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Prints the help, then the examples."""
        _localize(self, ctx)
        examples, self.epilog = _localized(self.epilog), None
        super().format_help(ctx, formatter)
        _show_examples(examples)


class KamGroup(TyperGroup):
    """A group of commands with help in the language in force."""

    def get_usage(self, ctx: Context) -> str:
        """The usage line."""
        return super().get_usage(ctx).replace("Usage:", text("cli.usage"), 1)

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Prints the help, then the examples."""
        _localize(self, ctx)
        examples, self.epilog = _localized(self.epilog), None
        super().format_help(ctx, formatter)
        _show_examples(examples)


class RootGroup(KamGroup):
    """The program: loads a heavy group when it is called, and turns faults into exit codes."""

    def resolve_command(
        self, ctx: Context, args: list[str]
    ) -> tuple[str | None, Command | None, list[str]]:
        """Finds the command that `args` begin with."""
        if args and args[0] in LAZY:
            module, _, name = LAZY[args[0]].partition(":")
            group: Any = typer.main.get_command(getattr(import_module(module), name))
            self.commands[args[0]] = group
        return super().resolve_command(ctx, args)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Runs the command line and leaves with its exit code."""
        extra |= {"complete_var": complete_var, "windows_expand_args": windows_expand_args}
        if not standalone_mode:
            return super().main(args, prog_name, standalone_mode=False, **extra)
        try:
            code = super().main(args, prog_name, standalone_mode=False, **extra)
        except NoArgsIsHelpError:
            code = EXIT_USAGE
        except ClickException as fault:
            show_usage_fault(_usage_message(fault), _command_path(fault))
            code = EXIT_USAGE
        except (typer.Abort, BrokenPipeError):
            code = EXIT_FAILED
        except Exception as fault:
            show_fault(fault)
            code = EXIT_FAILED
        raise SystemExit(code or 0)


def _command_path(fault: ClickException) -> str:
    ctx = getattr(fault, "ctx", None)
    return ctx.command_path if ctx else "kam"


def _usage_message(fault: ClickException) -> str:
    if isinstance(fault, NoSuchOption):
        return text("cli.no_such_option", name=fault.option_name)
    if isinstance(fault, MissingParameter):
        return text("cli.missing_parameter", name=_parameter(fault))
    if isinstance(fault, BadParameter):
        return text("cli.bad_parameter", name=_parameter(fault), problem=fault.message)
    if match := re.match(r"No such command '(.*?)'", fault.message):
        return text("cli.no_such_command", name=match[1])
    return fault.message


def _parameter(fault: BadParameter) -> str:
    return fault.param.get_error_hint().strip("'") if fault.param else str(fault.param_hint or "")
