"""The server behind scripts/dev-cluster: prints the shell commands that lead to it, and runs until told to end."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path
from types import FrameType

from support.cluster import running_cluster
from support.installation import copy_installation


def end(signal_number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def main() -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end)
    with tempfile.TemporaryDirectory(prefix="pc-") as folder:
        # An account's temporary folder is closed to others, but the programs are for whoever started this.
        os.chmod(folder, 0o755)
        installation = copy_installation(Path(folder))
        installation.install_extension()
        with running_cluster(installation, template=True) as cluster:
            database = cluster.create_database()
            for name in ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE"):
                print(f"export {name}={database.environment()[name]}")
            print(f'export PATH={installation.bindir}:"$PATH"', flush=True)
            while True:
                signal.pause()


if __name__ == "__main__":
    main()
