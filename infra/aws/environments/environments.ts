import type { Stack } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { Bucket, IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { APPLICATION_TAG } from '../../../tasks/images/own-images.ts';
import type { Environment } from '../../../tasks/payloads.ts';
import type { ApplicationConfig, EnvironmentPlace, InternetAccess } from '../../config.ts';
import type { ImageDestination } from '../image/image-build.ts';
import type { PlatformStack } from '../platform/platform-stack.ts';
import { ArtifactKeys } from '../promotion/artifact-keys.ts';
import { ArtifactStack } from '../promotion/artifact-stack.ts';
import type { DeployElsewhere } from '../promotion/deployment-pipeline.ts';
import { accessHere, type EnvironmentAccess } from './environment-access.ts';
import { type EnvironmentStackProps, ProdStack, QatStack } from './environment-stack.ts';
import { ImageParameters } from './image-parameters.ts';
import { ProdEnvironment } from './prod-environment.ts';
import { QatEnvironment } from './qat-environment.ts';
import { type ArtifactStore, revisionsHere } from './revisions.ts';
import type { WorkloadsStack } from './workloads-stack.ts';

/** What applications share in a place. */
export type WorkloadsIn = (place: EnvironmentPlace) => WorkloadsStack;

interface EnvironmentsProps {
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

/** An environment and where it is. */
interface Placed<Kind> {
  readonly environment: Kind;
  readonly environmentAccess: EnvironmentAccess;
  /** Only of one that is elsewhere. */
  readonly elsewhere?: DeployElsewhere & { readonly place: EnvironmentPlace };
}

/** Where images of an environment elsewhere go. */
export function destinationOf(
  application: ApplicationConfig,
  environment: Environment,
  workloads: WorkloadsIn,
): { readonly destination: ImageDestination } | undefined {
  const place = application.environments?.[environment];
  return (
    place && {
      destination: { account: place.account, region: place.region, keyArn: workloads(place).imageKeyArn },
    }
  );
}

/**
 * Makes both environments of an application: in its own stack, or each in a stack of its own in another account or region.
 * @param stack the application's
 */
export function createEnvironments(
  stack: Stack,
  props: EnvironmentsProps,
): { readonly qat: Placed<QatEnvironment>; readonly prod: Placed<ProdEnvironment> } {
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
      return {
        environment: new QatEnvironment(stack, 'Qat', environment()),
        environmentAccess: accessHere(stack),
      };
    const found = stores.for(qatPlace);
    const there = new QatStack(scopeOf(stack), `${stack.stackName}-Qat`, {
      ...propsElsewhere(props, qatPlace),
      store: found.store,
    });
    stack.addStackDependency(there);
    return {
      environment: there.qat,
      environmentAccess: there.environmentAccess,
      elsewhere: elsewhere(qatPlace, there, found),
    };
  };
  const placeProd = (): Placed<ProdEnvironment> => {
    if (!prodPlace) {
      const here = { ...environment(), bundles, logs: props.accessLogs, alarms: props.platform.alarms };
      return { environment: new ProdEnvironment(stack, 'Prod', here), environmentAccess: accessHere(stack) };
    }
    const found = stores.for(prodPlace);
    const there = new ProdStack(scopeOf(stack), `${stack.stackName}-Prod`, {
      ...propsElsewhere(props, prodPlace),
      store: found.store,
    });
    stack.addStackDependency(there);
    return {
      environment: there.prod,
      environmentAccess: there.environmentAccess,
      elsewhere: elsewhere(prodPlace, there, found),
    };
  };
  return { qat: placeQat(), prod: placeProd() };
}

/** What the stack of an environment elsewhere is made with, whichever environment it is. */
const propsElsewhere = (
  { application, bundles, platform, workloads, internetAccess }: EnvironmentsProps,
  place: EnvironmentPlace,
): Omit<EnvironmentStackProps, 'store'> => ({
  env: { account: place.account, region: place.region },
  description: `Lockstep: ${application.name} in another account or region`,
  tags: { [APPLICATION_TAG]: application.name },
  application,
  bundles,
  platform,
  workloads: workloads(place),
  internetAccess,
});

/** What a pipeline must know of an environment elsewhere. */
const elsewhere = (
  place: EnvironmentPlace,
  stack: QatStack | ProdStack,
  { store, keyArn }: FoundStore,
): NonNullable<Placed<unknown>['elsewhere']> => ({
  place,
  allowDeployments: (role) => stack.allowDeployments(role),
  ...(keyArn !== undefined && { regional: { region: place.region, bucket: store.bucket, keyArn } }),
});

/** Other stacks stand beside the application's. */
const scopeOf = (stack: Stack): Construct => stack.node.scope ?? stack;

/** The revisions in a region. */
interface FoundStore {
  readonly store: ArtifactStore;
  /** ARN of its key, if the region is not the pipelines'. */
  readonly keyArn?: string;
}

/** The revisions' buckets by region. */
class RegionalStores {
  private readonly found = new Map<string, FoundStore>();
  private keys: ArtifactKeys | undefined;

  constructor(
    private readonly stack: Stack,
    private readonly props: EnvironmentsProps,
  ) {}

  for({ region }: EnvironmentPlace): FoundStore {
    const { application, bundles, artifacts, key } = this.props;
    if (region === this.stack.region) return { store: { bucket: artifacts, key } };
    const known = this.found.get(region);
    if (known) return known;
    const there = new ArtifactStack(scopeOf(this.stack), `${this.stack.stackName}-Artifacts-${region}`, {
      env: { account: this.stack.account, region },
      description: `Lockstep: revisions of ${application.name} that are deployed in ${region}`,
      tags: { [APPLICATION_TAG]: application.name },
      application: application.name,
    });
    this.stack.addStackDependency(there);
    this.keys ??= new ArtifactKeys(this.stack, 'ArtifactKeys', { application: application.name, bundles });
    const made = { store: there.store, keyArn: this.keys.arnIn(there) };
    this.found.set(region, made);
    return made;
  }
}
