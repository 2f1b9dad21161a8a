/**
 * What the page tells.
 * @typedef {object} Version
 * @property {string} application
 * @property {string} commit
 * @property {string} deploymentId
 * @property {string} deploymentGroup
 * @property {string} instanceId
 * @property {string} startedAt ISO 8601
 */

/** @param {string} text */
const escapeHtml = (text) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/**
 * A hue from a commit, so that two versions are told apart at a glance while traffic moves from one to the other.
 * @param {string} commit
 */
export const hueOf = (commit) =>
  /^[0-9a-f]{6}/.test(commit) ? Number.parseInt(commit.slice(0, 6), 16) % 360 : 220;

/**
 * The application's one page.
 * @param {Version} version
 */
export const renderPage = (version) => {
  const { application, commit, deploymentId, deploymentGroup, instanceId, startedAt } = version;
  /** @type {[string, string][]} */
  const facts = [
    ['Commit', commit],
    ['Deployment', deploymentId],
    ['Deployment group', deploymentGroup],
    ['Instance', instanceId],
    ['Running since', startedAt],
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(application)}</title>
<style>
  :root {
    color-scheme: light dark;
    --hue: ${hueOf(commit)};
    --band: hsl(var(--hue) 62% 38%);
    --ground: light-dark(hsl(var(--hue) 25% 97%), hsl(var(--hue) 14% 9%));
    --ink: light-dark(hsl(var(--hue) 30% 14%), hsl(var(--hue) 18% 92%));
    --quiet: light-dark(hsl(var(--hue) 12% 38%), hsl(var(--hue) 12% 68%));
    --line: light-dark(hsl(var(--hue) 20% 86%), hsl(var(--hue) 14% 22%));
  }
  * { box-sizing: border-box; }
  body {
    margin: 0; min-height: 100vh; background: var(--ground); color: var(--ink);
    font: 1rem/1.5 system-ui, sans-serif;
  }
  header { background: var(--band); color: white; padding: clamp(2.5rem, 9vw, 6rem) 1.5rem; }
  header > *, main { max-width: 44rem; margin-inline: auto; }
  h1 { margin-block: 0 .35em; font-size: clamp(1.1rem, 2.5vw, 1.35rem); font-weight: 600; text-wrap: balance; }
  .commit {
    margin-block: 0; font: 700 clamp(2.6rem, 12vw, 5.5rem)/1 ui-monospace, "SF Mono", Menlo, Consolas, monospace;
    letter-spacing: -.04em;
  }
  main { padding: 2rem 1.5rem; }
  dl { margin: 0; }
  dl > div {
    display: grid; grid-template-columns: 11rem 1fr; gap: 0 1rem; padding-block: .75rem;
    border-bottom: 1px solid var(--line);
  }
  dt { color: var(--quiet); }
  dd { margin: 0; font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
  @media (max-width: 34rem) { dl > div { grid-template-columns: 1fr; } }
</style>
</head>
<body>
<header>
  <h1>${escapeHtml(application)}</h1>
  <p class="commit">${escapeHtml(commit.slice(0, 7))}</p>
</header>
<main>
  <dl>
${facts.map(([name, value]) => `    <div><dt>${name}</dt><dd>${escapeHtml(value)}</dd></div>`).join('\n')}
  </dl>
</main>
</body>
</html>
`;
};
