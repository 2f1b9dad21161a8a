import type {
  Ami,
  AmiPlace,
  Build,
  DeleteUnusedDependencies,
} from '../../../tasks/keeping/delete-unused-images.ts';
import { deleteUnusedImages } from '../../../tasks/keeping/delete-unused-images.ts';
import type { RevisionLocation, RevisionRecord } from '../../../tasks/keeping/keeping-rules.ts';
import type { Ledger } from '../../../tasks/ledger/ledger.ts';
import type { Environment } from '../../../tasks/payloads.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';

/** Where things are: Lockstep's own region, and that of Prod in another account. */
export type Region = 'us-east-1' | 'eu-west-1';

/** AWS, as far as images and revisions go, with a ledger in memory: what exists, what runs, and what was called. */
export const createKeepingWorld = (start: string) => {
  const world = { now: new Date(start), made: 0 };
  const ledger: Ledger = createMemoryLedger();
  const builds = new Map<string, Build>();
  const amis: Record<Region, Map<string, Ami>> = { 'us-east-1': new Map(), 'eu-west-1': new Map() };
  const instances: Record<Region, string[]> = { 'us-east-1': [], 'eu-west-1': [] };
  const revisions = new Map<string, RevisionRecord>();
  const parameters: Partial<Record<Environment, string>> = { qat: 'ami-base', prod: 'ami-base' };
  const live: Partial<Record<Environment, RevisionLocation>> = {};
  const deployments = new Map<string, RevisionLocation>();
  /** What runs of pipelines read from the source, by their ids. */
  const sources = new Map<string, RevisionLocation>();
  /** Every change that was asked for, in order. */
  const calls: string[] = [];
  /** Calls that fail, by their name; `after` so many of them. */
  const faults = new Map<string, { after: number }>();

  const call = (name: string): void => {
    const fault = faults.get(name);
    if (fault === undefined) return;
    if (fault.after === 0) throw new Error(`${name} is throttled`);
    fault.after -= 1;
  };
  const placeIn = (region: Region): AmiPlace => ({
    region,
    list: async () => {
      call(`amis in ${region}`);
      return [...amis[region].values()];
    },
    running: async (imageIds) => {
      call(`instances in ${region}`);
      return instances[region].filter((imageId) => imageIds.includes(imageId));
    },
    remove: async (imageId) => {
      call(`deregister in ${region}`);
      calls.push(`deregister ${imageId}`);
      amis[region].delete(imageId);
    },
  });

  /** An image as Image Builder makes it: an AMI where it is built, and for Prod one where that is. */
  const build = (environment: Environment): { readonly arn: string; readonly imageId: string } => {
    world.made += 1;
    const arn = `arn:image/lockstep-shop/1.0.0/${world.made}`;
    const places: Region[] = environment === 'prod' ? ['us-east-1', 'eu-west-1'] : ['us-east-1'];
    const imageIds = places.map((region) => {
      const imageId = `ami-${world.made}-${region}`;
      amis[region].set(imageId, { imageId, build: arn, createdAt: world.now, size: 8 });
      return imageId;
    });
    builds.set(arn, { arn, isBuilding: false, createdAt: world.now, imageIds, pipeline: environment });
    return { arn, imageId: imageIds.at(-1) ?? '' };
  };
  /** A revision that is deployed. @returns the deployment's id */
  const deploy = (environment: Environment): string => {
    world.made += 1;
    const revision = {
      bucket: 'artifacts',
      key: `lockstep-shop/Source/${world.made}`,
      version: 'v',
      createdAt: world.now,
    };
    revisions.set(revision.key, revision);
    const deploymentId = `d-${world.made}`;
    deployments.set(deploymentId, revision);
    live[environment] = revision;
    return deploymentId;
  };

  const dependencies = (releases: number): DeleteUnusedDependencies => ({
    reuseDays: 0,
    ledger,
    sourceOf: async (_, runId) => {
      call('run');
      return sources.get(runId);
    },
    revisionOf: async (_, deploymentId) => {
      call('deployment');
      return deployments.get(deploymentId);
    },
    builds: {
      list: async () => {
        call('builds');
        return [...builds.values()];
      },
      remove: async (arn) => {
        call('delete build');
        calls.push(`delete ${arn}`);
        builds.delete(arn);
      },
    },
    places: [placeIn('us-east-1'), placeIn('eu-west-1')],
    stores: [
      {
        bucket: 'artifacts',
        list: async () => {
          call('revisions');
          return [...revisions.values()];
        },
        remove: async ({ key }) => {
          call('delete revision');
          calls.push(`delete ${key}`);
          revisions.delete(key);
        },
      },
    ],
    environments: (['qat', 'prod'] as const).map((environment) => ({
      image: async () => {
        call(`parameter of ${environment}`);
        return parameters[environment] ?? '';
      },
      revisions: async () => {
        call(`group of ${environment}`);
        return [live[environment]].flatMap((revision) => revision ?? []);
      },
    })),
    now: () => world.now,
    application: 'shop',
    releases,
    deleted: () => {},
  });

  return {
    world,
    ledger,
    builds,
    amis,
    instances,
    revisions,
    parameters,
    live,
    deployments,
    sources,
    calls,
    faults,
    build,
    deploy,
    pass: (days: number) => {
      world.now = new Date(world.now.getTime() + days * 24 * 60 * 60_000);
    },
    clean: (releases = 10) => deleteUnusedImages(dependencies(releases))(),
    imageIds: () => Object.values(amis).flatMap((place) => [...place.keys()]),
  };
};

export type KeepingWorld = ReturnType<typeof createKeepingWorld>;
