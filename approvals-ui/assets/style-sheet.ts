/** The site's style sheet: system fonts, light and dark, from 320 to 1440 pixels and more. */
export const styleSheet = `
:root {
  color-scheme: light dark;
  --paper: #f4f6f6; --card: #ffffff; --ink: #17211f; --muted: #55635f; --line: #dce3e1; --line-strong: #b9c5c2;
  --accent: #0d5c63; --accent-ink: #ffffff; --accent-hover: #0a474d; --link: #0b5f72; --focus: #0b74c4;
  --done: #1b7343; --done-soft: #e4f3ea;
  --running: #1e5bb8; --running-soft: #e4edfb;
  --waiting: #8a5300; --waiting-soft: #fdf0d8;
  --failed: #b3261e; --failed-soft: #fce8e6;
  --stopped: #5d4a8a; --stopped-soft: #eeeaf7;
  --idle: #5c6966; --idle-soft: #f4f6f6;
  --shadow: 0 1px 2px rgb(20 40 40 / 6%), 0 4px 16px rgb(20 40 40 / 5%);
  --mono: ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #101615; --card: #182120; --ink: #e6edeb; --muted: #a0afab; --line: #2a3735; --line-strong: #455552;
    --accent: #6cc9c4; --accent-ink: #06201f; --accent-hover: #8cdad6; --link: #7fcbe0; --focus: #7cc0ff;
    --done: #6fd39a; --done-soft: #16301f;
    --running: #8fb9ff; --running-soft: #172843;
    --waiting: #f1bd62; --waiting-soft: #352813;
    --failed: #ff9d94; --failed-soft: #2e1817;
    --stopped: #c3b1f2; --stopped-soft: #2a2340;
    --idle: #93a29e; --idle-soft: #141c1b;
    --shadow: none;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 400 1rem/1.55 -apple-system, "Segoe UI", Roboto, Ubuntu, Cantarell, "Noto Sans", "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: break-word;
}
main { max-width: 76rem; margin: 0 auto; padding: 1.75rem 1.25rem 4rem; outline: none; }
.narrow { max-width: 50rem; margin: 0 auto; }
h1 { font-size: clamp(1.45rem, 1.2rem + 1.1vw, 1.95rem); line-height: 1.2; letter-spacing: -0.018em; font-weight: 650; margin: 0 0 .6rem; overflow-wrap: anywhere; text-wrap: balance; unicode-bidi: isolate; }
h2 { overflow-wrap: anywhere; font-size: 1.02rem; line-height: 1.35; font-weight: 650; margin: 0 0 .8rem; letter-spacing: -0.005em; }
h3 { font-size: .9rem; font-weight: 650; margin: 1.2rem 0 .4rem; }
p, .paragraph { margin: 0 0 .75rem; }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: .18em; }
a:hover { text-decoration-thickness: 2px; }
code, pre { font-family: var(--mono); font-size: .88em; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 4px; }
.muted { color: var(--muted); font-size: .9rem; }
.long { overflow-wrap: anywhere; }
.together { display: inline-block; }
.unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 1rem; top: -4rem; background: var(--card); padding: .5rem .9rem; border-radius: 0 0 8px 8px; z-index: 2; }
.skip:focus { top: 0; }

.bar { background: var(--card); border-bottom: 1px solid var(--line); }
.bar-inside { max-width: 76rem; margin: 0 auto; padding: .55rem 1.25rem; display: flex; flex-wrap: wrap; align-items: center; gap: .35rem 1.6rem; min-height: 3.5rem; }
.brand { display: inline-flex; align-items: center; gap: .5rem; font-weight: 700; letter-spacing: -0.015em; font-size: 1.08rem; color: var(--ink); text-decoration: none; }
.mark-1 { fill: var(--accent); } .mark-2 { fill: var(--accent); opacity: .5; }
.bar nav { display: flex; gap: .3rem; margin-right: auto; }
.bar nav a { color: var(--muted); text-decoration: none; padding: .35rem .65rem; border-radius: 7px; font-weight: 550; }
.bar nav a:hover { background: var(--paper); color: var(--ink); }
.bar nav a[aria-current] { color: var(--ink); background: var(--paper); box-shadow: inset 0 0 0 1px var(--line); }
.person { display: flex; flex-wrap: wrap; align-items: center; gap: .2rem .35rem; font-size: .92rem; }
.person form { margin: 0; }
.person-name { display: inline-flex; align-items: center; gap: .4rem; font-weight: 600; margin-right: .4rem; }
.tag { display: inline-block; font-size: .72rem; font-weight: 650; letter-spacing: .03em; color: var(--muted); border: 1px solid var(--line-strong); border-radius: 5px; padding: 0 .4rem; margin-left: .35rem; line-height: 1.5; }
.person-name .tag { margin-left: 0; }
.tag.good { color: var(--done); border-color: currentColor; } .tag.bad { color: var(--failed); border-color: currentColor; }
.packages > li { margin: 0 0 .45rem; overflow-wrap: anywhere; }
.quiet { font: inherit; font-size: .9rem; background: none; border: 0; color: var(--link); padding: .35rem .45rem; border-radius: 6px; cursor: pointer; text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: .18em; }
.quiet:hover { background: var(--paper); }

.crumb { margin: 0 0 .35rem; font-size: .9rem; color: var(--muted); }
.title-row { display: flex; flex-wrap: wrap; align-items: flex-start; justify-content: space-between; gap: .3rem 1rem; }
.title-row h1 { flex: 1 1 18rem; }
.title-row .chip { margin-top: .3rem; }
.change-line { display: flex; flex-wrap: wrap; gap: .1rem 1rem; color: var(--muted); margin: 0 0 .5rem; font-size: .95rem; overflow-wrap: anywhere; }
.change-line strong { color: var(--ink); font-weight: 600; }
.summary { unicode-bidi: isolate; overflow-wrap: anywhere; font-size: 1.06rem; margin: 0 0 1.4rem; }
.columns { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.1rem; align-items: start; margin-top: 1.2rem; }
.column { display: grid; gap: 1.1rem; grid-template-columns: minmax(0, 1fr); align-content: start; }
@media (min-width: 60rem) { .columns { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 1.4rem; } .column { gap: 1.4rem; } }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.15rem 1.25rem 1.2rem; box-shadow: var(--shadow); min-width: 0; }
.card > :last-child { margin-bottom: 0; }

.chip { display: inline-flex; align-items: center; gap: .4rem; font-size: .88rem; font-weight: 600; border-radius: 1rem; padding: .16rem .7rem .16rem .4rem; min-width: 0; overflow-wrap: anywhere; }
.chip.is-done { background: var(--done-soft); color: var(--done); }
.chip.is-running { background: var(--running-soft); color: var(--running); }
.chip.is-waiting { background: var(--waiting-soft); color: var(--waiting); }
.chip.is-failed { background: var(--failed-soft); color: var(--failed); }
.chip.is-stopped { background: var(--stopped-soft); color: var(--stopped); }
.chip.is-idle { background: var(--idle-soft); color: var(--idle); }
.icon { flex: none; display: block; overflow: visible; }

.sign circle { fill: var(--card); stroke-width: 1.5; }
.sign path { fill: none; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; stroke: var(--card); }
.sign.is-done circle { fill: var(--done); stroke: var(--done); }
.sign.is-failed circle { fill: var(--failed); stroke: var(--failed); }
.sign.is-stopped circle { fill: var(--stopped); stroke: var(--stopped); } .sign.is-stopped path { fill: var(--card); }
.sign.is-waiting circle { stroke: var(--waiting); } .sign.is-waiting path { stroke: var(--waiting); }
.sign.is-running circle { fill: var(--running); stroke: var(--running); } .sign.is-running path { fill: var(--card); stroke-width: 1; }
.sign.is-idle circle { fill: none; stroke: var(--line-strong); }

.graph { --axis: 20px; max-width: 36rem; }
.graph-row { display: flex; }
.cell { position: relative; flex: none; width: 15px; }
.place { position: relative; flex: 1; min-width: 0; padding: 8px 0; }
.node { display: flex; gap: .6rem; align-items: flex-start; border: 1.5px solid var(--line-strong); border-radius: 10px; padding: .42rem .8rem .42rem calc(var(--axis) - 8px - 1.5px); background: var(--card); font-size: .9rem; line-height: 1.4; }
.node .icon { margin-top: calc(.7em - 8px); }
.node.is-timeless { width: fit-content; border-radius: 1.3rem; }
.node-text { flex: 1; min-width: 0; display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 .8rem; overflow-wrap: anywhere; }
.node-name { flex: 1 1 auto; min-width: 0; font-weight: 600; }
.node-detail { min-width: 0; font-size: .85rem; color: var(--muted); }
.node.is-idle { background: var(--idle-soft); border-style: dashed; }
.node.is-idle .node-name { color: var(--muted); font-weight: 500; }
.node.is-done { border-color: var(--done); background: var(--done-soft); } .node.is-done .node-detail { color: var(--done); }
.node.is-running { border-color: var(--running); background: var(--running-soft); } .node.is-running .node-detail { color: var(--running); }
.node.is-waiting { border-color: var(--waiting); background: var(--waiting-soft); } .node.is-waiting .node-detail { color: var(--waiting); }
.node.is-failed { border-color: var(--failed); background: var(--failed-soft); } .node.is-failed .node-detail { color: var(--failed); }
.node.is-stopped { border-color: var(--stopped); background: var(--stopped-soft); } .node.is-stopped .node-detail { color: var(--stopped); }
.line { position: absolute; color: var(--line-strong); border: 0 solid; }
.line.is-taken { color: var(--done); z-index: 1; }
.line.is-from-above { left: calc(var(--axis) - 1px); top: -8px; height: 15px; border-left-width: 2px; }
.line.is-through { left: 6px; top: 0; bottom: 0; border-left-width: 2px; }
.line.is-corner-down { left: 6px; right: 0; top: calc(50% - 1px); bottom: 0; border-left-width: 2px; border-top-width: 2px; border-top-left-radius: 9px; }
.line.is-corner-up { left: 6px; right: 0; top: 0; bottom: calc(50% - 1px); border-left-width: 2px; border-bottom-width: 2px; border-bottom-left-radius: 9px; }
.line.is-across, .line.is-out, .line.is-in { left: 0; right: 0; top: calc(50% - 1px); border-top-width: 2px; }
.line.is-from-above::after, .line.is-in::after { content: ""; position: absolute; border: 4.5px solid transparent; }
.line.is-from-above::after { left: -5.5px; bottom: -3px; border-top: 6px solid; border-bottom: 0; }
.line.is-in::after { right: -1px; top: -5.5px; border-left: 6px solid; border-right: 0; }
@media (prefers-reduced-motion: no-preference) {
  .node.is-running { animation: breathe 2.4s ease-in-out infinite; }
  @keyframes breathe { 50% { border-color: color-mix(in srgb, var(--running) 35%, transparent); } }
}
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .3rem 1rem; padding: .9rem 0 0; margin: 1rem 0 0; border-top: 1px solid var(--line); font-size: .84rem; color: var(--muted); }
.legend li { display: inline-flex; align-items: center; gap: .4rem; }

.rows { list-style: none; margin: 1rem 0 0; padding: 0; display: grid; grid-template-columns: minmax(0, 1fr); gap: .75rem; }
.row { position: relative; display: flex; flex-wrap: wrap; justify-content: space-between; align-items: flex-start; gap: .5rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: .95rem 1.15rem; box-shadow: var(--shadow); }
.row > div { flex: 1 1 16rem; min-width: 0; }
.row h2 { margin: 0 0 .15rem; overflow-wrap: anywhere; unicode-bidi: isolate; }
.row h2 a { color: var(--ink); text-decoration: none; }
.row h2 a::after { content: ""; position: absolute; inset: 0; border-radius: 12px; }
.row h2 a:focus-visible { outline: none; }
.row:focus-within:has(:focus-visible) { outline: 3px solid var(--focus); outline-offset: 2px; }
.row:hover { border-color: var(--line-strong); }
.row:hover h2 a { text-decoration: underline; }
.row p { margin: 0; }
.row form { margin: .3rem 0 0 -.45rem; }
.rows + .card, .empty + .card, .calendar + .card { margin-top: 1.25rem; }
.pager { display: flex; gap: 1.2rem; align-items: center; justify-content: center; margin-top: 1.4rem; }
.empty { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 2.2rem 1.5rem; text-align: center; margin-top: 1rem; color: var(--muted); }
.empty p { max-width: 34rem; margin: 0 auto; }
.empty-title { color: var(--ink); font-weight: 650; font-size: 1.08rem; padding-bottom: .35rem; }

.locks { margin: 1rem 0 1.6rem; display: grid; gap: .75rem; }
.frozen { margin: 0 0 .5rem; }
.locks-of { padding: .95rem 1.15rem 1.05rem; }
.locks-of h3 { margin: 0 0 .55rem; font-size: .95rem; overflow-wrap: anywhere; }
.locks-of > div { display: grid; grid-template-columns: minmax(0, 1fr); gap: .9rem 1.6rem; }
@media (min-width: 40rem) { .locks-of > div { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); } }
.lock h4 { margin: 0 0 .15rem; font-size: .82rem; font-weight: 650; letter-spacing: .03em; color: var(--muted); }
.lock p { margin: 0; overflow-wrap: anywhere; }
.queue { list-style: none; margin: .55rem 0 0; padding: .55rem 0 0; border-top: 1px solid var(--line); display: grid; gap: .55rem; }
.lock-entry { display: grid; grid-template-columns: 16px minmax(0, 1fr); gap: .6rem; }
.lock-entry > .icon { margin-top: .3rem; }
.lock-entry a { font-weight: 600; overflow-wrap: anywhere; unicode-bidi: isolate; }

.live { margin-top: 1rem; display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; }
.live h2, .live h3, .live h4, .live p { margin: 0; }
.live h3 { font-size: 1rem; }
.live h4 { font-size: .82rem; font-weight: 650; letter-spacing: .03em; color: var(--muted); margin-bottom: .15rem; }
.live .change-line, .live .facts + .muted { margin: 0; }
.live-title { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .3rem 1rem; }
.live-title h2 { font-size: 1.15rem; }
.live-environments { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; }
@media (min-width: 52rem) { .live-environments { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 1.2rem; } }
.live-environment { display: flex; flex-direction: column; gap: .55rem; min-width: 0; background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: .85rem 1rem 1rem; }
.live-commit { font-weight: 600; overflow-wrap: anywhere; unicode-bidi: isolate; }
.live-lock { margin-top: auto; padding-top: .6rem; border-top: 1px solid var(--line); }
.live .live-notice { margin: 0; padding: .7rem .9rem; font-size: .92rem; overflow-wrap: anywhere; }
.live .live-notice h4 { color: var(--ink); font-size: .95rem; letter-spacing: 0; }
.live .live-notice ul { margin: .2rem 0 .5rem; padding-left: 1.1rem; }
.live .live-notice ul:last-child { margin-bottom: 0; }
.live .lock-entry p { overflow-wrap: anywhere; }
.live-next ol { display: grid; grid-template-columns: minmax(0, 1fr); gap: .6rem; margin-top: .4rem; }
.search { display: flex; flex-wrap: wrap; align-items: center; gap: .3rem .5rem; margin: 0 0 .6rem; }
.search input { flex: 1 1 14rem; }
.title-row > search { flex: 0 1 24rem; min-width: 0; }
.searched { margin: .4rem 0 0; }
.lineage { margin: 1.6rem 0; } .lineage > .card { margin: .8rem 0; } .lineage > h3 { margin-top: 1rem; } .lineage .card h3 { margin: 0 0 .6rem; font-size: 1.05rem; color: var(--ink); } .lineage .facts + .muted { margin: .8rem 0 0; font-size: .92rem; }
.gaps { margin: .3rem 0 0; padding-left: 1.1rem; overflow-wrap: anywhere; }

.facts { display: grid; grid-template-columns: minmax(0, 1fr); margin: 0; gap: 0; }
.facts dt { color: var(--muted); font-size: .88rem; }
.facts dd { margin: 0 0 .6rem; min-width: 0; overflow-wrap: anywhere; }
@media (min-width: 30rem) { .facts { grid-template-columns: 7rem minmax(0, 1fr); gap: .45rem 1rem; } .facts dt { line-height: 1.55rem; } .facts dd { margin: 0; } }
.message { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; border-left: 3px solid var(--line-strong); padding-left: .85rem; max-height: 18rem; overflow: auto; }
.comment { display: block; quotes: none; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; color: var(--ink); border-left: 3px solid var(--line-strong); padding-left: .7rem; margin-top: .35rem; }
.outcomes, .decisions, .attempts, .denials, .commits, .makers, .files, .plain { list-style: none; margin: 0; padding: 0; }
.outcomes { margin-top: .9rem; display: grid; grid-template-columns: minmax(0, 1fr); gap: .45rem; }
.outcomes li { display: flex; flex-wrap: wrap; align-items: center; gap: .2rem .7rem; }
.commits, .makers { display: grid; grid-template-columns: minmax(0, 1fr); gap: .7rem; overflow-wrap: anywhere; }
.commits .message { margin: .35rem 0 0; font-size: .93rem; max-height: 9rem; }
.files { display: grid; gap: .2rem; font-size: .93rem; }
.files li { display: grid; grid-template-columns: minmax(4.4rem, auto) minmax(0, 1fr); gap: .5rem; align-items: baseline; }
.change { font-size: .84rem; font-weight: 600; color: var(--muted); }
.change.is-added { color: var(--done); } .change.is-removed { color: var(--failed); }
details .commits, details .makers, details .files, details .outcomes { margin-top: .5rem; }
.facts + .notice, .facts + .muted { margin: 1rem 0 0; }
ins { text-decoration: none; font-weight: 600; }
a.primary { display: inline-flex; align-items: center; justify-content: center; }
.decisions li, .attempts li { display: grid; grid-template-columns: 16px minmax(0, 1fr); gap: .75rem; padding: .5rem 0; }
.decisions li > .icon, .attempts li > .icon { margin-top: .3rem; }
.attempts li { position: relative; padding: .38rem 0; }
.attempts li:not(:last-child)::before { content: ""; position: absolute; left: 7.25px; top: 1.9rem; bottom: -.45rem; width: 1.5px; background: var(--line); }
.attempts strong, .decisions strong { font-weight: 600; }
.denials { color: var(--ink); font-size: .93rem; }
.alarms { list-style: none; margin: 0 0 1rem; padding: 0; } .alarms li { display: grid; grid-template-columns: 16px minmax(0, 1fr); gap: .75rem; padding: .3rem 0; overflow-wrap: anywhere; } .alarms li > .icon { margin-top: .3rem; }
.soak-card, .fired-alarms { margin-bottom: 1.1rem; } .soak-card .buttons { display: flex; flex-wrap: wrap; margin-bottom: 0; } .soak-card .buttons > * { flex: 0 1 auto; } .soak-card .buttons .muted { flex-basis: 100%; margin: 0; }
.soak-card progress { width: 100%; height: .6rem; accent-color: var(--running); margin: 0 0 .9rem; }
.fired-alarm { margin: 0 0 1.2rem; } .fired-alarm:last-child, .fired-alarm > :last-child { margin-bottom: 0; } .fired-alarm figcaption { overflow-wrap: anywhere; margin-bottom: .6rem; }
.alarm-graph { display: block; width: 100%; max-width: 30rem; height: auto; background: var(--paper); border: 1px solid var(--line); border-radius: 8px; margin-bottom: .5rem; }
.alarm-graph .axis { stroke: var(--line-strong); } .alarm-graph .threshold { stroke: var(--waiting); stroke-width: 1.5; stroke-dasharray: 5 4; } .alarm-graph .within { fill: var(--running); } .alarm-graph .breaching { fill: var(--failed); } .alarm-graph .label { fill: var(--muted); font-size: 11px; }

.notice { border: 1px solid var(--line-strong); border-left-width: 4px; border-radius: 10px; padding: .95rem 1.1rem; margin: 0 0 1.1rem; background: var(--card); min-width: 0; }
.column > .notice { margin: 0; }
.notice > :last-child { margin-bottom: 0; }
.notice-title { font-weight: 650; margin-bottom: .3rem; }
.notice.is-good { border-color: var(--done); background: var(--done-soft); }
.notice.is-warning { border-color: var(--waiting); background: var(--waiting-soft); }
.notice.is-bad { border-color: var(--failed); background: var(--failed-soft); }
.notice.is-info { border-color: var(--running); }
.cause pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.cause { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .75rem .9rem; margin: .4rem 0 .9rem; max-height: 24rem; overflow: auto; line-height: 1.45; }
summary { cursor: pointer; padding: .15rem 0; }
details.given, details.given > summary { display: inline; }
details.given > summary { list-style: none; padding: 0; } details.given > summary::-webkit-details-marker { display: none; }
details.given[open] > summary .beginning, details[open] > summary .show-all, details:not([open]) > summary .show-less { display: none; }
.show-all, .show-less { color: var(--link); font-size: .85rem; font-weight: 400; text-decoration: underline; text-underline-offset: .18em; }
details.whole-title { display: block; margin: 0 0 .6rem; }
details.whole-title[open] > bdi { display: block; margin-top: .25rem; color: var(--muted); }
.row details { position: relative; z-index: 1; }
.stop { margin: -.6rem 0 1.4rem; } .stop .danger, .buttons > a { display: inline-flex; align-items: center; justify-content: center; }
.stop .danger { min-height: 2.4rem; font-size: .92rem; }
.primary:disabled { background: var(--idle-soft); color: var(--muted); border-color: var(--line-strong); cursor: not-allowed; }
.redrive-card > .redrive, .redrive-card > dl + p { margin-top: 1.1rem; }
.careful strong { color: var(--waiting); }
.redrive { display: flex; flex-wrap: wrap; align-items: center; gap: .6rem 1rem; margin: 0; }

label { display: block; font-weight: 600; margin-bottom: .3rem; }
label .muted { font-weight: 400; }
textarea, select, input[type="text"], input[type="date"], input[type="datetime-local"], input[type="search"] { width: 100%; box-sizing: border-box; font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--idle); border-radius: 8px; padding: .6rem .75rem; resize: vertical; }
textarea { min-height: 5rem; }
select, input[type="text"], input[type="date"], input[type="datetime-local"] { margin-bottom: .9rem; }
.buttons { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 8rem), 1fr)); gap: .75rem; margin: .9rem 0 .8rem; }
.primary, .danger { font: inherit; font-weight: 650; min-height: 2.9rem; padding: .5rem min(1.2rem, 4vw); border-radius: 9px; cursor: pointer; border: 1.5px solid transparent; text-align: center; text-decoration: none; }
.primary { background: var(--accent); color: var(--accent-ink); }
.primary:hover { background: var(--accent-hover); }
.danger { background: none; color: var(--failed); border-color: var(--failed); }
.danger:hover { background: var(--failed-soft); }
.sign-in { max-width: 30rem; padding-top: clamp(1.5rem, 8vh, 5rem); }
.sign-in .brand { margin-bottom: 1.6rem; }
.people { list-style: none; margin: 1.2rem 0 1.6rem; padding: 0; display: grid; gap: .6rem; }
.people button { width: 100%; font: inherit; color: inherit; text-align: left; display: flex; align-items: center; justify-content: space-between; gap: 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 11px; padding: .75rem 1rem; cursor: pointer; box-shadow: var(--shadow); }
.people button:hover { border-color: var(--accent); }
.people strong { font-weight: 650; margin-right: .6rem; }
@media (forced-colors: active) { .sign circle { stroke: CanvasText; } .chip, .notice { border: 1px solid CanvasText; } }
@media (max-width: 30rem) { main { padding: 1.2rem min(1rem, 5vw) 3rem; } .bar-inside { padding: .55rem min(1rem, 5vw); } .bar nav { flex-wrap: wrap; } .card { padding: 1rem min(1rem, 5vw); } .cell { width: 12px; } .person { width: 100%; } .person-name { margin-right: auto; } .bar nav { margin-left: -.5rem; } .bar-inside { gap: .35rem .6rem; } .bar nav a { padding: .35rem .3rem; font-size: .92rem; } }
@media print { .bar, .decide form, .redrive, .stop { display: none; } .node, .card { break-inside: avoid; } }
`;
