import fs from 'node:fs';
import path from 'node:path';
import type { Scenario } from './scenario.ts';

/** The text of the signed statement that a file holds, if it does. */
const statementIn = (file: string): string | undefined => {
  const text = fs.readFileSync(file, 'latin1');
  if (!text.includes('"payloadType"')) return undefined;
  return Buffer.from((JSON.parse(text) as { payload: string }).payload, 'base64').toString('utf8');
};

/**
 * Changes the one signed statement in the evidence bucket that is about something.
 * @param about a text within it
 * @returns what undoes it
 */
export function editStatement(
  { stateDir }: Pick<Scenario, 'stateDir'>,
  about: string,
  [from, to]: readonly [string, string],
): () => void {
  const files = fs
    .readdirSync(path.join(stateDir, 's3'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => statementIn(file)?.includes(about));
  const [file = ''] = files;
  const statement = files.length === 1 ? statementIn(file) : undefined;
  if (!statement?.includes(from))
    throw new Error(`${files.length} statements are about ${about}, and one was to say ${from}`);
  const before = fs.readFileSync(file);
  const payload = Buffer.from(statement.replace(from, to), 'utf8').toString('base64');
  fs.writeFileSync(file, JSON.stringify({ ...(JSON.parse(before.toString('utf8')) as object), payload }));
  return () => fs.writeFileSync(file, before);
}
