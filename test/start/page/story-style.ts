/** The stylesheet of a story's page: one column on a phone, light and dark by the reader's system, no web font. */
export const STORY_STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #1c2128; --soft: #59636f; --line: #e1e5ea; --axis: #c3cad2; --link: #0b5cad;
  --good: #1a7f37; --good-page: #e9f6ec; --bad: #b42318; --bad-page: #fdf0ee; --neutral: #8a5300; --neutral-page: #fdf5e4;
  --lane: #dfe8f5; --lane-ink: #1f4c85; --lane-live: #0b5cad; --lane-live-ink: #ffffff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e1116; --card: #171b22; --ink: #e6eaf0; --soft: #9aa5b4; --line: #2a313b; --axis: #404955; --link: #6cb2ff;
    --good: #57c273; --good-page: #12251a; --bad: #ff8a7d; --bad-page: #2c1715; --neutral: #e5b454; --neutral-page: #2a2112;
    --lane: #1d2b3e; --lane-ink: #a8cbf5; --lane-live: #2f6fb5; --lane-live-ink: #ffffff;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; -webkit-text-size-adjust: 100%; }
main { max-width: 860px; margin: 0 auto; padding: 36px 20px 56px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 6px; overflow-wrap: anywhere; }
h2 { font-size: 20px; margin: 48px 0 4px; }
h3 { font-size: 17px; margin: 0; }
p { margin: 0 0 10px; } .soft { color: var(--soft); } .lead { font-size: 17px; max-width: 62ch; } .small { font-size: 13.5px; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
code { font: 0.9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.good { --tone: var(--good); --tone-page: var(--good-page); } .bad { --tone: var(--bad); --tone-page: var(--bad-page); } .neutral { --tone: var(--neutral); --tone-page: var(--neutral-page); }
.facts { display: grid; grid-template-columns: repeat(4, 1fr); gap: 10px; margin: 22px 0 0; }
.facts div { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 11px 14px; }
.facts dt { color: var(--soft); font-size: 13px; } .facts dd { margin: 0; font-size: 22px; font-weight: 600; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.facts small { display: block; font-size: 12.5px; font-weight: 400; color: var(--soft); line-height: 1.35; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 18px; margin: 12px 0 0; }
.scores { display: grid; grid-template-columns: auto auto minmax(120px, 1fr) auto auto; column-gap: 16px; }
.score { display: grid; grid-template-columns: subgrid; grid-column: 1 / -1; align-items: center; padding: 6px 0; } .score + .score { border-top: 1px solid var(--line); }
.plot { position: relative; height: 26px; padding: 0; }
.plot::before { content: ""; position: absolute; left: 0; right: 0; top: 50%; height: 1px; background: var(--line); }
.plot i { position: absolute; top: 50%; height: 4px; margin-top: -2px; border-radius: 2px; background: var(--tone); opacity: 0.35; }
.plot b { position: absolute; top: 50%; width: 11px; height: 11px; margin: -5.5px 0 0 -5.5px; border-radius: 50%; background: var(--tone); }
.value { font-variant-numeric: tabular-nums; font-weight: 600; text-align: right; }
.axis { display: flex; justify-content: space-between; font-size: 12px; color: var(--soft); font-variant-numeric: tabular-nums; }
.chip { display: inline-block; font-size: 12.5px; line-height: 1.6; color: var(--tone, var(--soft)); background: var(--tone-page, none); border-radius: 99px; padding: 0 10px; white-space: nowrap; }
.number { display: inline-flex; align-items: center; justify-content: center; width: 26px; height: 26px; border-radius: 50%; font-size: 13.5px; font-weight: 600; color: var(--tone); background: var(--tone-page); border: 1.5px solid var(--tone); }
a.number:hover { text-decoration: none; filter: brightness(0.95); }
.chapters { list-style: none; margin: 14px 0 0; padding: 0; }
.chapter { position: relative; padding: 0 0 26px 44px; scroll-margin-top: 14px; }
.chapter::before { content: ""; position: absolute; left: 12.5px; top: 26px; bottom: 0; width: 1.5px; background: var(--line); }
.chapter:last-child::before { display: none; } .chapter > .number { position: absolute; left: 0; top: 0; }
.chapter h3 { line-height: 26px; margin-bottom: 4px; } .chapter h3 small { font-weight: 400; font-size: 13px; color: var(--soft); margin-left: 6px; }
.outcome { border-left: 4px solid var(--tone); background: var(--tone-page); border-radius: 0 10px 10px 0; padding: 9px 14px; margin: 10px 0; overflow-wrap: anywhere; }
.links { display: flex; flex-wrap: wrap; gap: 7px; margin: 10px 0; padding: 0; list-style: none; }
.links a { display: block; background: var(--card); border: 1px solid var(--line); border-radius: 9px; padding: 4px 11px; } .links a:hover { border-color: var(--link); text-decoration: none; }
.links small { color: var(--soft); margin-left: 5px; }
.runs { display: grid; gap: 3px; margin: 10px 0 0; padding: 0; list-style: none; font-size: 13.5px; color: var(--soft); }
.runs .mark { display: inline-block; width: 1.3em; color: var(--tone); font-weight: 600; }
.lanes { display: grid; gap: 6px 3px; align-items: stretch; min-width: min-content; font-size: 12.5px; }
.lanes .name { color: var(--soft); padding: 5px 8px 5px 0; } .lanes .when { color: var(--soft); font-size: 11.5px; font-variant-numeric: tabular-nums; min-width: 62px; }
.lanes .held { background: var(--lane); color: var(--lane-ink); border-radius: 7px; padding: 5px 8px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; min-width: 0; }
.lanes .held.live { background: var(--lane-live); color: var(--lane-live-ink); font-weight: 600; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 500; color: var(--soft); font-size: 12.5px; padding: 4px 14px 4px 0; }
td { padding: 7px 14px 7px 0; border-top: 1px solid var(--line); vertical-align: baseline; white-space: nowrap; } td:last-child, th:last-child { padding-right: 0; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 11px 14px; overflow-x: auto; margin: 10px 0 0; font: 13px/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
@media (max-width: 640px) {
  main { padding: 22px 14px 40px; } h1 { font-size: 25px; } .facts { grid-template-columns: 1fr 1fr; } .card { padding: 12px 13px; }
  .scores { display: block; } .score { grid-template: "number label value" "number plot plot" "number verdict verdict" / auto 1fr auto; column-gap: 12px; padding: 10px 0; }
  .score .number { grid-area: number; align-self: start; } .score .label { grid-area: label; } .score .value { grid-area: value; } .score .plot { grid-area: plot; } .score .verdict { grid-area: verdict; }
  .chapter { padding-left: 38px; }
}
@media print { body { background: none; } .chapter { break-inside: avoid; } }
`;
