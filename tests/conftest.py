"""Set before torch is imported: threads that wait for others sleep, so that tests side by side do not starve."""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
