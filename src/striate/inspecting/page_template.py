"""The page as text with places for what is inspected."""

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,
initial-scale=1">
<title>{{ title }} · striate inspect</title></head>
<body style="margin:0;background:#f4f5f7">{{ fragment }}</body></html>
"""

FRAGMENT = """
<div class="striate">
<style>
.striate{font:14px/1.45 system-ui,sans-serif;color:#1d2329;max-width:1500px;margin:0 auto;padding:20px}
.striate h1{font-size:22px;margin:0 0 2px}.striate h2{font-size:16px;margin:26px 0 8px}
.striate .sub{color:#59636e}
.striate .cards{display:flex;flex-wrap:wrap;gap:10px;margin:14px 0}
.striate .card{background:#fff;border:1px solid #dfe3e8;border-radius:8px;padding:8px 14px}
.striate .card b{display:block;font-size:17px}
.striate .card span{color:#59636e;font-size:12px}
.striate .panel{background:#fff;border:1px solid #dfe3e8;border-radius:8px;padding:12px;overflow-x:auto}
.striate .drawing text{font:10px system-ui,sans-serif;fill:#3a434d}
.striate .drawing polygon{stroke:#fff;stroke-width:.6}
.striate .drawing g:hover polygon{stroke:#111}
.striate .legend i{display:inline-block;width:10px;height:10px;border-radius:2px;margin:0 5px 0 14px}
.striate table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:13px}
.striate th{position:sticky;top:0;background:#fff;text-align:right;font-weight:600;border-bottom:1px solid
#b9c1ca}
.striate th,.striate td{padding:3px 8px;white-space:nowrap}
.striate td{text-align:right;border-bottom:1px solid #eef0f3}
.striate th:nth-child(-n+2),.striate td:nth-child(-n+2){text-align:left}
.striate tr.row{cursor:pointer}.striate tr.row:hover{background:#eef4fb}.striate tr.on{background:#dceafa}
.striate .bar{height:5px;border-radius:2px;margin-top:2px;margin-left:auto}
.striate .views{display:flex;flex-wrap:wrap;gap:10px}
.striate .views svg{background:#e8ebee;border-radius:4px;overflow:visible}
.striate .views rect.in{fill:#ffd40033;stroke:#d62f2f;stroke-width:2;vector-effect:non-scaling-stroke}
.striate .views .unseen{opacity:.25}
.striate .notes{color:#59636e;font-size:12px;white-space:normal;max-width:520px}
</style>
<h1>{{ network }}</h1><div class="sub">input {{ input }}</div>
<div class="cards">{% for name, value in cards %}<div class="card"><b>{{ value }}</b><span>{{ name
}}</span></div>{% endfor %}
</div>
<h2>Architecture</h2>
<div class="panel">{{ drawing }}
<div class="legend sub">{% for name, colour in legend %}<i style="background:{{ colour }}"></i>{{ name }}{%
endfor %}
 &nbsp; heights follow the image, widths the channels; frames stand behind one another, one thick piece
mixes frames</div>
</div>
{% if size %}
<h2>What a unit sees</h2>
<div class="panel"><div class="sub" data-told>Choose a layer in the table.</div><br>
<div class="views">{% for frame in frames %}
<svg data-frame="{{ frame }}" viewBox="0 0 {{ size[1] }} {{ size[0] }}"
 width="{{ [[size[1], 90 if frames|length > 1 else 280]|max, 180 if frames|length > 1 else 420]|min }}">
{% if pictures %}<image href="{{ pictures[frame] }}" width="{{ size[1] }}" height="{{ size[0] }}"/>{% endif %}
<rect class="in" width="0" height="0"/></svg>{% endfor %}</div></div>
{% endif %}
<h2>Layers</h2>
<div class="panel"><table><thead><tr><th>layer</th><th>kind</th><th>output</th><th>filters ·
kernels</th><th>parameters</th>
<th>receptive field</th><th>jump</th><th>MACs</th>{% if timed %}<th>time</th>{% endif
%}<th>remarks</th></tr></thead><tbody>
{% for row in rows %}<tr class="row" data-box="{{ row.box }}"><td>{{ row.name }}</td>
<td><span style="color:{{ row.colour }}">■</span> {{ row.kind }}</td><td>{{ row.output }}</td><td>{{
row.kernels }}</td>
<td>{{ row.formula }}<div class="bar" style="width:{{ '%.1f'|format(row.held_bar)
}}%;background:#4c9a5b"></div></td>
<td>{{ row.field }}</td><td>{{ row.jump }}</td>
<td style="min-width:110px">{{ row.macs }}<div class="bar" style="width:{{ '%.1f'|format(row.macs_bar)
}}%;background:#3f7cc4">
</div></td>
{% if timed %}<td style="min-width:90px">{{ row.time }}<div class="bar"
 style="width:{{ '%.1f'|format(row.time_bar) }}%;background:#d9822b"></div></td>{% endif %}
<td class="notes">{{ row.notes }}</td></tr>
{% endfor %}</tbody></table></div>
<script>
(() => {
  const root = document.currentScript.closest('.striate');
  const rows = [...root.querySelectorAll('tr.row')], told = root.querySelector('[data-told]');
  const show = row => {
    rows.forEach(other => other.classList.toggle('on', other === row));
    const box = JSON.parse(row.dataset.box), name = row.cells[0].textContent;
    if (!told) return;
    if (!box) { told.textContent = name + ' does not see the input'; return; }
    const span = a => box[a][2] + ' … ' + box[a][3] + (box[a][0] === box[a][2] && box[a][1] === box[a][3] ?
'' :
      ' (in the image ' + box[a][0] + ' … ' + box[a][1] + ')');
    told.textContent = name + ', unit ' + box.unit + ' (' + box.status + '): ' +
      ['T', 'H', 'W'].filter(a => box[a]).map(a => a + ' ' + span(a)).join(', ');
    root.querySelectorAll('svg[data-frame]').forEach(svg => {
      const t = +svg.dataset.frame, seen = !box.T || (t >= box.T[0] && t <= box.T[1]);
      const rect = svg.querySelector('rect');
      svg.classList.toggle('unseen', !seen);
      const w = seen ? box.W[1] - box.W[0] + 1 : 0, h = seen ? box.H[1] - box.H[0] + 1 : 0;
      rect.setAttribute('x', box.W[0]); rect.setAttribute('y', box.H[0]);
      rect.setAttribute('width', Math.max(w, 0)); rect.setAttribute('height', Math.max(h, 0));
    });
  };
  rows.forEach(row => row.addEventListener('click', () => show(row)));
  if (rows.length) show(rows[{{ first }}]);
})();
</script>
</div>
"""
