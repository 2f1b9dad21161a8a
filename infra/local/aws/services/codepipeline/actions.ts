import type { Host, Principal } from '../../host.ts';
import type { ActionDeclaration } from './declaration.ts';
import type { ActionExecution, Artifact, Execution } from './records.ts';

/** What a run of an action works with. */
export interface ActionContext {
  readonly host: Host;
  readonly execution: Execution;
  readonly action: ActionDeclaration;
  /** The record as it stands now. */
  readonly record: () => ActionExecution;
  /** Writes down what has been done, before the next thing is. */
  readonly update: (changes: Partial<ActionExecution>) => void;
  /** Whether it is still wanted: not abandoned, and this process not stopped. */
  readonly isLive: () => boolean;
  /** The action's role: its own, taken on by the pipeline's role, or the pipeline's. @throws AwsError `AccessDenied` */
  readonly principal: () => Promise<Principal>;
  readonly wait: (ms: number) => Promise<void>;
  /** Until the record changes, or until a moment (in ms) has come. */
  readonly changedBy: (at: number) => Promise<void>;
}

/** How an action ended. */
export type Outcome = Partial<
  Pick<
    ActionExecution,
    | 'outputArtifacts'
    | 'outputVariables'
    | 'revision'
    | 'externalExecutionId'
    | 'externalExecutionUrl'
    | 'summary'
    | 'error'
  >
>;

/** Does an action, or goes on with it; an outcome without `error` is a success. What it throws fails the action. */
export type RunAction = (context: ActionContext) => Promise<Outcome>;

/** The input artifact of an action that has exactly one. */
export const onlyInput = ({ record, action }: ActionContext): Artifact => {
  const [artifact] = record().inputArtifacts;
  if (!artifact) throw new Error(`The action ${action.name} has no input artifact.`);
  return artifact;
};

/**
 * Writes an action's output artifact into the pipeline's bucket, under the action's role.
 * @param bytes a zip archive
 */
export const putArtifact = async (
  { host, execution, action, record }: ActionContext,
  principal: Principal,
  bytes: Uint8Array,
): Promise<Artifact> => {
  const name = action.outputArtifacts[0] ?? '';
  const { bucket, kmsKeyId } = execution.declaration.artifactStore;
  // CodePipeline cuts names to 20 and 10 characters. The last part is the same when it is done again.
  const key = [execution.pipelineName.slice(0, 20), name.slice(0, 10), record().id.slice(0, 7)].join('/');
  const { ETag, VersionId } = await host.call<{ ETag?: string; VersionId?: string }>(
    principal,
    's3',
    'PutObject',
    {
      Bucket: bucket,
      Key: key,
      Body: bytes,
      ContentType: 'application/zip',
      ...(kmsKeyId !== undefined && { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKeyId }),
    },
  );
  return {
    name,
    bucket,
    key,
    ...(ETag !== undefined && { etag: ETag.replaceAll('"', '') }),
    ...(VersionId !== undefined && { versionId: VersionId }),
  };
};
