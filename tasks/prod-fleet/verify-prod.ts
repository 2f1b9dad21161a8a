import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type { DeploymentInfo, InstanceTarget, RevisionLocation } from '@aws-sdk/client-codedeploy';
import type { ActionExecutionDetail, PipelineExecution } from '@aws-sdk/client-codepipeline';
import { consoleLine, deploymentLink } from '../console-links.ts';
import { otherImage, type ReadInstanceImages } from '../images/instance-images.ts';
import { type Deployments, deploymentOf, type PipelineRuns } from '../jobs/pipeline-run.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { VerifyProdOutput, VerifyProdRequest } from '../payloads.ts';
import type { ProvenanceProblem } from '../provenance/check-provenance.ts';
import type { AutoScalingGroups } from './auto-scaling-groups.ts';
import type { DeploymentGroups } from './deployment-groups.ts';
import type { FleetNames } from './fleet-properties.ts';
import { ProdNotVerifiedError } from './prod-errors.ts';
import { watchAlarms } from './watched-alarms.ts';

/** What serves behind the load balancer. */
export interface ServingInstances {
  /** Ids of the target group's healthy instances. */
  readonly healthy: (targetGroupArn: string) => Promise<readonly string[]>;
  readonly imagesOf: ReadInstanceImages;
}

/** Prod as it should be. */
interface ProdSettings extends FleetNames {
  readonly pipelineName: string;
  readonly targetGroupArn: string;
  readonly minSize: number;
  readonly maxSize: number;
  /** That watch each deployment; some may have been left out of this one. */
  readonly alarmNames: readonly string[];
}

/** What verifying needs. */
interface VerifyProdDependencies {
  readonly ledger: Pick<Ledger, 'updatePromotion'>;
  readonly runs: Pick<PipelineRuns, 'run' | 'actions'>;
  readonly deployments: Deployments;
  readonly deploymentGroups: Pick<DeploymentGroups, 'createdSince' | 'find' | 'watch'>;
  readonly groups: Pick<AutoScalingGroups, 'named' | 'update' | 'attachTargetGroup' | 'scaleByLoad'>;
  readonly serving: ServingInstances;
  readonly provenanceProblem: ProvenanceProblem;
  readonly region: string;
  readonly prod: ProdSettings;
}

/** A deployment and what it did to instances. */
interface Delivery {
  readonly deployment: DeploymentInfo | undefined;
  readonly targets: readonly InstanceTarget[];
}

/** What was seen of Prod. */
interface ProdObservation {
  readonly run: PipelineExecution | undefined;
  readonly actions: readonly ActionExecutionDetail[];
  /** The promotion's own deployment. */
  readonly delivery: Delivery;
  /** Those of the group since, however they ended: Auto Scaling's to instances that it added (T29), or anybody's. */
  readonly later: readonly Delivery[];
  readonly group: AutoScalingGroup | undefined;
  readonly healthy: readonly string[];
  readonly images: Readonly<Record<string, string | undefined>>;
}

const isOfInstance = ({ targets }: Delivery, instance: string): boolean =>
  targets.some(({ targetId, status }) => targetId === instance && status === 'Succeeded');

/** Version and entity tag count where both have them: not every deployment of a revision does. */
export function isSameRevision(a: RevisionLocation | undefined, b: RevisionLocation | undefined): boolean {
  const [one, other] = [a?.s3Location, b?.s3Location];
  return (
    one?.key !== undefined &&
    one.key === other?.key &&
    one.bucket === other.bucket &&
    (['version', 'eTag'] as const).every(
      (part) => one[part] === undefined || other[part] === undefined || one[part] === other[part],
    )
  );
}

/** What is wrong with the revision that an instance got last, if anything is. */
function revisionDifferences(
  instance: string,
  deploymentId: string,
  { delivery, later }: ProdObservation,
): readonly string[] {
  const [last] = [delivery, ...later]
    .filter((one) => isOfInstance(one, instance))
    .sort((a, b) => createdAt(b) - createdAt(a));
  if (last === undefined) return [`instance ${instance} did not get deployment ${deploymentId}`];
  return last === delivery || isSameRevision(last.deployment?.revision, delivery.deployment?.revision)
    ? []
    : [
        `instance ${instance} got deployment ${last.deployment?.deploymentId} after deployment ${deploymentId}, of another revision`,
      ];
}

const createdAt = ({ deployment }: Delivery): number => deployment?.createTime?.getTime() ?? 0;

/** How Prod differs from what was approved; nothing if it does not. */
function prodDifferences(
  { imageId, commitId, pipelineExecutionId, deploymentId, builtVersion }: VerifyProdRequest,
  seen: ProdObservation,
): readonly string[] {
  const revisions = (seen.run?.artifactRevisions ?? []).map(({ revisionId }) => revisionId);
  const what = builtVersion === undefined ? 'commit' : 'version';
  const deployed = deploymentOf(seen.actions);
  const { deployment } = seen.delivery;
  const members = new Set((seen.group?.Instances ?? []).map(({ InstanceId }) => InstanceId));
  return [
    ...(seen.run?.status === 'Succeeded'
      ? []
      : [`pipeline execution ${pipelineExecutionId} is ${seen.run?.status ?? 'missing'}, not Succeeded`]),
    ...(revisions.includes(builtVersion ?? commitId)
      ? []
      : [
          `pipeline execution ${pipelineExecutionId} deployed ${what} ${revisions.join(', ') || 'unknown'}, not ${builtVersion ?? commitId}`,
        ]),
    ...(deployed === deploymentId
      ? []
      : [
          `pipeline execution ${pipelineExecutionId} made deployment ${deployed ?? 'none'}, not ${deploymentId}`,
        ]),
    ...(deployment?.status === 'Succeeded'
      ? []
      : [`deployment ${deploymentId} is ${deployment?.status ?? 'missing'}, not Succeeded`]),
    ...(seen.group === undefined ? ['the Auto Scaling group of the deployment group is missing'] : []),
    ...(seen.healthy.length === 0 ? ['the target group has no healthy instance'] : []),
    ...seen.healthy.flatMap((instance) => [
      ...otherImage(instance, seen.images[instance], imageId),
      ...revisionDifferences(instance, deploymentId, seen),
      ...(seen.group === undefined || members.has(instance)
        ? []
        : [`instance ${instance} is not in the Auto Scaling group ${seen.group.AutoScalingGroupName}`]),
    ]),
  ];
}

/** CodeDeploy's copy of a group has min = desired, and may lack target group and scaling policy: all are repaired (T05). */
async function repair(
  groups: VerifyProdDependencies['groups'],
  group: AutoScalingGroup,
  name: string,
  { minSize, maxSize, targetGroupArn }: ProdSettings,
): Promise<void> {
  if (group.MinSize !== minSize || group.MaxSize !== maxSize)
    await groups.update({ AutoScalingGroupName: name, MinSize: minSize, MaxSize: maxSize });
  if (!(group.TargetGroupARNs ?? []).includes(targetGroupArn))
    await groups.attachTargetGroup(name, targetGroupArn);
  await groups.scaleByLoad(name);
}

/**
 * Sees that every instance that serves runs the approved image and the approved commit, also if Auto Scaling has added it since
 * and CodeDeploy has given it the same revision in a deployment of its own (T29), and repairs the fleet that
 * CodeDeploy made. Safe to repeat.
 * @throws ProdNotVerifiedError with everything that differs
 */
export function verifyProd({
  ledger,
  runs,
  deployments,
  deploymentGroups,
  groups,
  serving,
  provenanceProblem,
  region,
  prod,
}: VerifyProdDependencies) {
  return async function verifyProd(request: VerifyProdRequest): Promise<VerifyProdOutput> {
    const { promotionId, pipelineExecutionId, deploymentId, imageId } = request;
    const deploymentGroup = await deploymentGroups.find(prod.applicationName, prod.deploymentGroupName);
    const name = deploymentGroup?.autoScalingGroups?.[0]?.name;
    const group = name === undefined ? undefined : await groups.named(name);
    if (name !== undefined && group !== undefined) await repair(groups, group, name, prod);
    await watchAlarms(deploymentGroups, prod, prod.alarmNames);

    const deliveryOf = async (id: string): Promise<Delivery> => {
      const [deployment, targets] = await Promise.all([deployments.deployment(id), deployments.targets(id)]);
      return { deployment, targets };
    };
    const [run, actions, delivery, healthy] = await Promise.all([
      runs.run(prod.pipelineName, pipelineExecutionId),
      runs.actions(prod.pipelineName, pipelineExecutionId),
      deliveryOf(deploymentId),
      serving.healthy(prod.targetGroupArn),
    ]);
    const images = await serving.imagesOf(healthy);
    const since = delivery.deployment?.createTime;
    const ids =
      since === undefined
        ? []
        : await deploymentGroups.createdSince(prod.applicationName, prod.deploymentGroupName, since);
    const later: Delivery[] = [];
    // One after the other: CodeDeploy throttles many calls at once.
    for (const id of ids) if (id !== deploymentId) later.push(await deliveryOf(id));
    const problem = await provenanceProblem(promotionId, imageId);
    const differences = [
      ...prodDifferences(request, { run, actions, delivery, later, group, healthy, images }),
      ...(problem === undefined ? [] : [problem]),
    ];
    if (differences.length > 0)
      throw new ProdNotVerifiedError(
        [
          'Prod is not what was approved:',
          ...differences.map((difference) => `- ${difference}`),
          'Check what serves before you redrive; a redrive verifies again.',
          ...consoleLine(deploymentLink(region, deploymentId)),
        ].join('\n'),
      );
    await ledger.updatePromotion(promotionId, {
      images: { prod: imageId },
      deployments: { prod: deploymentId },
      verifiedInstances: healthy,
    });
    return { autoScalingGroupName: name ?? '', instanceIds: healthy };
  };
}
