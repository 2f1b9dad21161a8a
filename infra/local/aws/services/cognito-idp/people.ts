/** Somebody who can sign in to the embedded run. */
export interface EmbeddedPerson {
  readonly name: string;
  readonly email: string;
  /** Groups, as far as the template declares them. */
  readonly groups: readonly string[];
  /** For the sign-in page. */
  readonly description: string;
}

const person = (name: string, groups: readonly string[], description: string): EmbeddedPerson => ({
  name,
  email: `${name}@example.com`,
  groups,
  description,
});

/** Everybody that the embedded user pool knows. */
export const people: readonly EmbeddedPerson[] = [
  person('quinn', ['qc'], 'approves as QC'),
  person('parker', ['pmo'], 'approves as PMO'),
  person('sam', ['qc', 'pmo'], 'belongs to QC and to PMO'),
  person('dana', [], 'developer, approves nothing'),
  person('olga', ['operator'], 'operator, redrives what failed'),
];
