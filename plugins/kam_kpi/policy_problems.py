"""What is wrong with a policy file, in words: version, key, and what may stand there."""

import json
from collections import Counter
from datetime import date
from itertools import pairwise
from typing import Any

from pydantic import ValidationError

from kam_kpi.parameters import Parameter, parameters, section_of
from kam_kpi.policy import PolicyVersion
from kam_kpi.texts import text


def policy_problems(raw: Any, fault: ValidationError) -> str:
    """One line per problem of the file's content `raw`, which pydantic refused with `fault`."""
    lines = [_problem(raw, error) for error in fault.errors() if error["loc"]]
    return "\n".join(dict.fromkeys(lines)) or "\n".join(_problems_of_order(raw))


def _problem(raw: Any, error: Any) -> str:
    if len(error["loc"]) < 2:  # beside or instead of the list of versions
        return _of_file(text("policy.no_versions"))
    _, number, *path = error["loc"]
    parts = [str(part) for part in path if isinstance(part, str)]
    if error["type"] == "value_error":  # a section whose keys are well each: its only one is meant
        parts += error["input"]
    key = ".".join(parts) or text("policy.whole_version")
    return _of_version(_version(raw, number), key, _why(parts, error))


def _why(parts: list[str], error: Any) -> str:
    kind, value = error["type"], _shown(error["input"])
    if kind == "extra_forbidden":
        return text("policy.unknown_key", keys=_keys(parts[:-1]))
    if kind == "missing":
        return text("policy.missing")
    if kind == "model_type":
        return text("policy.not_a_section", value=value, keys=_keys(parts))
    if parts[0] == "version":
        return text("policy.not_a_name", value=value)
    if parts[0] == "valid_from":
        return text("policy.not_a_day", value=value)
    if parts[0] == "aging":
        held = error["input"]["buckets"] if error["type"] == "value_error" else error["input"]
        return text("policy.bad_buckets", value=_shown(held))
    if parts[-1] == "unpaid_absences":
        return text("policy.bad_words", value=value)
    return allowed(parameters()[".".join(parts)], value)


def allowed(parameter: Parameter, value: str) -> str:
    """That `value` is not possible for a parameter, and what is."""
    if parameter.choices:
        return text("policy.not_a_choice", value=value, choices=", ".join(parameter.choices))
    return text("policy.out_of_range", value=value, low=parameter.low, high=parameter.high)


def _keys(parts: list[str]) -> str:
    """The keys that there are in a version, or in a section of it."""
    section = section_of(parts[0]) if parts else PolicyVersion
    return ", ".join(section.model_fields) if section else ""


def _problems_of_order(raw: Any) -> list[str]:
    """Versions that are valid each, but do not follow each other."""
    if not isinstance(raw, dict):
        return [_of_file(text("policy.no_versions"))]
    starts = [
        (_version(raw, number), _as_day(version["valid_from"]))
        for number, version in enumerate(raw["versions"])
    ]
    lines = [
        _of_version(name, "valid_from", text("policy.not_a_first", value=day))
        for name, day in starts
        if day.day != 1
    ]
    names = Counter(name for name, _ in starts)
    lines += [
        _of_version(name, "version", text("policy.same_name"))
        for name, count in names.items()
        if count > 1
    ]
    for (other, other_from), (name, day) in pairwise(starts):
        if day == other_from:
            problem = text("policy.overlap", value=day, other=other)
            lines.append(_of_version(name, "valid_from", problem))
        elif day < other_from:
            problem = text("policy.unordered", value=day, other=other, other_from=other_from)
            lines.append(_of_version(name, "valid_from", problem))
    return lines


def _as_day(value: Any) -> date:
    return PolicyVersion(version="1", valid_from=value).valid_from


def _version(raw: Any, number: int) -> str:
    """The name of a version, or its place in the file."""
    version = raw["versions"][number]
    name = version.get("version") if isinstance(version, dict) else None
    return str(name) if name else text("policy.unnamed", number=number + 1)


def _of_version(version: str, key: str, problem: str) -> str:
    return text("policy.problem", version=version, key=key, problem=problem)


def _of_file(problem: str) -> str:
    return text("policy.problem_of_file", problem=problem)


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
