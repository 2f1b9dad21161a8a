/** Somebody who can sign in to the emulator. */
export interface Person {
  readonly name: string;
  readonly email: string;
  /** Groups, as far as the template declares them. */
  readonly groups: readonly string[];
  /** For the sign-in page. */
  readonly description: string;
}

const person = (name: string, groups: readonly string[], description: string): Person => ({
  name,
  email: `${name}@example.com`,
  groups,
  description,
});

/** Everybody that the emulated user pool knows. */
export const people: readonly Person[] = [
  person('quinn', ['qc'], 'approves as QC'),
  person('parker', ['pmo'], 'approves as PMO'),
  person('sam', ['qc', 'pmo'], 'belongs to QC and to PMO'),
  person('dana', [], 'developer, approves nothing'),
  person('olga', ['operator'], 'operator, redrives what failed'),
];
