import type { ActionContext, Outcome, RunAction } from './actions.ts';
import type { JobResult } from './records.ts';

/** How long CodePipeline waits for a function's answer unless the action says otherwise. Source: CodePipeline quotas. */
const DEFAULT_TIMEOUT_MINUTES = 60;

/** How long, in ms, an action whose time came to an end while nothing ran waits for what is taken up again. */
const RESUMED_GRACE_MS = 60_000;

/** How long until a function that answered "not finished yet" is asked again. On AWS about half a minute. */
const CONTINUE_AFTER_MS = 300;

/** Invokes a function and waits for PutJobSuccessResult or PutJobFailureResult; the function's own end says nothing. */
export const runLambdaInvoke: RunAction = async (context): Promise<Outcome> => {
  const { host, action, record, update, isLive } = context;
  const timeoutMinutes = action.timeoutMinutes ?? DEFAULT_TIMEOUT_MINUTES;
  const deadline = Math.max(
    record().startedAt + timeoutMinutes * 60_000,
    host.clock.now() + RESUMED_GRACE_MS,
  );
  for (;;) {
    const { job, isInvoked, continuationToken = '' } = record().progress;
    if (job) return outcomeOf(job);
    if (!isLive()) return {};
    if (host.clock.now() >= deadline)
      return {
        error: {
          code: 'JobTimedOut',
          message:
            `The function ${record().configuration.FunctionName} gave no result within ${timeoutMinutes} minutes: ` +
            'it must call PutJobSuccessResult or PutJobFailureResult. See its log.',
        },
      };
    if (isInvoked) {
      await context.changedBy(deadline);
      continue;
    }
    if (continuationToken !== '') await context.wait(CONTINUE_AFTER_MS);
    await invoke(context, continuationToken);
    // Lambda keeps an asynchronous invocation until it has run: it need not be repeated after a crash.
    update({ progress: { ...record().progress, isInvoked: true } });
  }
};

const invoke = async (context: ActionContext, continuationToken: string): Promise<void> => {
  const { host, execution, record } = context;
  const principal = await context.principal();
  const { id, configuration, inputArtifacts } = record();
  const { kmsKeyId } = execution.declaration.artifactStore;
  const event = {
    'CodePipeline.job': {
      id,
      accountId: host.accountId,
      data: {
        actionConfiguration: { configuration },
        inputArtifacts: inputArtifacts.map(({ name, bucket, key }) => ({
          name,
          location: { type: 'S3', s3Location: { bucketName: bucket, objectKey: key } },
        })),
        outputArtifacts: [],
        ...(inputArtifacts.length > 0 && { artifactCredentials: host.credentialsFor(principal) }),
        ...(continuationToken !== '' && { continuationToken }),
        ...(kmsKeyId !== undefined && { encryptionKey: { id: kmsKeyId, type: 'KMS' } }),
      },
    },
  };
  await host.call(principal, 'lambda', 'Invoke', {
    FunctionName: configuration.FunctionName,
    InvocationType: 'Event',
    Payload: new Uint8Array(Buffer.from(JSON.stringify(event))),
  });
};

const outcomeOf = (job: JobResult): Outcome => ({
  ...(job.isSuccess
    ? { outputVariables: job.outputVariables, ...(job.summary !== undefined && { summary: job.summary }) }
    : { error: job.error }),
  ...(job.externalExecutionId !== undefined && { externalExecutionId: job.externalExecutionId }),
});
