import { type ActionContext, type Outcome, onlyInput, type RunAction } from './actions.ts';

/** How often a build is asked for. On AWS some seconds. */
const POLL_MS = 150;

interface BuildAnswer {
  readonly id?: string;
  readonly buildStatus?: string;
  readonly phases?: readonly {
    readonly phaseType?: string;
    readonly phaseStatus?: string;
    readonly contexts?: readonly { readonly statusCode?: string; readonly message?: string }[];
  }[];
  readonly logs?: { readonly deepLink?: string };
}

/** Has CodeBuild build the input artifact, and waits for the end. The same attempt starts one build, also after a crash. */
export const runCodeBuild: RunAction = async (context): Promise<Outcome> => {
  const { host, record, update, isLive } = context;
  const principal = await context.principal();
  const { ProjectName: projectName = '', EnvironmentVariables: variables } = record().configuration;
  const { bucket, key } = onlyInput(context);
  // A build that is recorded goes on, however long ago it was started: its token counts for minutes.
  if (record().externalExecutionId === undefined) {
    const { build } = await host.call<{ build?: BuildAnswer }>(principal, 'codebuild', 'StartBuild', {
      projectName,
      sourceTypeOverride: 'S3',
      sourceLocationOverride: `${bucket}/${key}`,
      sourceVersion: revisionOf(context),
      idempotencyToken: record().id,
      ...(variables !== undefined && { environmentVariablesOverride: JSON.parse(variables) as unknown }),
    });
    update({
      externalExecutionId: build?.id ?? '',
      externalExecutionUrl: build?.logs?.deepLink ?? '',
    });
  }
  const { externalExecutionId = '', externalExecutionUrl = '' } = record();
  while (isLive()) {
    const { builds: [current] = [] } = await host.call<{ builds?: BuildAnswer[] }>(
      principal,
      'codebuild',
      'BatchGetBuilds',
      { ids: [externalExecutionId] },
    );
    if (current?.buildStatus === 'SUCCEEDED')
      return { externalExecutionId, externalExecutionUrl, summary: 'Build succeeded' };
    if (current?.buildStatus !== 'IN_PROGRESS')
      return {
        externalExecutionId,
        externalExecutionUrl,
        summary: 'Build failed',
        error: { code: 'JobFailed', message: messageOf(current) },
      };
    await context.wait(POLL_MS);
  }
  return {};
};

/** In CodePipeline's words. */
const messageOf = (build: BuildAnswer | undefined): string => {
  const failed = build?.phases?.find(({ phaseStatus }) => phaseStatus !== 'SUCCEEDED');
  const { statusCode, message } = failed?.contexts?.[0] ?? {};
  return [
    `Build terminated with state: ${build?.buildStatus ?? 'unknown'}`,
    ...(failed ? [`. Phase: ${failed.phaseType}, Code: ${statusCode}, Message: ${message}`] : []),
  ].join('');
};

const revisionOf = ({ execution }: ActionContext): string => execution.overrides[0]?.revisionValue ?? '';
