"""Puts this directory on the path: pytest's importlib mode does not, and the tests here share `report_evidence`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
