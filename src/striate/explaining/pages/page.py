"""A document as one HTML page that needs nothing else: pictures inside, formulas as MathML, no script.

It can be read with a keyboard and a screen reader: one heading per section in order, a list of sections, a
link past it, captions and heads for every table, a text for every picture, and colours of enough contrast.
"""

import math
from functools import cache

import jinja2

from striate.explaining.explanation import Explanation
from striate.explaining.pages.document import Document, Figure, Formula, Grid, Paragraph, Table
from striate.explaining.pages.drawing import data_uri
from striate.explaining.pages.maths import number
from striate.explaining.pages.writing import document_of

STYLE = """
:root { color-scheme: light }
.striate { font: 16px/1.55 system-ui, "DejaVu Sans", sans-serif; color: #1b1b1b; background: #fff }
body.striate { max-width: 62rem; margin: 0 auto; padding: 1rem }
.striate h1 { font-size: 1.6rem; line-height: 1.25 } .striate h2 { font-size: 1.25rem; margin-top: 2.2rem;
  border-bottom: 2px solid #d0d7de; padding-bottom: .2rem }
.striate .scroll { overflow: auto hidden; margin: .8rem 0; padding: .2rem 0 }
.striate table { border-collapse: collapse; font-variant-numeric: tabular-nums }
.striate caption { text-align: left; font-weight: 600; padding: .2rem 0; white-space: nowrap }
.striate th, .striate td { border: 1px solid #c4ccd4; padding: .15rem .5rem; text-align: right }
.striate thead th { background: #eef1f4 } .striate tbody th { text-align: left; font-weight: 600 }
.striate thead th:first-child { text-align: left }
.striate .grids { display: flex; flex-wrap: wrap; align-items: center; gap: .6rem }
.striate .grids table { font-size: .85rem } .striate .grids caption { font-weight: 400 }
.striate .sign { font-size: 1.4rem } .striate td.marked { background: #fff2b3; font-weight: 700;
  outline: 2px solid #7a5c00 }
.striate figure { margin: .8rem 0 } .striate figure img { max-width: 100%; image-rendering: pixelated;
  border: 1px solid #c4ccd4 }
.striate figcaption { max-width: 46rem } .striate math { font-size: 1.1rem }
.striate a { color: #0b57a4 } .striate a:focus, .striate .scroll:focus { outline: 3px solid #0b57a4 }
.striate .skip { position: absolute; left: -999rem } .striate .skip:focus { position: static }
.striate dt { font-weight: 700; margin-top: .5rem } .striate .note { color: #444 }
@media print { .striate nav { display: none } }
"""

FRAGMENT = """
{%- macro cell(value) %}{{ "" if value != value else number(value) }}{% endmacro -%}
{%- set words = document.labels -%}
<h1>{{ document.title }}</h1>
<p class="note">{{ words.page }}</p>
{% if not inside %}<nav aria-label="{{ words.contents }}"><h2>{{ words.contents }}</h2><ol>
{%- for one in document.sections %}<li><a href="#s{{ loop.index }}">{{ one.title }}</a></li>{% endfor -%}
{% if document.glossary %}<li><a href="#glossary">{{ document.glossary_title }}</a></li>{% endif -%}
</ol></nav>{% endif %}
{% for section in document.sections %}
<section aria-labelledby="s{{ loop.index }}"><h2 id="s{{ loop.index }}">{{ section.title }}</h2>
{% for block in section.blocks %}{% set kind = kind_of(block) %}
{% if kind == "Paragraph" %}<p>{{ block.text }}</p>
{% elif kind == "Formula" %}<div class="scroll" tabindex="0" role="group" aria-label="{{ block.maths.text }}">
<math display="block" alttext="{{ block.maths.text }}">{{ block.maths.markup | safe }}</math></div>
{% elif kind == "Table" %}<div class="scroll" tabindex="0" role="group" aria-label="{{ block.caption }}">
<table><caption>{{ block.caption }}</caption><thead><tr>
{%- for head in block.heads %}<th scope="col">{{ head }}</th>{% endfor %}</tr></thead><tbody>
{% for row in block.rows %}<tr><th scope="row">{{ row[0] }}</th>
{%- for value in row[1:] %}<td>{{ value }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table></div>
{% elif kind == "Grid" %}<div class="scroll" tabindex="0" role="group" aria-label="{{ block.caption }}">
<p><strong>{{ block.caption }}</strong></p><div class="grids">
{% for matrix in block.matrices %}{% set first = loop.first %}
{% if not first and block.signs %}<span class="sign">{{ block.signs[loop.index0 - 1] }}</span>{% endif %}
<table><caption>{{ block.names[loop.index0] }}</caption><tbody>
{% for line in matrix %}{% set y = loop.index0 %}<tr>{% for value in line %}
<td{% if first and block.marked == (y, loop.index0) %} class="marked"{% endif %}>{{ cell(value) }}</td>
{%- endfor %}</tr>{% endfor %}</tbody></table>
{% endfor %}</div></div>
{% elif kind == "Figure" %}<figure><img src="{{ picture(block.picture) }}" alt="{{ block.alt }}">
<figcaption>{{ block.caption }}</figcaption></figure>
{% endif %}{% endfor %}</section>
{% endfor %}
{% if document.glossary and not inside %}<section aria-labelledby="glossary">
<h2 id="glossary">{{ document.glossary_title }}</h2><dl>
{% for name, text in document.glossary %}<dt>{{ name }}</dt><dd>{{ text }}</dd>{% endfor %}
</dl></section>{% endif %}
"""

PAGE = """<!DOCTYPE html>
<html lang="{{ document.language }}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ document.title }}</title><style>{{ style | safe }}</style></head>
<body class="striate"><a class="skip" href="#content">{{ document.labels.skip }}</a>
<main id="content">{{ content | safe }}</main></body></html>
"""

Shown = Paragraph | Formula | Table | Grid | Figure


def page_of(explanation: Explanation, language: str) -> str:
    """The whole page."""
    document = document_of(explanation, language)
    content = _fragment(document, inside=False)
    return _template(PAGE).render(document=document, style=STYLE, content=content)


def fragment_of(explanation: Explanation, language: str) -> str:
    """The content for a page that is there already, such as a notebook."""
    document = document_of(explanation, language)
    content = _fragment(document, inside=True)
    return f'<style>{STYLE}</style><div class="striate" lang="{document.language}">{content}</div>'


def _fragment(document: Document, inside: bool) -> str:
    return _template(FRAGMENT).render(
        document=document, inside=inside, kind_of=_kind, number=_number, picture=data_uri
    )


@cache
def _template(source: str) -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(source)


def _kind(block: Shown) -> str:
    return type(block).__name__


def _number(value: float) -> str:
    return "" if math.isnan(value) else number(float(value), 4)
