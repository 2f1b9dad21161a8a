import { isObject, parsedJson } from '../json.ts';

/** External ids of jobs, and how events of the services name them. */

/** The id of an instance refresh: the group's name may hold slashes, the refresh's id none. */
export const instanceRefreshId = (autoScalingGroupName: string, refreshId: string): string =>
  `${autoScalingGroupName}/${refreshId}`;

/** The id of a pipeline's run. */
export const pipelineRunId = (pipelineName: string, pipelineExecutionId: string): string =>
  `${pipelineName}/${pipelineExecutionId}`;

/** CodeBuild's id of a build, `<project>:<id>`, from the ARN in its events. */
const buildIdOf = (arn: unknown): unknown => (typeof arn === 'string' ? arn.split('/').at(-1) : undefined);

/** The two parts of such an id. @throws RangeError for another text */
export function partsOf(externalId: string): readonly [name: string, id: string] {
  const slash = externalId.lastIndexOf('/');
  if (slash <= 0 || slash === externalId.length - 1)
    throw new RangeError(`"${externalId}" is not an external id of a job: give "<name>/<id>"`);
  return [externalId.slice(0, slash), externalId.slice(slash + 1)];
}

const field = (value: unknown, ...path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((inner, name) => (isObject(inner) ? inner[name] : undefined), value);

/** Image Builder's message through SNS is the image as JSON text; its `arn` is the build's (T14). */
function ofNotification(event: unknown): unknown[] {
  const records = field(event, 'Records');
  return Array.isArray(records)
    ? records.map((record) => field(parsedJson(field(record, 'Sns', 'Message')), 'arn'))
    : [];
}

/** Events of EventBridge by source (T15, T24, T30). */
function ofEvent(event: unknown): unknown {
  const detail = field(event, 'detail');
  const both = (make: (name: string, id: string) => string, name: unknown, id: unknown): unknown =>
    typeof name === 'string' && typeof id === 'string' ? make(name, id) : undefined;
  switch (field(event, 'source')) {
    case 'aws.imagebuilder':
      return field(event, 'resources', 0);
    case 'aws.codebuild':
      return buildIdOf(field(detail, 'build-id'));
    case 'aws.codepipeline':
      return both(pipelineRunId, field(detail, 'pipeline'), field(detail, 'execution-id'));
    case 'aws.autoscaling':
      return both(
        instanceRefreshId,
        field(detail, 'AutoScalingGroupName'),
        field(detail, 'InstanceRefreshId'),
      );
    default:
      return undefined;
  }
}

/** The external ids that an SNS or EventBridge event names; none for what is not about jobs. */
export const externalIdsIn = (event: unknown): readonly string[] => [
  ...new Set(
    [...ofNotification(event), ofEvent(event)].filter(
      (id): id is string => typeof id === 'string' && id !== '',
    ),
  ),
];
