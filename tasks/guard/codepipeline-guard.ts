import {
  type CodePipelineClient,
  InvalidJobStateException,
  PutJobFailureResultCommand,
  PutJobSuccessResultCommand,
} from '@aws-sdk/client-codepipeline';
import type { PipelineRuns } from '../jobs/pipeline-run.ts';
import type { GuardedPipelines } from './guard-pipeline.ts';

/** Longest message of a failed job (PutJobFailureResult's reference), in characters. */
const MAX_MESSAGE = 5000;

/** An invocation that comes twice answers twice; the first answer stands, and the second one is no failure. */
const unlessAnswered = async (answer: Promise<unknown>): Promise<void> => {
  try {
    await answer;
  } catch (error) {
    if (!(error instanceof InvalidJobStateException)) throw error;
  }
};

/** The guard's answers to CodePipeline. Safe to repeat. */
export const createGuardedPipelines = (
  client: CodePipelineClient,
  runs: Pick<PipelineRuns, 'run'>,
): GuardedPipelines => ({
  run: runs.run,
  allow: (jobId) => unlessAnswered(client.send(new PutJobSuccessResultCommand({ jobId }))),
  deny: (jobId, message) =>
    unlessAnswered(
      client.send(
        new PutJobFailureResultCommand({
          jobId,
          failureDetails: { type: 'JobFailed', message: message.slice(0, MAX_MESSAGE) },
        }),
      ),
    ),
});
