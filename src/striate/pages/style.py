"""The one style sheet."""

STYLE = """
.striate{color-scheme:light;font:15px/1.5 system-ui,"DejaVu Sans",sans-serif;color:#1b1f24;background:#fff;
  max-width:62rem;margin:0 auto;container-type:inline-size}
.striate.wide{max-width:100rem}
body.striate{padding:1rem;box-sizing:border-box}
.striate h1{font-size:1.55rem;line-height:1.25;margin:0 0 .2rem;overflow-wrap:anywhere}
.striate h2{font-size:1.2rem;line-height:1.3;margin:2rem 0 .7rem;padding-bottom:.25rem;
  border-bottom:2px solid #d5dbe1;overflow-wrap:anywhere}
.striate p{max-width:48rem;margin:.6rem 0}
.striate .note{color:#57606a}
.striate a{color:#0b57a4}
.striate a:focus,.striate .scroll:focus,.striate tr:focus{outline:3px solid #0b57a4;outline-offset:-1px}
.striate .skip{position:absolute;left:-999rem}
.striate .skip:focus{position:static}
.striate nav ol{columns:2 18rem;margin:.3rem 0;padding-left:1.4rem}
.striate dl.key{display:flex;flex-wrap:wrap;gap:.6rem;margin:1rem 0}
.striate dl.key div{border:1px solid #d5dbe1;border-radius:8px;padding:.45rem .9rem;background:#f7f9fb;
  display:flex;flex-direction:column-reverse}
.striate dl.key dt{color:#57606a;font-size:.8rem;font-weight:400;margin:0}
.striate dl.key dd{font-size:1.12rem;font-weight:600;margin:0;font-variant-numeric:tabular-nums}
.striate .scroll{overflow:auto hidden;margin:.8rem 0}
.striate table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.87rem;margin:0}
.striate caption{text-align:left;font-weight:600;padding:.2rem 0 .3rem;white-space:nowrap}
@container (max-width:44rem){.striate caption{white-space:normal}}
.striate th,.striate td{border:0;border-bottom:1px solid #e6eaee;padding:.22rem .6rem;text-align:right;
  vertical-align:top;white-space:nowrap;background:none}
.striate thead th{border-bottom:2px solid #b3bcc6;vertical-align:bottom;white-space:normal;
  font-weight:600;background:#fff}
.striate tbody th{font-weight:600}
.striate th.left,.striate td.left{text-align:left}
.striate .prose{text-align:left}
.striate td.prose{white-space:normal;min-width:16rem;max-width:34rem;color:#57606a}
.striate th:first-child,.striate td:first-child{padding-left:.2rem}
.striate tr.strong td,.striate tr.strong th{font-weight:700}
.striate tr.faint td,.striate tr.faint th{color:#57606a;font-weight:400}
.striate tr[data-row]{cursor:pointer}
.striate tr[data-row]:hover{background:#eef4fb}
.striate tr[data-row].chosen{background:#dceafa}
.striate .bar{height:5px;border-radius:2px;margin:2px 0 1px auto;min-width:1px}
.striate .square{display:inline-block;width:.7em;height:.7em;border-radius:2px;margin-right:.45em}
.striate ul.notes{margin:.6rem 0;padding-left:1.2rem;color:#57606a;max-width:60rem}
.striate ul.notes li{margin:.15rem 0;overflow-wrap:anywhere}
.striate .drawing{overflow:auto hidden;border:1px solid #d5dbe1;border-radius:8px;padding:.7rem;
  margin:.8rem 0}
.striate .drawing polygon{stroke:#fff;stroke-width:.6}
.striate .drawing g:hover polygon{stroke:#111}
.striate .drawing svg text{font:10px system-ui,"DejaVu Sans",sans-serif;fill:#3a434d}
.striate .grids{display:flex;flex-wrap:wrap;align-items:center;gap:.6rem}
.striate .grids .part{display:flex;align-items:center;gap:.6rem}
.striate .grids table{font-size:.82rem}
.striate .grids td{border:1px solid #c9d1d9;padding:.12rem .4rem}
.striate .grids caption{font-weight:400}
.striate .grids td.marked{background:#fff2b3;font-weight:700;outline:2px solid #7a5c00}
.striate .sign{font-size:1.4rem}
.striate figure{margin:.8rem 0}
.striate figure img{box-sizing:border-box;max-width:100%;height:auto;border:1px solid #d5dbe1}
.striate figure img.pixels{image-rendering:pixelated}
.striate figcaption{max-width:48rem;color:#57606a}
.striate math{font-size:1.1rem}
.striate dl.terms dt{font-weight:700;margin-top:.5rem}
.striate dl.terms dd{margin-left:1rem;max-width:48rem}
@container (min-width:91rem){.striate.wide .scroll{overflow:visible}
  .striate.wide thead th{position:sticky;top:0}}
@media print{.striate nav{display:none}}
"""
