import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{a}from"./chunk-YQNST44I.js";var r=`
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #1c2128; --soft: #5a6472; --line: #e3e7ec; --axis: #9aa4b0;
  --bar: #7ba3d8; --accent: #0b5cad; --track: #e9edf2; --link: #0b5cad;
  --error: #b42318; --error-page: #fdf0ee; --warning: #8a5300; --warning-page: #fdf5e4; --good: #1a7f37;
  --other: #a8b0ba;
  --class-1: #3b76c4; --class-2: #e0812f; --class-3: #4f9d69; --class-4: #c25a8b;
  --class-5: #8a6fd1; --class-6: #b59a1f; --class-7: #3aa5ad; --class-8: #a0603c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e1116; --card: #171b22; --ink: #e6eaf0; --soft: #9aa5b4; --line: #2a313b; --axis: #66707d;
    --bar: #4674ab; --accent: #6cb2ff; --track: #262d37; --link: #6cb2ff;
    --error: #ff8a7d; --error-page: #2c1715; --warning: #e5b454; --warning-page: #2a2112; --good: #57c273;
    --other: #6b7480;
    --class-1: #5b93de; --class-2: #ec9a52; --class-3: #68b783; --class-4: #d67ba6;
    --class-5: #a48de6; --class-6: #cdb544; --class-7: #55bfc7; --class-8: #c0805c;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; -webkit-text-size-adjust: 100%; }
main { max-width: 1080px; margin: 0 auto; padding: 28px 20px 56px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 40px 0 4px; }
h3 { font-size: 16px; margin: 0; overflow-wrap: anywhere; }
p { margin: 0 0 12px; } .soft, .lead { color: var(--soft); } .lead { max-width: 70ch; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
code { font: 0.92em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
p code, li code { background: var(--track); border-radius: 4px; padding: 0.05em 0.3em; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 10px; margin: 20px 0 0; padding: 0; }
.facts div { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 10px 14px; }
.facts dt { color: var(--soft); font-size: 13px; } .facts dd { margin: 0; font-size: 21px; font-weight: 600; font-variant-numeric: tabular-nums; }
.facts small { display: block; font-size: 12.5px; font-weight: 400; color: var(--soft); line-height: 1.35; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px 18px; margin: 12px 0; scroll-margin-top: 12px; }
.findings { list-style: none; padding: 0; margin: 12px 0 0; display: grid; gap: 8px; }
.findings li { border-left: 4px solid var(--axis); background: var(--card); border-radius: 0 10px 10px 0; padding: 9px 14px; overflow-wrap: anywhere; }
.findings b { margin-right: 6px; }
.findings .error { border-color: var(--error); background: var(--error-page); } .error > b { color: var(--error); }
.findings .warning { border-color: var(--warning); background: var(--warning-page); } .warning > b { color: var(--warning); }
.clear { color: var(--good); }
.head { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 10px; margin-bottom: 2px; }
.back { margin-left: auto; font-size: 12.5px; } .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 12px; align-items: start; } .cards .card { margin: 0; } .legend + .cards { margin-top: 12px; }
.chip { font-size: 12px; line-height: 1.5; color: var(--soft); border: 1px solid var(--line); border-radius: 99px; padding: 0 9px; white-space: nowrap; }
.chip.error { color: var(--error); border-color: var(--error); } .chip.warning { color: var(--warning); border-color: var(--warning); }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); gap: 14px 28px; margin-top: 12px; }
figure { margin: 0; min-width: 0; } figcaption { font-size: 13px; color: var(--soft); margin-bottom: 4px; overflow-wrap: anywhere; }
svg { display: block; width: 100%; max-width: 470px; height: auto; font-family: inherit; } svg text { font-family: inherit !important; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 500; color: var(--soft); font-size: 12.5px; padding: 4px 10px 4px 0; vertical-align: bottom; }
td { padding: 4px 10px 4px 0; border-top: 1px solid var(--line); vertical-align: middle; }
td:last-child, th:last-child { padding-right: 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.name { overflow-wrap: anywhere; min-width: 7em; } .whole { white-space: nowrap; } .wide { width: 38%; min-width: 70px; } .number + .wide { padding-left: 8px; }
.bar { display: block; height: 9px; border-radius: 3px; background: var(--track); overflow: hidden; position: relative; }
.bar i { position: absolute; top: 0; bottom: 0; background: var(--bar); border-radius: 3px; } .bar.accent i { background: var(--accent); }
.bar.middle::after { content: ""; position: absolute; left: 50%; top: 0; bottom: 0; width: 1px; background: var(--axis); }
.bar.interval { overflow: visible; } .bar.interval b { position: absolute; top: -2px; width: 3px; height: 13px; margin-left: -1.5px; border-radius: 2px; background: var(--ink); }
.bar.interval.good i { background: var(--good); } .bar.interval.bad i { background: var(--error); } .chip.clear { border-color: var(--good); }
.pair { display: grid; gap: 2px; } .pair .bar { height: 7px; } .pair .bar:first-child i { background: var(--other); }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 13px; color: var(--soft); margin: 6px 0 0; }
.legend span::before { content: ""; display: inline-block; width: 10px; height: 10px; border-radius: 3px; background: var(--swatch); margin-right: 6px; }
.stats { display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 12px 0 0; padding: 0; font-size: 13.5px; }
.stats div { display: flex; gap: 6px; } .stats dt { color: var(--soft); } .stats dd { margin: 0; font-variant-numeric: tabular-nums; }
.cell { display: block; border-radius: 4px; padding: 2px 6px; background: color-mix(in srgb, var(--tint) var(--shade), transparent); }
details { margin-top: 10px; } summary { cursor: pointer; color: var(--link); font-size: 13.5px; } summary:hover { text-decoration: underline; }
footer { margin-top: 44px; border-top: 1px solid var(--line); padding-top: 14px; font-size: 13px; color: var(--soft); }
footer li { margin: 3px 0; }
@media (max-width: 600px) {
  main { padding: 18px 12px 40px; } .card { padding: 13px 13px; } h1 { font-size: 22px; }
  .facts { grid-template-columns: 1fr 1fr; } .roomy { display: none; } .loose { white-space: normal; }
}
@media print { body { background: none; } .column { break-inside: avoid; } }
`;function d(e,o){return["<!doctype html>",'<html lang="en">',"<head>",'<meta charset="utf-8">','<meta name="viewport" content="width=device-width, initial-scale=1">',`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,'<meta name="referrer" content="no-referrer">',`<title>${a(e)}</title>`,`<style>${r}</style>`,"</head>","<body>","<main>",...o.filter(i=>i!==""),"</main>","</body>","</html>",""].join(`
`)}export{d as a};
