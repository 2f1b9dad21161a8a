import { parse } from 'yaml';
import { z } from 'zod';

// What Image Builder accepts as a component's document (its user guide, "Use the AWS Task Orchestrator and Executor component
// documents" and "Action modules"). It would tell of a fault only while CloudFormation makes the component.

const actions = [
  'AppendFile',
  'Assert',
  'CopyFile',
  'CopyFolder',
  'CreateFile',
  'CreateFolder',
  'CreateSymlink',
  'DeleteFile',
  'DeleteFolder',
  'ExecuteBash',
  'ExecuteBinary',
  'ExecuteDocument',
  'ListFiles',
  'MoveFile',
  'MoveFolder',
  'ReadFile',
  'Reboot',
  'S3Download',
  'S3Upload',
  'SetFileEncoding',
  'SetFileOwner',
  'SetFilePermissions',
  'SetFolderOwner',
  'SetFolderPermissions',
  'UpdateOS',
  'WebDownload',
] as const;

const step = z
  .strictObject({
    name: z.string().min(1).max(128),
    action: z.enum(actions),
    inputs: z.unknown().optional(),
    onFailure: z.enum(['Abort', 'Continue', 'Ignore']).optional(),
    maxAttempts: z.int().min(1).optional(),
    timeoutSeconds: z.int().min(-1).optional(),
    loop: z.record(z.string(), z.unknown()).optional(),
    if: z.record(z.string(), z.unknown()).optional(),
  })
  .refine(({ action, inputs }) => action === 'Reboot' || action === 'UpdateOS' || inputs !== undefined, {
    path: ['inputs'],
    message: 'this action needs inputs',
  })
  .refine(
    ({ action, inputs }) =>
      action !== 'ExecuteBash' ||
      z.looseObject({ commands: z.array(z.string()).min(1) }).safeParse(inputs).success,
    { path: ['inputs'], message: 'ExecuteBash needs commands, a list of texts' },
  );

const unique = (names: readonly string[]): boolean => new Set(names).size === names.length;

const phase = z.strictObject({
  name: z.enum(['build', 'validate', 'test']),
  steps: z
    .array(step)
    .min(1)
    .refine((steps) => unique(steps.map(({ name }) => name)), 'two steps have the same name'),
});

const documentSchema = z.strictObject({
  name: z.string().optional(),
  description: z.string().optional(),
  // YAML reads an unquoted 1.0 as a number.
  schemaVersion: z.union([z.literal(1), z.literal('1.0')]),
  parameters: z.array(z.unknown()).optional(),
  constants: z.array(z.unknown()).optional(),
  phases: z
    .array(phase)
    .min(1)
    .refine((phases) => unique(phases.map(({ name }) => name)), 'a phase is there twice'),
});

/** Characters that the API takes as a component's data. */
const LONGEST = 16_000;

/**
 * What is wrong with a component document; nothing if Image Builder accepts it.
 * @param phase which it must have. @default none in particular
 */
export function faultsOf(data: string, phase?: 'test'): readonly string[] {
  if (data.length > LONGEST) return [`it has ${data.length} characters; Image Builder takes ${LONGEST}`];
  let document: unknown;
  try {
    document = parse(data);
  } catch (error) {
    return [`it is not YAML: ${(error as Error).message}`];
  }
  const parsed = documentSchema.safeParse(document);
  if (!parsed.success)
    return parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'document'}: ${message}`);
  return phase === undefined || parsed.data.phases.some(({ name }) => name === phase)
    ? []
    : [`it has no phase ${phase}`];
}
