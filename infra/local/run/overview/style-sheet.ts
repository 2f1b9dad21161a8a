/** The overview's style, in the approvals site's colours: system fonts, light and dark by the reader's setting. */
export const styleSheet = `
:root { color-scheme: light dark; --ground: #f4f6f6; --card: #fff; --ink: #17211f; --soft: #55635f; --line: #dce3e1; --accent: #0b5f72; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #101615; --card: #182120; --ink: #e6edeb; --soft: #a0afab; --line: #2a3735; --accent: #7fcbe0; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.55 -apple-system, "Segoe UI", Roboto, Ubuntu, Cantarell, "Noto Sans", "Helvetica Neue", Arial, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; margin: 0; letter-spacing: -.01em; }
h2 { font-size: 1.1rem; margin: 2.5rem 0 .75rem; }
h3 { font-size: 1rem; margin: 0; }
header p, .none, .envelope { color: var(--soft); }
header p { margin: .4rem 0 1.75rem; max-width: 46rem; }
a { color: var(--accent); }
a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
.places { list-style: none; margin: 0; padding: 0; display: grid; gap: .75rem; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); }
.places li, article { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1rem 1.1rem; }
.places a { font-weight: 600; display: block; }
.places span { display: block; color: var(--soft); font-size: .92rem; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .85rem; }
.places code { color: var(--soft); overflow-wrap: anywhere; }
article { margin-bottom: .75rem; }
.envelope { margin: .1rem 0 .75rem; font-size: .9rem; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.command { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .7rem .9rem; }
.events { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; max-height: 16rem; overflow: auto; }
details + details { border-top: 1px solid var(--line); }
summary { padding: .45rem 1.1rem; cursor: pointer; }
summary:focus-visible { outline: 3px solid var(--accent); outline-offset: -3px; }
.type { font-weight: 600; }
.about { color: var(--soft); font-size: .9rem; }
details pre { padding: 0 1.1rem .8rem 2.2rem; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: .25rem 1.5rem .25rem 0; font-weight: normal; }
th { font-weight: 600; }
`;
