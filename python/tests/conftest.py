"""The worker's modules as the tests import them: from the source tree, without the bootstrap."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
