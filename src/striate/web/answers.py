"""Answers as JSON that every browser reads."""

import json
import re
from contextlib import suppress
from typing import Any


def json_of(found: Any) -> str:
    """Without nan and infinity, which JSON has none of."""
    with suppress(ValueError):
        return json.dumps(found, allow_nan=False, separators=(",", ":"))
    text = json.dumps(found, separators=(",", ":"))
    return re.sub(r"(?<=[\[,:])(-?Infinity|NaN)(?=[\],}])", "null", text)
