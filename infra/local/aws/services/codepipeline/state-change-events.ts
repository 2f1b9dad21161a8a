import type { Host } from '../../host.ts';
import { stableUuid } from '../shared/ids.ts';
import { type ActionExecution, type Execution, pipelineArn } from './records.ts';

/** Tells the event bus about each change; ids are stable, so telling again after a crash is harmless (T24). */
interface Announcements {
  readonly pipeline: (execution: Execution, state: string) => void;
  readonly stage: (execution: Execution, stage: string, state: string) => void;
  readonly action: (execution: Execution, action: ActionExecution, state: string) => void;
}

/** @see https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html */
export const createAnnouncements = (host: Host): Announcements => {
  const emit = (
    level: 'Pipeline' | 'Stage' | 'Action',
    execution: Execution,
    state: string,
    detail: Readonly<Record<string, unknown>>,
  ) => {
    const attempt = Object.values(execution.retries).reduce((sum, count) => sum + count, 0);
    host.emit({
      id: stableUuid('codepipeline', level, execution.id, attempt, state, JSON.stringify(detail)),
      source: 'aws.codepipeline',
      detailType: `CodePipeline ${level} Execution State Change`,
      resources: [pipelineArn(host, execution.pipelineName)],
      detail: {
        pipeline: execution.pipelineName,
        'execution-id': execution.id,
        ...detail,
        state,
        version: execution.declaration.version,
        'pipeline-execution-attempt': attempt + 1,
      },
    });
  };

  return {
    pipeline: (execution, state) =>
      emit('Pipeline', execution, state, {
        'execution-trigger': {
          'trigger-type': execution.trigger.triggerType,
          'trigger-detail': execution.trigger.triggerDetail,
        },
      }),
    stage: (execution, stage, state) => emit('Stage', execution, state, { stage }),
    action: (execution, action, state) => {
      const type = execution.declaration.stages
        .find(({ name }) => name === action.stageName)
        ?.actions.find(({ name }) => name === action.actionName)?.type;
      emit('Action', execution, state, {
        stage: action.stageName,
        action: action.actionName,
        'action-execution-id': action.id,
        region: host.region,
        type,
        ...(state !== 'STARTED' && {
          'execution-result': {
            'external-execution-id': action.externalExecutionId,
            'external-execution-summary': action.error?.message ?? action.summary,
            'error-code': action.error?.code,
          },
        }),
      });
    },
  };
};
