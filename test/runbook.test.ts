import fs from 'node:fs';
import path from 'node:path';
import * as payloads from '../tasks/payloads.ts';
import { knownErrors } from '../tasks/redrive/remedies.ts';
import { headingOfState, runbookHeadings } from '../tasks/redrive/runbook-headings.ts';
import { stateNames } from '../workflows/state-names.ts';

const root = path.resolve(import.meta.dirname, '..');
const runbook = fs.readFileSync(path.join(root, 'RUNBOOK.md'), 'utf8');

/** Sections by their heading. */
const sections = new Map(
  runbook
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.split('\n', 1)[0] ?? '', section]),
);
/** As Markdown makes it of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\- ]/gu, '')
    .replaceAll(' ', '-');
const links = [...runbook.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target);

const filesBelow = (directory: string): string[] =>
  fs
    .readdirSync(path.join(root, directory), { recursive: true, encoding: 'utf8' })
    .map((file) => `${directory}/${file}`)
    .filter((file) => /\.tsx?$/.test(file));

/** Names of the errors that the files declare: literals, or constants of payloads.ts. */
const errorsIn = (files: readonly string[]): string[] => {
  const sources = files.map((file) => fs.readFileSync(path.join(root, file), 'utf8'));
  const constants: Readonly<Record<string, unknown>> = payloads;
  const declared = sources.flatMap((source) =>
    [...source.matchAll(/override readonly name = ('?)(\w+)\1;/g)].map(([, quote, name = '']) =>
      quote ? name : String(constants[name]),
    ),
  );
  const jobs = sources.flatMap((source) =>
    [...source.matchAll(/^ {2}\w+(?:Failed|Superseded): '(\w+)',$/gm)].map(([, name = '']) => name),
  );
  return [...new Set([...declared, ...jobs])].sort();
};

describe('the runbook', () => {
  it('leads from every error that the code names to a section', () => {
    const names = errorsIn([...filesBelow('tasks'), ...filesBelow('approvals-ui')]);
    expect(names.length).toBeGreaterThan(15);
    const index = sections.get('Errors by name') ?? '';
    expect(names.filter((name) => !index.includes(`\`${name}\``))).toEqual([]);
  });

  it('has a section for every state that can fail, and for every end that is not success', () => {
    const failing = Object.values(stateNames).filter((name) => name !== 'Promoted' && !name.endsWith('?'));
    const without = failing.filter(
      (name) => ![...sections.keys()].some((heading) => heading.split(', ').includes(name)),
    );
    expect(without).toEqual([]);
  });

  it('says in each section what to do, and which tests show it', () => {
    for (const heading of runbookHeadings)
      expect([heading, sections.get(heading)]).toEqual([
        heading,
        expect.stringMatching(/\*\*Description\.\*\*.*\*\*Resolution\.\*\*.*\*\*Tested\.\*\* \[/s),
      ]);
  });

  it('links only what there is', () => {
    const anchors = [...sections.keys()].map((heading) => `#${anchorOf(heading)}`);
    expect(links.length).toBeGreaterThan(50);
    expect(
      links.filter((target) =>
        target.startsWith('#') ? !anchors.includes(target) : !fs.existsSync(path.join(root, target)),
      ),
    ).toEqual([]);
  });

  it('names only sections that there are', () => {
    const referred = [...runbook.matchAll(/see "([^"]+)"|\("([^"]+)"\)\?/g)].map(([, a, b]) => a ?? b);
    expect(referred.length).toBeGreaterThan(2);
    expect(referred.filter((heading) => !sections.has(heading ?? ''))).toEqual([]);
  });

  it('links every scenario', () => {
    const scenarios = fs
      .readdirSync(path.join(root, 'test/scenarios'))
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => `test/scenarios/${file}`);
    expect(scenarios.filter((file) => !links.includes(file))).toEqual([]);
  });
});

describe('what to fix', () => {
  /** No state of the machine leads to these, or the end is final. */
  const elsewhere = ['ProdInUse', 'ProdNotCertain', 'Recalled', 'Rejected', 'Stale', 'Superseded'];

  it('is told for every error that a state may fail with', () => {
    const names = errorsIn([
      ...filesBelow('tasks').filter((file) => file.endsWith('-errors.ts')),
      'tasks/images/point-at-image.ts',
      'tasks/prod-fleet/target-group.ts',
      'tasks/environment-access.ts',
      'tasks/ledger/ledger.ts',
    ]).filter((name) => !elsewhere.includes(name));
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !knownErrors.includes(name))).toEqual([]);
  });

  it.each(Object.values(stateNames))('leads from %s to a section', (name) => {
    expect(sections.has(headingOfState(name))).toBe(true);
  });
});
