"""The figures as a table, as Markdown and as JSON, and whether the goals are met."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Goal:
    """JupyterHub's figure divided by Perijove's, or the other way where more is better, is to reach this."""

    times: float


@dataclass
class Row:
    what: str
    unit: str
    #: By name of the side; a side that the row does not concern is left out.
    figures: dict[str, float]
    goal: Goal | None = None
    more_is_better: bool = False

    @property
    def ratio(self) -> float:
        """How many times better Perijove is."""
        theirs, ours = self.figures["JupyterHub"], self.figures["Perijove"]
        return ours / theirs if self.more_is_better else theirs / ours

    @property
    def met(self) -> bool | None:
        return None if self.goal is None else self.ratio >= self.goal.times


@dataclass
class Report:
    rows: list[Row] = field(default_factory=list)
    #: What must be true beside the figures: a sentence and whether it is.
    checks: list[tuple[str, bool]] = field(default_factory=list)
    #: What was seen of the others.
    notes: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return all(row.met is not False for row in self.rows) and all(held for _, held in self.checks)

    def table(self) -> str:
        """A Markdown table that is aligned, so that it reads well on a terminal too."""
        sides = ["JupyterHub", "Perijove", "nginx"]
        lines = [["", *sides, "ratio", "goal", ""]]
        for row in self.rows:
            cells = [_number(row.figures.get(side), row.unit) for side in sides]
            goal = f"≥ {row.goal.times:g}×" if row.goal else ""
            verdict = "" if row.met is None else "pass" if row.met else "FAIL"
            lines.append([row.what, *cells, f"{row.ratio:.1f}×", goal, verdict])
        widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
        rendered = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines]
        rendered.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
        notes = [f"- {'pass' if held else 'FAIL'}: {sentence}" for sentence, held in self.checks]
        notes += [f"- {note}" for note in self.notes]
        return "\n".join([*rendered, "", *notes, ""])

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "results.md").write_text(self.table())
        rows = [
            {"what": r.what, "unit": r.unit, "figures": r.figures, "ratio": r.ratio, "goal": r.goal and r.goal.times, "met": r.met}
            for r in self.rows
        ]
        machine = {"cores": os.cpu_count(), "system": platform.platform(), "load": os.getloadavg()}
        checks = [{"what": sentence, "held": held} for sentence, held in self.checks]
        found = {"machine": machine, "rows": rows, "checks": checks, "notes": self.notes}
        (folder / "results.json").write_text(json.dumps(found, indent=1) + "\n")


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    digits = 0 if value >= 100 else 1 if value >= 10 else 3
    return f"{value:.{digits}f} {unit}"
