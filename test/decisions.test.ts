import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const folder = path.join(root, 'docs/decisions');
const themes = fs.readdirSync(folder).filter((file) => file !== 'README.md');

const decisions = themes
  .flatMap((file) => {
    const text = fs.readFileSync(path.join(folder, file), 'utf8');
    return text
      .split(/^## /m)
      .slice(1)
      .map((section) => ({ file, theme: text.split('\n', 1)[0]?.replace(/^# /, ''), section }));
  })
  .map(({ section, ...rest }) => {
    const [heading = '', , status = ''] = section.split('\n');
    return { ...rest, section, id: heading.slice(0, 5), title: heading.slice(6), heading, status };
  })
  .sort((a, b) => a.id.localeCompare(b.id));

/** As Markdown makes it of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

describe('decisions', () => {
  it('have ids without a gap', () => {
    expect(decisions.map(({ id }) => id)).toEqual(
      decisions.map((_, index) => `D-${String(index + 1).padStart(3, '0')}`),
    );
  });

  it('have a status, a date, a reason and alternatives', () => {
    const shape =
      /^.+\n\n(?:Accepted|Superseded by D-\d{3}) · \d{4}-\d\d-\d\d\n\n\*\*Reason\.\*\* .+\n\*\*Alternatives\.\*\* /s;
    expect(decisions.filter(({ section }) => !shape.test(section)).map(({ id }) => id)).toEqual([]);
  });

  it('are all in the index, in order', () => {
    const index = fs.readFileSync(path.join(folder, 'README.md'), 'utf8').match(/^\| \[D-.*$/gm);
    expect(index).toEqual(
      decisions.map(
        ({ id, file, heading, title, theme, status }) =>
          `| [${id}](${file}#${anchorOf(heading)}) | ${title} | ${theme} | ${status.split(' · ')[0]} |`,
      ),
    );
  });

  it('exist wherever an id is cited', () => {
    const found = execFileSync(
      'git',
      ['grep', '--no-index', '--exclude-standard', '-hoIE', '\\bD-[0-9]{3}\\b'],
      { cwd: root, encoding: 'utf8' },
    );
    const cited = new Set(found.trim().split('\n'));
    const known = new Set(decisions.map(({ id }) => id));
    expect([...cited].filter((id) => !known.has(id))).toEqual([]);
  });
});
