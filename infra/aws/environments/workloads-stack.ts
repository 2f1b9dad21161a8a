import { Arn, ArnFormat, Fn, Stack, type StackProps } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { EnvironmentPlace, LockstepConfig, NetworkConfig } from '../../config.ts';
import { rotatingKey } from '../encrypted-topic.ts';
import { FOR_AWS_RESOURCES, IMAGE_KEY_ACTIONS, imageKey } from '../image/image-key.ts';
import { logBucket } from '../log-bucket.ts';
import { acknowledgeManagedPolicy, acknowledgeWildcards } from '../nag-acknowledgements.ts';
import { DISTRIBUTION_ROLE, IMAGE_KEY_ALIAS } from '../names.ts';
import { AlarmsTopic } from '../operations/alarms-topic.ts';
import { allow } from '../permissions.ts';
import { createNetwork } from '../platform/network.ts';
import { rolesOf } from '../service-principal.ts';

interface WorkloadsStackProps extends StackProps {
  readonly network: NetworkConfig;
  /** Where Lockstep itself is, and builds images. */
  readonly delivery: { readonly account: string; readonly region: string };
  /** Whether Image Builder's role is made here: an account has one for all its regions. */
  readonly hasDistributionRole: boolean;
  /** Who gets mail about alarms of Prod. */
  readonly operators: readonly string[];
}

/** What applications share in another account and region: the network, the images' key, and the way in for images. */
export class WorkloadsStack extends Stack {
  readonly vpc: IVpc;
  /** ARN of the alias of the key that images are encrypted with. */
  readonly imageKeyArn: string;
  private readonly operators: readonly string[];
  private topic: AlarmsTopic | undefined;

  /** The region's first two zones, asked for when the stack is deployed: a look-up now would take credentials. */
  override get availabilityZones(): string[] {
    return [Fn.select(0, Fn.getAzs()), Fn.select(1, Fn.getAzs())];
  }

  constructor(scope: Construct, id: string, { network, delivery, operators, ...props }: WorkloadsStackProps) {
    super(scope, id, props);
    this.vpc = createNetwork(this, 'Network', network, logBucket(this, 'AccessLogs'));
    const key = imageKey(this, 'ImageKey', { description: 'Lockstep: images that instances start from' });
    key.addAlias(IMAGE_KEY_ALIAS);
    this.imageKeyArn = this.formatArn({
      service: 'kms',
      resource: IMAGE_KEY_ALIAS,
      arnFormat: ArnFormat.NO_RESOURCE_NAME,
    });
    if (props.hasDistributionRole) this.createDistributionRole(delivery);
    this.operators = operators;
  }

  /** Alarms call from the account and region of what they watch. Made for the first Prod that is here. */
  get alarms(): AlarmsTopic {
    this.topic ??= new AlarmsTopic(this, 'Alarms', {
      key: rotatingKey(this, 'MailKey', 'Lockstep: mail to operators'),
      operators: this.operators,
    });
    return this.topic;
  }

  /** Image Builder copies images into this account under a role of this very name. */
  private createDistributionRole({ account, region }: WorkloadsStackProps['delivery']): void {
    const ofDelivery = { partition: this.partition, account };
    const role = new Role(this, 'Distribution', {
      roleName: DISTRIBUTION_ROLE,
      description: 'Image Builder brings images of Lockstep',
      assumedBy: rolesOf(account, [
        Arn.format({
          ...ofDelivery,
          service: 'iam',
          region: '',
          resource: 'role',
          resourceName: 'aws-service-role/imagebuilder.amazonaws.com/AWSServiceRoleForImageBuilder',
        }),
      ]),
      managedPolicies: [
        ManagedPolicy.fromAwsManagedPolicyName('Ec2ImageBuilderCrossAccountDistributionAccess'),
      ],
    });
    acknowledgeManagedPolicy(
      role,
      'Ec2ImageBuilderCrossAccountDistributionAccess',
      "Image Builder demands AWS's policy of this role, and AWS changes it along with what it does with it.",
    );
    const keys = [
      Arn.format({ ...ofDelivery, service: 'kms', region, resource: 'key', resourceName: '*' }),
      // Of this account in any region: images of one build may go into several.
      this.formatArn({ service: 'kms', region: '*', resource: 'key', resourceName: '*' }),
    ];
    const throughEc2 = { StringLike: { 'kms:ViaService': 'ec2.*.amazonaws.com' } };
    // Image Builder itself looks at the keys; EC2 uses them.
    allow(role, ['kms:DescribeKey'], keys);
    allow(role, IMAGE_KEY_ACTIONS, keys, throughEc2);
    allow(role, ['kms:CreateGrant'], keys, { ...throughEc2, ...FOR_AWS_RESOURCES });
    acknowledgeWildcards(
      role,
      "Keys of images have no id before they are made, some of them in another account, where each key's policy names this role; through EC2 alone it uses them, for images and volumes.",
      ...keys,
    );
  }
}

/**
 * Makes what applications share in each account and region that any of their environments is in.
 * @returns finds it by place
 */
export function createWorkloads(
  scope: Construct,
  { applications, env }: LockstepConfig,
): (place: EnvironmentPlace) => WorkloadsStack {
  const keyOf = ({ account, region }: EnvironmentPlace) => `${account}-${region}`;
  const places = new Map(
    applications
      .flatMap(({ environments = {} }) => Object.values(environments))
      .map((place) => [keyOf(place), place]),
  );
  const delivery = { account: env?.account ?? '', region: env?.region ?? '' };
  const receiving = new Set([delivery.account]);
  const stacks = new Map<string, WorkloadsStack>();
  for (const [key, place] of places) {
    const { account, region, network } = place;
    const isProdOf = applications.filter(
      ({ environments }) => environments?.prod && keyOf(environments.prod) === key,
    );
    stacks.set(
      key,
      new WorkloadsStack(scope, `Lockstep-Workloads-${key}`, {
        env: { account, region },
        description: 'Lockstep: what applications share in this account and region',
        network,
        delivery,
        hasDistributionRole: !receiving.has(account),
        operators: [...new Set(isProdOf.flatMap(({ operators }) => operators))].sort(),
      }),
    );
    receiving.add(account);
  }
  return function createWorkloads(place) {
    const found = stacks.get(keyOf(place));
    if (found) return found;
    throw new RangeError(`No environment of the configuration is in ${keyOf(place)}.`);
  };
}
