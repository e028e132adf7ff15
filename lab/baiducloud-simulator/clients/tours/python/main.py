"""A tour of the Baidu AI Cloud simulator with the official Python SDK: every product that the SDK covers, as a user would."""

import importlib
import json
import sys
import traceback
from pathlib import Path

from check import Stop, counts, report

def main(only):
    here = Path(__file__).parent
    for path in sorted(here.glob("tour_*.py")):
        name = path.stem.removeprefix("tour_")
        if only and name not in only:
            continue
        try:
            importlib.import_module(path.stem).tour()
        except Stop:
            pass
        except Exception:  # a bug of the SDK or of the tour: told, and the next product has its turn
            report(f"{name}: {traceback.format_exc()}")
    print(json.dumps(counts))
    return 1 if counts["failures"] else 0


sys.exit(main(sys.argv[1:]))
