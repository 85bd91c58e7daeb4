"""The style sheet of report.html. The page says everything without it; here are only widths, colours and paper."""

CSS = """
:root { color-scheme: light dark; --ink: #1c2128; --paper: #fff; --faint: #59636e; --line: #d1d9e0; --link: #0a5cc2;
  --good: #17702f; --bad: #b3261e; --lack: #7d4e00; --known: #1b6b85;
  --good-tint: #e6f4ea; --bad-tint: #fdeceb; --lack-tint: #fdf3dd; --known-tint: #e2f2f7; --box: #f6f8fa; }
@media screen and (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ed; --paper: #10141a; --faint: #9aa5b1; --line: #333c47; --link: #79b8ff;
    --good: #6bd188; --bad: #ff9189; --lack: #e8b84a; --known: #7ccbe6;
    --good-tint: #12301c; --bad-tint: #47191a; --lack-tint: #3a2d0c; --known-tint: #12303b; --box: #181e26; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0 auto; padding: 1.5rem clamp(1rem, 4vw, 3rem) 4rem; max-width: 76rem; color: var(--ink);
  background: var(--paper); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
p { margin: .4rem 0; max-width: 72ch; }
a { color: var(--link); }
code, pre, samp { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: .9em; }
pre { margin: .3rem 0; padding: .5rem .7rem; background: var(--box); border: 1px solid var(--line);
  border-radius: 4px; overflow-x: auto; }
samp, td code, dd code { overflow-wrap: anywhere; }
.outcome { font-size: 1.15rem; font-weight: 600; margin-top: .4rem; }
.code-0 { color: var(--good); } .code-1 { color: var(--bad); } .code-3 { color: var(--lack); }
.note { margin: .75rem 0; padding: .6rem .9rem; border: 1px solid var(--lack); border-left-width: 5px;
  border-radius: 4px; background: var(--lack-tint); font-weight: 600; }
.faint, caption, dt { color: var(--faint); }
nav ul, .legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; padding: 0; margin: .6rem 0; list-style: none; }
.wide { overflow-x: auto; }
.wide:focus-visible, a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
table { border-collapse: collapse; margin: .75rem 0; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .35rem; }
th, td { padding: .2rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
thead th { border-bottom: 2px solid var(--line); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 400; } tbody th.bad { font-weight: 700; }
td.n, th.n { text-align: right; white-space: nowrap; }
.matrix th, .matrix td { padding: 0 .5rem; text-align: center; line-height: 1.75; }
.matrix tbody th { text-align: left; position: sticky; left: 0; background: var(--paper); }
.matrix tbody th.family { font-weight: 600; padding-top: .7rem; color: var(--faint); }
.matrix a { display: block; margin: 0 -.5rem; text-decoration: none; color: inherit; }
.matrix .none { color: var(--faint); }
.good { color: var(--good); } .matrix td.good { background: var(--good-tint); }
.bad { color: var(--bad); } .matrix td.bad { background: var(--bad-tint); font-weight: 700; }
.lack { color: var(--lack); } .matrix td.lack { background: var(--lack-tint); }
.known { color: var(--known); } .matrix td.known { background: var(--known-tint); }
tbody:target, dt:target, article:target { background: var(--lack-tint); }
article { margin: .8rem 0; padding: .7rem .9rem; border: 1px solid var(--line); border-left: 5px solid var(--bad);
  border-radius: 4px; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .1rem 1rem; margin: .4rem 0; }
dd { margin: 0; overflow-wrap: anywhere; }
section > dl { row-gap: .7rem; }
svg { display: block; max-width: none; height: auto; }
svg circle.within { color: var(--good); } svg .bad { color: var(--bad); } svg .known { color: var(--known); }
svg text.within { color: var(--faint); } svg text.bad { font-weight: 600; }
@media (max-width: 40rem) { section > dl { grid-template-columns: minmax(0, 1fr); } dd { margin-bottom: .3rem; }
  th, td { padding: .2rem .4rem; } }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } nav { display: none; }
  a { color: inherit; text-decoration: none; } .wide { overflow: visible; } pre { white-space: pre-wrap; }
  svg { max-width: 100%; } tr, article, dt { break-inside: avoid; } h2, h3, caption { break-after: avoid; }
  td, .note, article { print-color-adjust: exact; } }
"""
"""Contrast of text is at least 4.5 in both schemes; signs differ in shape, so colour only repeats them."""
