import { createHash } from 'node:crypto';
import type { Host, Principal } from '../host.ts';
import { AssemblyError } from './assembly-errors.ts';

/** CloudFormation deploys for the person at the machine. */
const administrator: Principal = { kind: 'administrator' };

/**
 * A parameter's value: from the emulated Parameter Store or, for the public ones that AWS keeps, one that looks like it.
 * @throws AssemblyError if there is no such parameter
 */
export const parameterValue = async (host: Host, name: string, where: string): Promise<string> => {
  try {
    const { Parameter } = await host.call<{ Parameter?: { Value?: string } }>(
      administrator,
      'ssm',
      'GetParameter',
      { Name: name, WithDecryption: true },
    );
    if (Parameter?.Value !== undefined) return Parameter.Value;
  } catch (error) {
    if (!name.startsWith('/aws/service/')) {
      throw new AssemblyError(
        `${where}: the parameter ${name} cannot be read (${(error as Error).message}). ` +
          'Create it in the application, or give the value in its configuration.',
      );
    }
  }
  const hash = createHash('sha256').update(name).digest('hex');
  return name.includes('ami') ? `ami-${hash.slice(0, 17)}` : hash.slice(0, 16);
};

/**
 * Replaces `{{resolve:ssm:…}}`, `{{resolve:ssm-secure:…}}` and `{{resolve:secretsmanager:…}}` in every text of a value.
 * @throws AssemblyError for another kind, and for what they name and is not there
 */
export const resolveDynamicReferences = async (
  host: Host,
  value: unknown,
  where: string,
): Promise<unknown> => {
  if (typeof value === 'string') return value.includes('{{resolve:') ? replaceIn(host, value, where) : value;
  if (Array.isArray(value))
    return Promise.all(value.map((item) => resolveDynamicReferences(host, item, where)));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(
    async ([key, item]) => [key, await resolveDynamicReferences(host, item, where)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
};

const replaceIn = async (host: Host, text: string, where: string): Promise<string> => {
  const parts: string[] = [];
  let end = 0;
  for (const match of text.matchAll(/\{\{resolve:([^:}]+):([^}]+)\}\}/g)) {
    const [whole, kind, reference] = match as unknown as [string, string, string];
    parts.push(text.slice(end, match.index), await referenceValue(host, kind, reference, where));
    end = match.index + whole.length;
  }
  return parts.join('') + text.slice(end);
};

const referenceValue = (host: Host, kind: string, reference: string, where: string): Promise<string> => {
  // A version may follow the name; the emulated Parameter Store answers with the current one, as AWS does without.
  if (kind === 'ssm' || kind === 'ssm-secure')
    return parameterValue(host, reference.replace(/:\d+$/, ''), where);
  if (kind === 'secretsmanager') return secretValue(host, reference, where);
  throw new AssemblyError(
    `${where}: the dynamic reference {{resolve:${kind}:…}} is not known (ssm, ssm-secure, secretsmanager).`,
  );
};

/** Form: `secret-id:SecretString:json-key:version-stage:version-id`, where the id may be an ARN. */
const secretValue = async (host: Host, reference: string, where: string): Promise<string> => {
  const parts = reference.split(':');
  const idLength = reference.startsWith('arn:') ? 7 : 1;
  const id = parts.slice(0, idLength).join(':');
  const [member = 'SecretString', jsonKey = ''] = parts.slice(idLength);
  if (member !== 'SecretString')
    throw new AssemblyError(
      `${where}: ${member} of the secret ${id} cannot be referred to, only SecretString.`,
    );
  const { SecretString = '' } = await host.call<{ SecretString?: string }>(
    administrator,
    'secretsmanager',
    'GetSecretValue',
    { SecretId: id },
  );
  if (!jsonKey) return SecretString;
  const value = readKey(SecretString, jsonKey);
  if (value === undefined)
    throw new AssemblyError(`${where}: the secret ${id} is not a JSON object with the key ${jsonKey}.`);
  return String(value);
};

const readKey = (json: string, key: string): unknown => {
  try {
    return (JSON.parse(json) as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
};
