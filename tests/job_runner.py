"""Works a queue of tiny tasks off, in a process that tests kill: ``job_runner.py OUT WORKERS``."""

from __future__ import annotations

import sys
from pathlib import Path

from crews import POLICY, crew

from sar_models.jobs import Queue
from sar_models.jobs.supervisor import work_off

if __name__ == "__main__":
    with Queue.open(Path(sys.argv[1])) as queue:
        work_off(queue, crew(queue, int(sys.argv[2])), POLICY)
