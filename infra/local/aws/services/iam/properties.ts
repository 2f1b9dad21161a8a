import type { PolicyDocument, ResourceContext, ResourceProperties } from '../../host.ts';
import { readPolicy } from '../../iam/policy.ts';

/** Reads the properties of one CloudFormation resource, with errors that name type, logical id and property. */
export interface PropertyReader {
  /** @throws when a property is given that is not in `known` */
  readonly only: (...known: string[]) => void;
  readonly text: (name: string) => string | undefined;
  readonly requiredText: (name: string) => string;
  readonly texts: (name: string) => readonly string[];
  /** A policy document that the emulator can evaluate. */
  readonly document: (name: string) => PolicyDocument;
  readonly tags: () => readonly { readonly Key: string; readonly Value: string }[];
  readonly number: (name: string) => number | undefined;
  readonly fail: (name: string, problem: string) => never;
}

/** A reader for one resource's properties. */
export const propertyReader = (
  type: string,
  { stackName, logicalId }: ResourceContext,
  properties: ResourceProperties,
): PropertyReader => {
  const fail = (name: string, problem: string): never => {
    throw new Error(`${type} ${logicalId} (stack ${stackName}): property ${name} ${problem}`);
  };
  const expected = (name: string, kind: string): never =>
    fail(name, `must be ${kind}, but was ${JSON.stringify(properties[name])}.`);
  const text = (name: string): string | undefined => {
    const value = properties[name];
    return value === undefined || typeof value === 'string' ? value : expected(name, 'text');
  };
  const objects = (name: string): readonly Readonly<Record<string, unknown>>[] => {
    const value = properties[name] ?? [];
    if (Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null))
      return value;
    return expected(name, 'a list of objects');
  };

  return {
    fail,
    text,
    only: (...known) => {
      const unknown = Object.keys(properties).find((name) => !known.includes(name));
      if (unknown) fail(unknown, `is not known to the emulator. It knows ${known.join(', ')}.`);
    },
    requiredText: (name) => text(name) ?? expected(name, 'given as text'),
    texts: (name) => {
      const value = properties[name] ?? [];
      if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
      return expected(name, 'a list of texts');
    },
    document: (name) => {
      const value = properties[name];
      if (typeof value !== 'object' || value === null) return expected(name, 'a policy document');
      const document = value as PolicyDocument;
      readPolicy(document, `${logicalId}.${name}`);
      return document;
    },
    tags: () =>
      objects('Tags').map(({ Key, Value }) =>
        typeof Key === 'string' && typeof Value === 'string'
          ? { Key, Value }
          : expected('Tags', 'a list of Key and Value texts'),
      ),
    number: (name) => {
      const value = properties[name];
      if (value === undefined) return undefined;
      const number = Number(value);
      return Number.isFinite(number) ? number : expected(name, 'a number');
    },
  };
};
