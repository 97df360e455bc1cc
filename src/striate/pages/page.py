"""A document as one HTML page that needs nothing else: pictures inside, formulas as MathML.

It can be read with a keyboard and a screen reader: one heading per section in order, a list of sections, a
link past it, captions and heads for every table, a text for every picture, and colours of enough contrast.
"""

from functools import cache
from typing import TYPE_CHECKING

from striate.numbers import number
from striate.pages.document import Block, Document

if TYPE_CHECKING:
    import jinja2


# The one style sheet.

STYLE = """
.striate{color-scheme:light;--sheet:#fff;--ink:#1b1f24;--line:#d5dbe1;--soft:#57606a;--link:#0b57a4;
  --panel:#f7f9fb;--hair:#e6eaee;--rule:#b3bcc6;--over:#eef4fb;--chosen:#dceafa;--cell:#c9d1d9;
  --aside:#eceff2;--a:#fff2b3;--a-line:#7a5c00;--b:#d6e9ff;--c:#d5f0d2;--c-line:#1a6b1a;--page:#fff}
@media screen and (prefers-color-scheme:dark){body.striate{color-scheme:dark;--sheet:#e9ecef;
  --ink:#e3e7eb;--line:#3b434c;--soft:#a3adb8;--link:#7ab8f5;--panel:#1c2127;--hair:#2b3138;
  --rule:#59636e;--over:#1e2a37;--chosen:#21364c;--cell:#4a535d;--aside:#262c33;--a:#4a3d0d;--a-line:#d9b84a;--b:#12365c;--c:#173d1b;--c-line:#6cc070;--page:#14181d}
  html:has(>body.striate){background:#14181d}}
.striate{font:15px/1.5 system-ui,"DejaVu Sans",sans-serif;color:var(--ink);background:var(--page);
  max-width:62rem;margin:0 auto;container-type:inline-size}
.striate.wide{max-width:100rem}
body.striate{padding:1rem;box-sizing:border-box}
.striate h1{font-size:1.55rem;line-height:1.25;margin:0 0 .2rem;overflow-wrap:anywhere}
.striate h2{font-size:1.2rem;line-height:1.3;margin:2rem 0 .7rem;padding-bottom:.25rem;
  border-bottom:2px solid var(--line);overflow-wrap:anywhere}
.striate p{max-width:48rem;margin:.6rem 0}
.striate .note{color:var(--soft)}
.striate a{color:var(--link)}
.striate a:focus,.striate .scroll:focus,.striate tr:focus{outline:3px solid var(--link);outline-offset:-1px}
.striate .skip{position:absolute;left:-999rem}
.striate .skip:focus{position:static}
.striate nav ol{columns:2 18rem;column-gap:3rem;margin:.3rem 0;padding-left:1.4rem}
.striate dl.key{display:flex;flex-wrap:wrap;gap:.6rem;margin:1rem 0}
.striate dl.key div{border:1px solid var(--line);border-radius:8px;padding:.45rem .9rem;
  background:var(--panel);display:flex;flex-direction:column-reverse}
.striate dl.key dt{color:var(--soft);font-size:.8rem;font-weight:400;margin:0}
.striate dl.key dd{font-size:1.12rem;font-weight:600;margin:0;font-variant-numeric:tabular-nums}
.striate .scroll{overflow:auto hidden;margin:.8rem 0}
.striate table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.87rem;margin:0}
.striate caption{text-align:left;font-weight:600;padding:.2rem 0 .3rem;white-space:nowrap;width:0}
@container (max-width:44rem){.striate caption{white-space:normal;width:auto;max-width:100cqw}}
.striate th,.striate td{border:0;border-bottom:1px solid var(--hair);padding:.22rem .6rem;text-align:right;
  vertical-align:top;white-space:nowrap;background:none}
.striate thead th{border-bottom:2px solid var(--rule);vertical-align:bottom;white-space:normal;
  font-weight:600;background:var(--page)}
.striate tbody th{font-weight:600}
.striate th.left,.striate td.left{text-align:left}
.striate .prose{text-align:left}
.striate td.prose{white-space:normal;min-width:16rem;max-width:34rem;color:var(--soft)}
.striate th:first-child,.striate td:first-child{padding-left:.2rem}
.striate tr.strong td,.striate tr.strong th{font-weight:700}
.striate tr.faint td,.striate tr.faint th{color:var(--soft);font-weight:400}
.striate tr[data-row]{cursor:pointer}
.striate tr[data-row]:hover{background:var(--over)}
.striate tr[data-row].chosen{background:var(--chosen)}
.striate .bar{height:5px;border-radius:2px;margin:2px 0 1px auto;min-width:1px}
.striate .square{display:inline-block;width:.7em;height:.7em;border-radius:2px;margin-right:.45em}
.striate ul.notes{margin:.6rem 0;padding-left:1.2rem;color:var(--soft);max-width:60rem}
.striate ul.notes li{margin:.15rem 0;overflow-wrap:anywhere}
.striate .drawing{--soft:#57606a;color:#1b1f24;background:var(--sheet);overflow:auto hidden;
  border:1px solid var(--line);border-radius:8px;padding:.7rem;margin:.8rem 0}
.striate .drawing polygon{stroke:#fff;stroke-width:.6}
.striate .drawing g:hover polygon{stroke:#111}
.striate .drawing svg text{font:10px system-ui,"DejaVu Sans",sans-serif;fill:#3a434d}
.striate .grids{display:flex;flex-wrap:wrap;align-items:center;gap:.6rem}
.striate .grids .part{display:flex;align-items:center;gap:.6rem}
.striate .grids table{font-size:.82rem}
.striate .grids td{border:1px solid var(--cell);padding:.12rem .4rem}
.striate .grids caption{font-weight:400}
.striate .grids td.mark-a{background:var(--a);box-shadow:inset 0 0 0 1px var(--a-line)}
.striate .grids td.mark-b{background:var(--b);box-shadow:inset 0 0 0 1px var(--link)}
.striate .grids td.mark-c{background:var(--c);font-weight:700;box-shadow:inset 0 0 0 2px var(--c-line)}
.striate .grids td.mark-d{color:var(--soft);background:var(--aside)}
.striate .sign{font-size:1.4rem}
.striate figure{margin:.8rem 0}
.striate figure img{box-sizing:border-box;max-width:100%;height:auto;border:1px solid var(--line)}
.striate figure img.pixels{image-rendering:pixelated}
.striate .gallery{display:flex;flex-wrap:wrap;gap:.2rem 1rem;align-items:flex-start}
.striate .gallery figcaption{font-size:.8rem;max-width:16rem;overflow-wrap:anywhere}
.striate figcaption{max-width:48rem;color:var(--soft)}
.striate math{font-size:1.1rem;font-family:"STIX Two Math","Latin Modern Math","Cambria Math",
  "Noto Sans Math","DejaVu Math TeX Gyre",math,"DejaVu Sans",serif}
.striate math mi:not([mathvariant]){text-transform:none;font-style:italic;
  font-family:"STIX Two Text","Latin Modern Roman",Cambria,"DejaVu Serif","Times New Roman",
  "Liberation Serif",serif}
.striate math .root .inside{border-top:1.5px solid;padding:1px .15em 0 .05em;margin-left:-.05em}
.striate .formula{text-align:center;text-wrap:balance;margin:.8rem 0;line-height:2}
.striate dl.terms dt{font-weight:700;margin-top:.5rem}
.striate dl.terms dd{margin-left:1rem;max-width:48rem}
@container (min-width:91rem){.striate.wide .scroll{overflow:visible}
  .striate.wide thead th{position:sticky;top:0}}
@media print{.striate nav{display:none}}
"""


# The one template: a page, and the content that stands in it or in a notebook.

PAGE = """<!DOCTYPE html>
<html lang="{{ document.language }}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ document.title }}</title><style>{{ style | safe }}</style></head>
<body class="striate{{ ' wide' if document.wide }}"><a class="skip" href="#content">
{{- document.labels.skip }}</a>
<main id="content">{{ content | safe }}</main></body></html>
"""

FRAGMENT = """
{%- macro number(value) %}{{ "" if value != value else text_of(value) }}{% endmacro -%}
{%- macro side(column) %}{% if column.left %} class="{{ 'prose' if column.prose else 'left' }}"
{%- endif %}{% endmacro -%}
{%- macro content(cell) %}
{%- if cell.colour and cell.bar is none %}<span class="square" style="background:{{ cell.colour }}"></span>
{%- endif %}{{ cell }}
{%- if cell.bar is not none %}<div class="bar" style="width:
{{- '%.1f' | format(100 * cell.bar) }}%;background:{{ cell.colour }}"></div>{% endif %}{% endmacro -%}
{%- macro table(block) %}<div class="scroll" tabindex="0" role="group" aria-label="{{ block.caption }}">
<table>{% if block.caption %}<caption>{{ block.caption }}</caption>{% endif %}<thead><tr>
{%- for column in block.columns %}<th scope="col"{{ side(column) }}>{{ column.head }}</th>{% endfor -%}
</tr></thead><tbody>
{% for row in block.rows %}{% set n = loop.index0 %}<tr
{%- if n in block.strong %} class="strong"{% elif n in block.faint %} class="faint"{% endif %}
{%- if block.data %} tabindex="0" data-row="{{ block.data[n] }}"{% endif %}>
{%- for cell in row %}{% set column = block.columns[loop.index0] %}
{%- if loop.first %}<th scope="row"{{ side(column) }}>{{ content(cell) }}</th>
{%- else %}<td{{ side(column) }}>{{ content(cell) }}</td>{% endif %}{% endfor %}</tr>
{% endfor %}</tbody></table></div>{% endmacro -%}
{%- macro grid(block) %}<div class="scroll" tabindex="0" role="group" aria-label="{{ block.caption }}">
<p><strong>{{ block.caption }}</strong></p><div class="grids">
{% for matrix in block.matrices %}{% set first = loop.first %}{% set m = loop.index0 %}
<div class="part">
{%- if not first and block.signs %}<span class="sign">{{ block.signs[loop.index0 - 1] }}</span>{% endif %}
<table><caption>{{ block.names[loop.index0] }}</caption><tbody>
{% for line in matrix %}{% set y = loop.index0 %}<tr>{% for value in line %}
{% set colour = block.colour(m, y, loop.index0) %}
<td{% if colour %} class="mark-{{ colour }}"{% endif %}>{{ number(value) }}</td>
{%- endfor %}</tr>{% endfor %}</tbody></table></div>
{% endfor %}</div></div>{% endmacro -%}
{%- macro figure(block) %}<figure><img{% if block.image.tiles() %} class="pixels"{% endif %} src="
{{- block.image.address() }}" alt="{{ block.alt }}">
<figcaption>{{ block.caption }}</figcaption></figure>{% endmacro -%}
{%- macro shown(block) %}{% set kind = kind_of(block) %}
{% if kind == "Paragraph" %}<p>{{ block.text }}</p>
{% elif kind == "KeyFigures" %}<dl class="key">{% for name, value in block.figures -%}
<div><dt>{{ name }}</dt><dd>{{ value }}</dd></div>{% endfor %}</dl>
{% elif kind == "Notes" %}{% if block.lines %}<ul class="notes">{% for line in block.lines -%}
<li>{{ line }}</li>{% endfor %}</ul>{% endif %}
{% elif kind == "Drawing" %}<div class="drawing" role="group" aria-label="{{ block.alt }}" tabindex="0">
{{- block.markup | safe }}</div>
{% elif kind == "Formula" and block.long %}<div class="formula" role="math"
 aria-label="{{ block.maths.text }}">
{%- for piece in block.maths.pieces %}<math displaystyle="true" aria-hidden="true">
{{- piece | safe }}</math> {% endfor -%}</div>
{% elif kind == "Formula" %}<div class="scroll" tabindex="0" role="group"
 aria-label="{{ block.maths.text }}">
<math display="block" alttext="{{ block.maths.text }}">{{ block.maths.markup | safe }}</math></div>
{% elif kind == "Table" %}{{ table(block) }}
{% elif kind == "Grid" %}{{ grid(block) }}
{% elif kind == "Gallery" %}<p><strong>{{ block.caption }}</strong></p><div class="gallery">
{% for one in block.figures %}{{ figure(one) }}{% endfor %}</div>
{% elif kind == "Figure" %}{{ figure(block) }}
{% endif %}{% endmacro -%}
<h1>{{ document.title }}</h1>
{% if document.subtitle %}<p class="note">{{ document.subtitle }}</p>{% endif %}
{% for block in document.lead %}{{ shown(block) }}{% endfor %}
{% if not inside and document.sections | length > 3 %}<nav aria-label="{{ document.labels.contents }}">
<h2>{{ document.labels.contents }}</h2><ol>
{%- for one in document.sections %}<li><a href="#s{{ loop.index }}">{{ one.title }}</a></li>{% endfor -%}
{% if document.glossary %}<li><a href="#glossary">{{ document.glossary_title }}</a></li>{% endif -%}
</ol></nav>{% endif %}
{% for section in document.sections %}
<section aria-label="{{ section.title }}">
<h2{% if not inside %} id="s{{ loop.index }}"{% endif %}>{{ section.title }}</h2>
{% for block in section.blocks %}{{ shown(block) }}{% endfor %}</section>
{% endfor %}
{% if document.glossary and not inside %}<section aria-labelledby="glossary">
<h2 id="glossary">{{ document.glossary_title }}</h2><dl class="terms">
{% for name, text in document.glossary %}<dt>{{ name }}</dt><dd>{{ text }}</dd>{% endfor %}
</dl></section>{% endif %}
{% if document.script %}<script>(root => { {{ document.script | safe }}
})(document.currentScript.closest(".striate"));</script>{% endif %}
"""


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
