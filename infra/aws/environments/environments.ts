import type { Stack } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { Bucket, IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Environment } from '../../../tasks/payloads.ts';
import type { ApplicationConfig, EnvironmentPlace, InternetAccess } from '../../config.ts';
import type { ImageDestination } from '../image/image-build.ts';
import type { PlatformStack } from '../platform/platform-stack.ts';
import { ArtifactKeys } from '../promotion/artifact-keys.ts';
import { ArtifactStack } from '../promotion/artifact-stack.ts';
import type { DeployElsewhere } from '../promotion/deployment-pipeline.ts';
import { type EnvironmentStackProps, ProdStack, QatStack } from './environment-stack.ts';
import { ImageParameters } from './image-parameters.ts';
import { ProdEnvironment } from './prod.ts';
import { QatEnvironment } from './qat.ts';
import { type EnvironmentReach, reachHere } from './reach.ts';
import { revisionsHere } from './revisions.ts';
import type { WorkloadsStack } from './workloads-stack.ts';

/** What applications share in a place. */
export type WorkloadsIn = (place: EnvironmentPlace) => WorkloadsStack;

export interface EnvironmentsProps {
  readonly application: ApplicationConfig;
  readonly bundles: string;
  readonly platform: PlatformStack;
  readonly workloads: WorkloadsIn;
  readonly artifacts: Bucket;
  readonly key: Key;
  readonly accessLogs: IBucket;
  readonly vpc: IVpc;
  readonly internetAccess: InternetAccess;
}

/** An environment, wherever it is. */
export interface Placed<Kind> {
  readonly environment: Kind;
  readonly reach: EnvironmentReach;
  /** Only of one that is elsewhere. */
  readonly elsewhere?: DeployElsewhere & { readonly place: EnvironmentPlace };
}

/** Where images of an environment elsewhere go. */
export const destinationOf = (
  application: ApplicationConfig,
  environment: Environment,
  workloads: WorkloadsIn,
): { readonly destination: ImageDestination } | undefined => {
  const place = application.environments?.[environment];
  return (
    place && {
      destination: { account: place.account, region: place.region, keyArn: workloads(place).imageKeyArn },
    }
  );
};

/**
 * Makes both environments of an application: in its own stack, or each in a stack of its own in another account or region.
 * @param stack the application's
 */
export const createEnvironments = (
  stack: Stack,
  props: EnvironmentsProps,
): { readonly qat: Placed<QatEnvironment>; readonly prod: Placed<ProdEnvironment> } => {
  const { application, bundles, artifacts, key, vpc, internetAccess } = props;
  const { qat: qatPlace, prod: prodPlace } = application.environments ?? {};
  const here: readonly Environment[] = [
    ...(qatPlace ? [] : (['qat'] as const)),
    ...(prodPlace ? [] : (['prod'] as const)),
  ];
  let parameters: ImageParameters | undefined;
  const environment = () => {
    parameters ??= new ImageParameters(stack, 'ImageParameters', {
      application: application.name,
      bundles,
      instanceType: application.instanceTypes.image,
      environments: here,
    });
    const revisions = revisionsHere({ bucket: artifacts, key });
    return { application, vpc, revisions, internetAccess, imageParameters: parameters };
  };
  const stores = new RegionalStores(stack, props);

  const placeQat = (): Placed<QatEnvironment> => {
    if (!qatPlace)
      return { environment: new QatEnvironment(stack, 'Qat', environment()), reach: reachHere(stack) };
    const [where, elsewhere] = stores.stackProps(qatPlace);
    const qatStack = new QatStack(scopeOf(stack), `${stack.stackName}-Qat`, where);
    stack.addStackDependency(qatStack);
    return { environment: qatStack.qat, reach: qatStack.reach, elsewhere: elsewhere(qatStack) };
  };
  const placeProd = (): Placed<ProdEnvironment> => {
    if (!prodPlace)
      return {
        environment: new ProdEnvironment(stack, 'Prod', {
          ...environment(),
          bundles,
          logs: props.accessLogs,
        }),
        reach: reachHere(stack),
      };
    const [where, elsewhere] = stores.stackProps(prodPlace);
    const prodStack = new ProdStack(scopeOf(stack), `${stack.stackName}-Prod`, where);
    stack.addStackDependency(prodStack);
    return { environment: prodStack.prod, reach: prodStack.reach, elsewhere: elsewhere(prodStack) };
  };
  return { qat: placeQat(), prod: placeProd() };
};

/** Other stacks stand beside the application's. */
const scopeOf = (stack: Stack): Construct => stack.node.scope ?? stack;

/** The revisions' buckets by region. */
class RegionalStores {
  private readonly stacks = new Map<string, { readonly stack: ArtifactStack; readonly keyArn: string }>();
  private keys: ArtifactKeys | undefined;

  constructor(
    private readonly stack: Stack,
    private readonly props: EnvironmentsProps,
  ) {}

  /** What the stack of an environment elsewhere is made with, and what its pipeline must know of it. */
  stackProps(
    place: EnvironmentPlace,
  ): [
    EnvironmentStackProps,
    (stack: QatStack | ProdStack) => DeployElsewhere & { readonly place: EnvironmentPlace },
  ] {
    const { application, bundles, platform, workloads, artifacts, key, internetAccess } = this.props;
    const regional = place.region === this.stack.region ? undefined : this.in(place.region);
    const { account, region } = place;
    return [
      {
        env: { account, region },
        description: `Lockstep: ${application.name} in another account or region`,
        tags: { 'lockstep:application': application.name },
        application,
        bundles,
        platform,
        workloads: workloads(place),
        store: regional?.stack.store ?? { bucket: artifacts, key },
        internetAccess,
      },
      (stack) => ({
        place,
        allowDeployments: (role) => stack.allowDeployments(role),
        ...(regional && {
          regional: { region, bucket: regional.stack.store.bucket, keyArn: regional.keyArn },
        }),
      }),
    ];
  }

  private in(region: string): { readonly stack: ArtifactStack; readonly keyArn: string } {
    const known = this.stacks.get(region);
    if (known) return known;
    const { application, bundles } = this.props;
    const stack = new ArtifactStack(scopeOf(this.stack), `${this.stack.stackName}-Artifacts-${region}`, {
      env: { account: this.stack.account, region },
      description: `Lockstep: revisions of ${application.name} that are deployed in ${region}`,
      tags: { 'lockstep:application': application.name },
      application: application.name,
    });
    this.stack.addStackDependency(stack);
    this.keys ??= new ArtifactKeys(this.stack, 'ArtifactKeys', { application: application.name, bundles });
    const made = { stack, keyArn: this.keys.arnIn(stack) };
    this.stacks.set(region, made);
    return made;
  }
}
