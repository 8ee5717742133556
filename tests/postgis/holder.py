"""A process that uses the cluster of a directory, run by the tests beside their own.

Says the URL, then stays until its input ends or Ctrl-C comes.
"""

import contextlib
import sys
from pathlib import Path

from gridsvc.postgis import private_cluster

with contextlib.suppress(KeyboardInterrupt), private_cluster(Path(sys.argv[1])) as url:
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()
    sys.stdin.read()
    sys.exit(0)
sys.exit(130)
