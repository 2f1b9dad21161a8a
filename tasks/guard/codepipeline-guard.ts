import {
  type CodePipelineClient,
  InvalidJobStateException,
  PutJobFailureResultCommand,
  PutJobSuccessResultCommand,
} from '@aws-sdk/client-codepipeline';
import { ignoring } from '../ignoring.ts';
import type { PipelineRuns } from '../jobs/pipeline-run.ts';
import type { GuardedPipelines } from './guard-pipeline.ts';

/** Longest message of a failed job (PutJobFailureResult's reference), in characters. */
const MAX_MESSAGE = 5000;

/** A repeated invocation reports its result twice; the first result stands, and the second is no failure. */
const unlessReported = async (report: Promise<unknown>): Promise<void> => {
  await report.catch(ignoring(InvalidJobStateException));
};

/** The guard's results for CodePipeline. Safe to repeat. */
export const createGuardedPipelines = (
  client: CodePipelineClient,
  runs: Pick<PipelineRuns, 'run'>,
): GuardedPipelines => ({
  run: runs.run,
  allow: (jobId) => unlessReported(client.send(new PutJobSuccessResultCommand({ jobId }))),
  deny: (jobId, message) =>
    unlessReported(
      client.send(
        new PutJobFailureResultCommand({
          jobId,
          failureDetails: { type: 'JobFailed', message: message.slice(0, MAX_MESSAGE) },
        }),
      ),
    ),
});
