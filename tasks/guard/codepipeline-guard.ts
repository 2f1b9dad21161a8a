import {
  type CodePipelineClient,
  PutJobFailureResultCommand,
  PutJobSuccessResultCommand,
} from '@aws-sdk/client-codepipeline';
import type { PipelineRuns } from '../jobs/pipeline-run.ts';
import type { GuardedPipelines } from './guard-pipeline.ts';

/** Longest message of a failed job (PutJobFailureResult's reference), in characters. */
const MAX_MESSAGE = 5000;

/** The guard's answers to CodePipeline. */
export const createGuardedPipelines = (
  client: CodePipelineClient,
  runs: Pick<PipelineRuns, 'run'>,
): GuardedPipelines => ({
  run: runs.run,
  allow: async (jobId) => {
    await client.send(new PutJobSuccessResultCommand({ jobId }));
  },
  refuse: async (jobId, message) => {
    await client.send(
      new PutJobFailureResultCommand({
        jobId,
        failureDetails: { type: 'JobFailed', message: message.slice(0, MAX_MESSAGE) },
      }),
    );
  },
});
