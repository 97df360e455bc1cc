"""A comparison as one self-contained page, and as a fragment for notebooks."""

from base64 import b64encode
from functools import cache
from io import BytesIO
from typing import Any

from jinja2 import Environment, Template, select_autoescape
from markupsafe import Markup

from striate.comparing.comparison import Comparison
from striate.comparing.drawing import STYLES, UNKNOWN_STYLE, draw_front, name_of
from striate.comparing.page_template import FRAGMENT, PAGE
from striate.comparing.table import cells_of, heads_of, remarks_of, spread


@cache
def _template(text: str) -> Template:
    return Environment(autoescape=select_autoescape(default=True)).from_string(text)


def page_of(comparison: Comparison) -> str:
    """The page: it needs no other file and no network."""
    return _template(PAGE).render(title=comparison.data, fragment=Markup(fragment_of(comparison)))


def fragment_of(comparison: Comparison) -> str:
    """The plot and the table, to stand in another page."""
    return _template(FRAGMENT).render(_content(comparison))


def _content(comparison: Comparison) -> dict[str, Any]:
    rows = comparison.rows
    return {
        "data": comparison.data,
        "sub": _sub(comparison),
        "alt": "; ".join(f"{name_of(row, rows)} {spread(row.top1)} at {row.macs:,} MACs" for row in rows),
        "picture": _picture(comparison),
        "heads": heads_of(comparison),
        "rows": [
            {
                "cells": cells_of(row, comparison),
                "colour": STYLES.get(row.time, UNKNOWN_STYLE)[0],
                "on_front": row.on_front,
            }
            for row in rows
        ],
        "notes": remarks_of(comparison),
    }


def _sub(comparison: Comparison) -> str:
    backbones = ", ".join(dict.fromkeys(row.backbone for row in comparison.rows))
    frames = ", ".join(dict.fromkeys(str(row.frames) for row in comparison.rows))
    matched = f" · equal {comparison.match}" if comparison.match else ""
    return f"backbone {backbones} · {frames} frames{matched}"


def _picture(comparison: Comparison) -> str:
    file = BytesIO()
    draw_front(comparison, file)
    return f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"
