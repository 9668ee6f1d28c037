"""One measurement in a process of its own: ``python -m benchmarks.worker JOB``, where JOB is JSON.

The job names the workload, the implementation, the round, the file for the result, and the clock at the process's start;
the result, one JSON object, is written under another name and renamed, so that a file that is there is whole.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from .machine import Watch
from .workloads import find


def main(job: dict[str, Any]) -> None:
    """Do the job and write its result."""
    workload = find(job["workload"], job["quick"], job["rows"])
    implementation = next(one for one in workload.implementations if one.name == job["implementation"])
    watch = Watch(job["born"])
    path = Path(job["result"])
    result = workload.run(implementation, job["round"], watch, path.parent)
    result = {"implementation": implementation.name, "version": implementation.version, "round": job["round"], **result}
    part = path.with_suffix(".part")
    part.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    os.replace(part, path)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
