"""The page of a comparison, as text with places for what is compared."""

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }} · striate compare</title></head>
<body style="margin:0;background:#f4f5f7">{{ fragment }}</body></html>
"""

FRAGMENT = """
<div class="striate">
<style>
.striate{font:14px/1.45 system-ui,sans-serif;color:#1d2329;max-width:1300px;margin:0 auto;padding:20px}
.striate h1{font-size:22px;margin:0 0 2px}.striate h2{font-size:16px;margin:26px 0 8px}
.striate .sub{color:#59636e}
.striate .panel{background:#fff;border:1px solid #dfe3e8;border-radius:8px;padding:12px;overflow-x:auto}
.striate img{display:block;max-width:100%;margin:0 auto}
.striate table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:13px}
.striate th{text-align:right;font-weight:600;border-bottom:1px solid #b9c1ca;vertical-align:bottom}
.striate th,.striate td{padding:4px 9px}.striate td{white-space:nowrap}
.striate td{text-align:right;border-bottom:1px solid #eef0f3}
.striate th:first-child,.striate td:first-child{text-align:left}
.striate td .unit{color:#59636e;font-size:12px}
.striate .on td:first-child{font-weight:600}
.striate .mark{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:7px}
.striate ul{margin:10px 0 0;padding-left:20px;color:#59636e}
</style>
<h1>Ways through time on {{ data }}</h1>
<div class="sub">{{ sub }}</div>
<h2>Accuracy over cost</h2>
<div class="panel"><img alt="{{ alt }}" src="{{ picture }}"></div>
<h2>The table</h2>
<div class="panel"><table>
<thead><tr>{% for head in heads %}<th scope="col">{{ head }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in rows %}<tr{% if row.on_front %} class="on"{% endif %}>
{%- for cell in row.cells %}<td>{% if loop.first %}
<span class="mark" style="background:{{ row.colour }}"></span>{% endif %}{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table>
<ul>{% for note in notes %}<li>{{ note }}</li>{% endfor %}</ul></div>
</div>
"""
