"""What users read, in English and Russian: one YAML per area, `<area>.<key>` names a text.

An entry is `{en: …, ru: …}`; each side is a string, or for an error a mapping of `what`
(what happened) and `fix` (what to do next). Placeholders are `{name}`.
"""

import os
from functools import cache
from pathlib import Path
from typing import Any

import yaml

LANGUAGES = ("en", "ru")
Entry = dict[str, Any]


@cache
def catalogue(area: str) -> dict[str, Entry]:
    """Every entry of one area."""
    path = Path(__file__).with_name(f"{area}.yml")
    entries: dict[str, Entry] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return entries


def language() -> str:
    """The language in force: `KAM_LANG`, English unless it says `ru`."""
    return "ru" if os.environ.get("KAM_LANG", "en").lower().startswith("ru") else "en"


def text(key: str, /, **params: object) -> str:
    """The text `area.key` in the language in force, filled with `params`."""
    area, _, name = key.partition(".")
    side: str = catalogue(area)[name][language()]
    return side.format(**params)


def error_text(key: str, /, **params: object) -> tuple[str, str]:
    """What happened and what to do next, for the error `area.key`."""
    area, _, name = key.partition(".")
    side = catalogue(area)[name][language()]
    return side["what"].format(**params), side["fix"].format(**params)
