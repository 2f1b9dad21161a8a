import { agentFactSummaries } from './agent-summaries.ts';
import { collectFacts, openFacts, readReasons, testTitles } from './collect.ts';
import { factSummaries } from './summaries.ts';

describe('facts about AWS', () => {
  it('are numbered from T01 to T70', () => {
    expect(Object.keys(factSummaries)).toEqual(
      Array.from({ length: 70 }, (_, index) => `T${String(index + 1).padStart(2, '0')}`),
    );
  });

  it('about CodeDeploy’s agent are numbered from A01 to A23', () => {
    expect(Object.keys(agentFactSummaries)).toEqual(
      Array.from({ length: 23 }, (_, index) => `A${String(index + 1).padStart(2, '0')}`),
    );
  });

  it('are each closed by a test that names them, or by a reason in ARCHITECTURE.md', () => {
    expect(openFacts(collectFacts())).toEqual([]);
  });

  it('have reasons only for what is numbered', () => {
    const known = new Set(Object.keys(factSummaries));
    const reasons = collectFacts().filter(({ reason }) => reason !== undefined);
    expect(reasons.length).toBeGreaterThan(0);
    for (const { fact } of reasons) expect(known).toContain(fact);
  });

  it('are open without a test and without a reason', () => {
    const proof = { fact: 'T01', summary: '', tests: [], reason: undefined };
    expect(openFacts([proof])).toEqual(['T01']);
    expect(openFacts([{ ...proof, reason: 'It does not apply.' }])).toEqual([]);
    expect(openFacts([{ ...proof, tests: [{ file: 'a.test.ts', title: 'T01: holds' }] }])).toEqual([]);
  });
});

describe('test titles', () => {
  it('are read from it and test, with their describe, from tables and templates, and from nothing else', () => {
    const code = `
      const log = (text: string) => text;
      describe('outer (T01)', () => {
        it('T02: one', () => { log('T03: no title'); });
        it.each([['T04: a row']])('T05: %s', () => {});
        it.each<[string, number]>([['A01: a row', 1], ['A02: another', 2]])('%s', () => {});
        describe.each<[string]>([])('inner', () => { test(\`T06: \${1} two\`, async () => {}); });
      });
      // it('T07: commented out', () => {});
      it.only('T08: alone', () => {});
    `;
    expect(testTitles(code)).toEqual([
      'outer (T01) › T02: one',
      'outer (T01) › T05: %s',
      'outer (T01) › A01: a row',
      'outer (T01) › A02: another',
      'outer (T01) › inner › T06: … two',
      'T08: alone',
    ]);
  });
});

describe('reasons', () => {
  it('are list items under Facts that begin with numbers, and nowhere else', () => {
    const markdown = `# A
- **T01** Before.
## Facts
Some words about T02.

- **T03** One line
  and another.
- **T04, T05**: Both.
- T06 is not in bold.

## After
- **T07** Too late.
`;
    expect([...readReasons(markdown)]).toEqual([
      ['T03', 'One line and another.'],
      ['T04', 'Both.'],
      ['T05', 'Both.'],
    ]);
  });
});
