"""Compares the numbers that a notebook recorded with its committed reference; the package's docstring has the format."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

MAIN_KERNEL = "hatlab"


@dataclass
class Comparison:
    """One number; `failure` is empty when it agrees."""

    key: str
    failure: str = ""


def load(path: Path) -> dict[str, dict]:
    """Reads a file of numbers; ValueError when it is none."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as e:
        raise ValueError(f"{path}: {e}") from e
    if not isinstance(entries, dict):
        raise ValueError(f"{path}: want an object of numbers")
    for key, entry in entries.items():
        fields = ("value", "rtol", "atol")
        if not isinstance(entry, dict) or not all(_number(entry.get(f)) for f in fields):
            raise ValueError(f"{path}: {key}: want {{value, rtol, atol}}, finite numbers")
    return entries


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def expected(entry: dict, kernel: str) -> float:
    """The value that this kernel should give."""
    return entry.get("kernels", {}).get(kernel, entry["value"])


def agrees(got: float, want: float, entry: dict) -> bool:
    """Whether got lies within the entry's tolerances of want."""
    return abs(got - want) <= entry["atol"] + entry["rtol"] * abs(want)


def compare(numbers: Path, reference: Path, kernel: str) -> list[Comparison]:
    """Compares two files of numbers, either of which may be missing."""
    try:
        got = load(numbers) if numbers.exists() else {}
        want = load(reference) if reference.exists() else {}
    except ValueError as e:
        return [Comparison("(file)", str(e))]
    update = "scripts/reproduce --update-reference writes it, if the number is right"
    out = []
    for key in sorted(got.keys() | want.keys()):
        if key not in want:
            failure = f"got {got[key]['value']!r}, and there is no reference for it in {reference}; {update}"
        elif key not in got:
            failure = f"expected {expected(want[key], kernel)!r}, and the notebook did not record it"
        else:
            value, target, entry = got[key]["value"], expected(want[key], kernel), want[key]
            failure = ""
            if not agrees(value, target, entry):
                failure = (
                    f"expected {target!r}, got {value!r}: the difference {abs(value - target):.3g} is more than "
                    f"atol {entry['atol']:g} + rtol {entry['rtol']:g} * |expected|"
                )
        out.append(Comparison(key, failure))
    return out


def update(numbers: Path, reference: Path, kernel: str) -> None:
    """Makes what a notebook recorded the reference. A kernel other than the main one only adds what differs."""
    got = load(numbers)
    old = load(reference) if reference.exists() else {}
    new: dict[str, dict] = {}
    for key in sorted(got):
        entry, before = dict(got[key]), old.get(key)
        if kernel == MAIN_KERNEL or before is None:
            others = dict(before.get("kernels", {})) if before else {}
        else:
            value, others = entry["value"], dict(before.get("kernels", {}))
            entry = {**entry, "value": before["value"]}
            others.pop(kernel, None)
            if not agrees(value, before["value"], entry):
                others[kernel] = value
        if others:
            entry["kernels"] = others
        new[key] = entry
    reference.parent.mkdir(parents=True, exist_ok=True)
    temporary = reference.with_suffix(".tmp")
    temporary.write_text(json.dumps(new, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    temporary.replace(reference)
