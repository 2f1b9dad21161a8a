import fs from 'node:fs';
import path from 'node:path';
import { parseSync } from '@swc/core';
import { projectRoot } from '../../infra/local/run/synthesize.ts';
import { agentFactSummaries } from './agent-summaries.ts';
import { factSummaries } from './summaries.ts';

/** A test that names facts in its title. */
export interface FactTest {
  /** From the project's root. */
  readonly file: string;
  readonly title: string;
}

/** What closes a fact. */
export interface FactProof {
  readonly fact: string;
  readonly summary: string;
  readonly tests: readonly FactTest[];
  /** Why no test can close it, or what of it only AWS can settle. */
  readonly reason: string | undefined;
}

/** Tests of the emulated services show how AWS behaves, not that the design heeds it. */
const OF_THE_STAND_IN = path.join('test', 'infra', 'local');
/** Facts about CodeDeploy's agent are what the emulated agent does, so its own tests close them. */
const OF_THE_AGENT = path.join('infra', 'local', 'aws', 'test', 'services', 'codedeploy');
const CITED = /\b[AT]\d{2}\b/g;

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}
const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';

/** The function at the root of `it`, `it.each(…)` and `it.each<…>(…)`. */
const rootName = (node: unknown): string | undefined => {
  if (!isNode(node)) return undefined;
  if (node.type === 'Identifier') return String(node.value);
  if (node.type === 'MemberExpression') return rootName(node.object);
  if (node.type === 'CallExpression') return rootName(node.callee);
  if (node.type === 'TsInstantiation') return rootName(node.expression);
  return undefined;
};

const textOf = (node: unknown): string | undefined => {
  if (!isNode(node)) return undefined;
  if (node.type === 'StringLiteral') return String(node.value);
  if (node.type !== 'TemplateLiteral') return undefined;
  return (node.quasis as { raw: string }[]).map(({ raw }) => raw).join('…');
};

/** A title that a table's first column gives (`it.each([['T01: a row']])('%s')`) is that column's, row by row. */
const rowTitles = (callee: unknown, title: string): string[] => {
  if (title !== '%s' || !isNode(callee) || callee.type !== 'CallExpression') return [title];
  const [table] = callee.arguments as { expression: unknown }[];
  const rows = elementsOf(table?.expression);
  return rows.length === 0 ? [title] : rows.map((row) => textOf(elementsOf(row)[0]) ?? title);
};

const elementsOf = (node: unknown): unknown[] =>
  isNode(node) && node.type === 'ArrayExpression'
    ? (node.elements as { expression: unknown }[]).map(({ expression }) => expression)
    : [];

/**
 * Full titles of a test file's tests, those of their `describe` in front.
 * @param code TypeScript
 */
export const testTitles = (code: string, tsx = false): string[] => {
  const titles: string[] = [];
  const visit = (value: unknown, context: readonly string[]): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, context);
    else if (typeof value === 'object' && value !== null) {
      let inside = context;
      if (isNode(value) && value.type === 'CallExpression') {
        const called = rootName(value.callee);
        const [first] = value.arguments as { expression: unknown }[];
        const title = textOf(first?.expression);
        if (title !== undefined && called === 'describe') inside = [...context, title];
        if (title !== undefined && (called === 'it' || called === 'test'))
          for (const one of rowTitles(value.callee, title)) titles.push([...context, one].join(' › '));
      }
      for (const child of Object.values(value)) visit(child, inside);
    }
  };
  visit(parseSync(code, { syntax: 'typescript', tsx }).body, []);
  return titles;
};

const testFiles = (directory: string): string[] =>
  fs.readdirSync(path.join(projectRoot, directory), { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(directory, entry.name);
    if (file === OF_THE_STAND_IN) return [];
    if (entry.isDirectory()) return testFiles(file);
    return /\.test\.tsx?$/.test(entry.name) ? [file] : [];
  });

/** Reasons under the heading "Facts" of ARCHITECTURE.md, by fact: list items that begin with its number in bold. */
export const readReasons = (markdown: string): Map<string, string> => {
  const [, section = ''] = /^## Facts\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(markdown) ?? [];
  const items = section.matchAll(
    /^- \*\*(T\d{2}(?:, T\d{2})*)\*\*[:.]? ([\s\S]*?)(?=\n- |\n\n|\n*(?![\s\S]))/gm,
  );
  const reasons = new Map<string, string>();
  for (const [, facts = '', reason = ''] of items)
    for (const fact of facts.split(', ')) reasons.set(fact, reason.replace(/\s+/g, ' ').trim());
  return reasons;
};

const testsIn = (directory: string): FactTest[] =>
  testFiles(directory).flatMap((file) => {
    const code = fs.readFileSync(path.join(projectRoot, file), 'utf8');
    return testTitles(code, file.endsWith('x')).map((title) => ({ file, title }));
  });

/** Every fact with what closes it: those about AWS, then those about CodeDeploy's agent. */
export const collectFacts = (): FactProof[] => {
  const reasons = readReasons(fs.readFileSync(path.join(projectRoot, 'ARCHITECTURE.md'), 'utf8'));
  const prove = (summaries: Readonly<Record<string, string>>, tests: readonly FactTest[]) =>
    Object.entries(summaries).map(([fact, summary]) => ({
      fact,
      summary,
      tests: tests.filter(({ title }) => [...title.matchAll(CITED)].some(([cited]) => cited === fact)),
      reason: reasons.get(fact),
    }));
  const tests = testsIn('test');
  return [...prove(factSummaries, tests), ...prove(agentFactSummaries, [...testsIn(OF_THE_AGENT), ...tests])];
};

/** Facts that nothing closes. */
export const openFacts = (proofs: readonly FactProof[]): string[] =>
  proofs.flatMap(({ fact, tests, reason }) => (tests.length === 0 && reason === undefined ? [fact] : []));
