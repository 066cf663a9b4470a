"""What goes wrong on purpose, and the journal of what was written."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any, Literal

Action = Literal["drop", "lose", "hold", "refuse", "security", "expire", "delay", "kill"]


@dataclass
class Rule:
    """One fault that waits for its call.

    Attributes
    ----------
    operations : tuple of str
        ``"IUpdate.saveAndReturnObject"``, ``"RawPixelsStore"``, ``"writes"`` or ``"any"``.
    skip : int
        How many such calls pass before it strikes.
    times : int
        How often it strikes.
    """

    action: Action
    operations: tuple[str, ...]
    skip: int = 0
    times: int = 1
    seconds: float = 0.0
    struck: int = 0

    def strikes(self, service: str, operation: str, writes: bool) -> bool:
        """Count a call; return whether this one is hit."""
        names = {service, f"{service}.{operation}", *(["writes"] if writes else [])}
        if service != "Router":  # clients call it behind every new proxy
            names.add("any")
        if not names & set(self.operations) or self.struck >= self.times:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.struck += 1
        return True


@dataclass
class Faults:
    """The rules in force, the calls so far, and the write calls in order."""

    rules: list[Rule] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)
    writes: list[dict[str, Any]] = field(default_factory=list)
    held: int = 0
    _lock: threading.Condition = field(default_factory=threading.Condition)
    _released: int = 0

    def hit(self, service: str, operation: str, writes: bool, after: bool) -> list[Rule]:
        """Return the rules that strike a call, before it works or after."""
        with self._lock:
            if not after:
                name = f"{service}.{operation}"
                self.calls[name] = self.calls.get(name, 0) + 1
            late = ("lose", "hold")
            return [
                rule
                for rule in self.rules
                if (rule.action in late) == after and rule.strikes(service, operation, writes)
            ]

    def note_write(self, record: dict[str, Any]) -> None:
        """Add a write to the journal."""
        with self._lock:
            self.writes.append(record)
            self._lock.notify_all()

    def hold(self) -> None:
        """Wait until somebody releases."""
        with self._lock:
            self.held += 1
            self._lock.notify_all()
            before = self._released
            self._lock.wait_for(lambda: self._released > before)
            self.held -= 1

    def wait_held(self, seconds: float) -> bool:
        """Wait until a call is held; return whether one is."""
        with self._lock:
            return self._lock.wait_for(lambda: self.held > 0, seconds)

    def release(self) -> None:
        """Let go whatever is held, and forget all rules."""
        with self._lock:
            self.rules.clear()
            self._released += 1
            self._lock.notify_all()


def delay(rule: Rule) -> None:
    """Take a while."""
    time.sleep(rule.seconds)
