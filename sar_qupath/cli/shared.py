"""Arguments and words that the commands of ``qupath`` share."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from sar_models.cli.console import stderr, stdout

if TYPE_CHECKING:
    from sar_models.stores.changes import PushPolicy
    from sar_qupath.pushing import PairPlan
    from sar_qupath.store import ProjectStore

ProjectArgument = Annotated[
    Path, typer.Argument(help="QuPath project: project.qpproj, or the folder that holds it.")
]
PublishOption = Annotated[
    Literal["accepted", "low-risk", "all"],
    typer.Option(
        help="Which annotations are published: what was accepted in review or in QuPath, also what "
        "has a low risk, or all. Others wait as an offer in QuPath."
    ),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done; write nothing.")
]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Also what people edited, locked or deleted.")
]
SectionOption = Annotated[
    Literal["serial", "same"],
    typer.Option(help="same: one section restained; only then cells and detections move."),
]
KeepMeasurementsOption = Annotated[
    bool,
    typer.Option(
        "--keep-measurements", help="Keep measurements of the other section, as `source:`."
    ),
]
BackendOption = Annotated[
    Literal["files", "paquo"],
    typer.Option(
        help="files: results wait beside the project until QuPath imports them; paquo: QuPath's "
        "own classes write them now, while QuPath is closed."
    ),
]
_SHOWN = 20


def open_store(project: Path, backend: str, *, force: bool = False) -> ProjectStore:
    """Open a project by the backend that was asked for."""
    from sar_qupath.opening import open_for_writing

    return open_for_writing(project, backend, force=force)


def policy_of(publish: Literal["accepted", "low-risk", "all"], *, force: bool) -> PushPolicy:
    """Return the policy that options stand for."""
    from sar_models.stores.changes import PushPolicy

    return PushPolicy(publish=publish, force=force)


def record_of(pair: PairPlan) -> dict[str, Any]:
    """Return what ``--json`` tells of a pair."""
    actions = Counter(item.action for item in pair.items)
    return {
        "source": {"id": pair.source.id, "slide": pair.source.slide},
        "target": {"id": pair.target.id, "slide": pair.target.slide},
        **{k: v for k, v in pair.summary.items() if k not in ("source", "target", "version")},
        "actions": {name: actions[name] for name in ("create", "update", "keep", "delete")},
        "items": [
            {
                "action": item.action,
                "object": item.key.object_id or "alignment",
                "name": item.label,
                "reason": item.reason,
            }
            for item in pair.items
        ],
        "files": [
            {"action": f.action, "path": str(f.path), "reason": f.reason} for f in pair.files
        ],
        "notes": list(pair.notes),
    }


def tell(pair: PairPlan, *, dry_run: bool) -> None:
    """Tell people what happens to a pair."""
    for note in pair.notes:
        stderr.print(f"Note: {note}", markup=False, soft_wrap=True, highlight=False)
    summary = pair.summary
    head = f"{pair.source.slide} → {pair.target.slide}"
    if summary:
        head += f": {summary['outcome']}, risk {summary['risk']:.2f}; {summary['told']}"
    lines = [head]
    if summary.get("status") == "offered":
        lines.append(
            "  waits for review: open the target in QuPath and run `Import results`, or accept it"
        )
    elif summary.get("status") == "held":
        reason = next((i.reason for i in pair.items if i.action == "keep"), "")
        lines.append(f"  not published{': ' + reason if reason else ''}")
    actions = Counter(item.action for item in pair.items)
    word = "would" if dry_run else "now"
    told = ", ".join(f"{n} {name}" for name, n in actions.items())
    lines.append(f"  {word}: {told or 'nothing'}")
    changed = [item for item in pair.items if item.action != "keep" or "person" in item.reason]
    for item in changed[:_SHOWN]:
        lines.append(f"    {item.action} {item.label or 'alignment'}: {item.reason}")
    if len(changed) > _SHOWN:
        lines.append(f"    and {len(changed) - _SHOWN} more; --json lists all")
    lines += [f"  {f.action} {f.path.name}: {f.reason}" for f in pair.files]
    stdout.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)
