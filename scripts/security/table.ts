import type { Resources } from '../templates.ts';
import { type Principal, principalsOf } from './principals.ts';
import { trusted, ways } from './ways.ts';

export const BEGIN = '<!-- `npm run security` writes this table from the templates. -->';
export const END = '<!-- End of the table. -->';

const stopOf = (
  stoppedBy: (typeof ways)[number]['stoppedBy'],
  { kind, name }: Principal,
  title: string,
): string => {
  const found = stoppedBy[kind];
  if (found !== undefined) return found;
  throw new Error(
    `By the templates, ${name} (${kind}) may: ${title}. Say in scripts/security/ways.ts what stops it, with a test, or take the permission away.`,
  );
};

/**
 * Who has a way to Prod with fewer than two deciders, and what stops it.
 * @throws Error for a principal with a way that nothing is said to stop
 */
export function securityTable(templates: Readonly<Record<string, Resources>>): string {
  const principals = principalsOf(templates);
  const rows = ways.flatMap(({ title, isOpenedBy, stoppedBy }) => {
    const byStop = new Map<string, Set<string>>();
    for (const principal of principals) {
      if (!principal.grants.some(isOpenedBy)) continue;
      const stop = stopOf(stoppedBy, principal, title);
      byStop.set(stop, (byStop.get(stop) ?? new Set()).add(principal.name));
    }
    return [...byStop].map(([stop, names]) => [[...names].sort().join(', '), title, stop]);
  });
  const lines = [...rows, ...trusted].map((cells) => `| ${cells.join(' | ')} |`);
  return ['| principal | way | stopped by |', '| --- | --- | --- |', ...lines].join('\n');
}

/** The document with this table in place of its old one. @throws Error if it has no place for it */
export function withTable(document: string, table: string): string {
  const [start, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`docs/security.md needs the lines ${BEGIN} and ${END}.`);
  return `${document.slice(0, start)}${BEGIN}\n\n${table}\n\n${document.slice(end)}`;
}
