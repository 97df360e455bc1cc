"""A document as one HTML page that needs nothing else: pictures inside, formulas as MathML.

It can be read with a keyboard and a screen reader: one heading per section in order, a list of sections, a
link past it, captions and heads for every table, a text for every picture, and colours of enough contrast.
"""

from functools import cache
from typing import TYPE_CHECKING

from striate.numbers import number
from striate.pages.document import Block, Document
from striate.pages.style import STYLE
from striate.pages.template import FRAGMENT, PAGE

if TYPE_CHECKING:
    import jinja2


def page_of(document: Document) -> str:
    """The whole page.

    Args:
        document: what is shown.
    """
    return _template(PAGE).render(document=document, style=STYLE, content=_content(document, inside=False))


def fragment_of(document: Document) -> str:
    """The content for a page that is there already, such as a notebook.

    Args:
        document: what is shown.
    """
    wide = " wide" * document.wide
    content = _content(document, inside=True)
    return f'<style>{STYLE}</style><div class="striate{wide}" lang="{document.language}">{content}</div>'


def _content(document: Document, inside: bool) -> str:
    return _template(FRAGMENT).render(
        document=document, inside=inside, kind_of=_kind, text_of=lambda value: number(float(value))
    )


@cache
def _template(source: str) -> "jinja2.Template":
    import jinja2  # takes a tenth of a second, which only a page should cost

    undefined = jinja2.StrictUndefined
    return jinja2.Environment(autoescape=True, undefined=undefined, trim_blocks=True).from_string(source)


def _kind(block: Block) -> str:
    return type(block).__name__
