"""The one template: a page, and the content that stands in it or in a notebook."""

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
{% for matrix in block.matrices %}{% set first = loop.first %}
<div class="part">
{%- if not first and block.signs %}<span class="sign">{{ block.signs[loop.index0 - 1] }}</span>{% endif %}
<table><caption>{{ block.names[loop.index0] }}</caption><tbody>
{% for line in matrix %}{% set y = loop.index0 %}<tr>{% for value in line %}
<td{% if first and block.marked == (y, loop.index0) %} class="marked"{% endif %}>{{ number(value) }}</td>
{%- endfor %}</tr>{% endfor %}</tbody></table></div>
{% endfor %}</div></div>{% endmacro -%}
{%- macro shown(block) %}{% set kind = kind_of(block) %}
{% if kind == "Paragraph" %}<p>{{ block.text }}</p>
{% elif kind == "KeyFigures" %}<dl class="key">{% for name, value in block.figures -%}
<div><dt>{{ name }}</dt><dd>{{ value }}</dd></div>{% endfor %}</dl>
{% elif kind == "Notes" %}{% if block.lines %}<ul class="notes">{% for line in block.lines -%}
<li>{{ line }}</li>{% endfor %}</ul>{% endif %}
{% elif kind == "Drawing" %}<div class="drawing" role="group" aria-label="{{ block.alt }}" tabindex="0">
{{- block.markup | safe }}</div>
{% elif kind == "Formula" %}<div class="scroll" tabindex="0" role="group"
 aria-label="{{ block.maths.text }}">
<math display="block" alttext="{{ block.maths.text }}">{{ block.maths.markup | safe }}</math></div>
{% elif kind == "Table" %}{{ table(block) }}
{% elif kind == "Grid" %}{{ grid(block) }}
{% elif kind == "Figure" %}<figure><img{% if block.image.tiles() %} class="pixels"{% endif %} src="
{{- block.image.address() }}" alt="{{ block.alt }}">
<figcaption>{{ block.caption }}</figcaption></figure>
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
