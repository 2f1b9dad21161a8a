import fs from 'node:fs';
import path from 'node:path';
import type { BundleFile } from '../../../instances/application.ts';
import { zipOf } from '../../../instances/application.ts';
import {
  createFleetHost,
  deploy,
  ended,
  type FleetHost,
  setUpInPlace,
  targets,
} from '../../../instances/fleet-host.ts';

/** A bundle's files; bytes stand for a whole zip. */
export type Bundle = Readonly<Record<string, BundleFile>> | Buffer;

/** How a deployment ended, with its first failed event. */
export interface Outcome {
  readonly id: string;
  readonly status: string | undefined;
  readonly event?: string | undefined;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

/** An instance to whose agent bundles are given one after the other. */
export interface AgentFleet {
  readonly fleet: FleetHost;
  /** What is `/` on the instance. */
  readonly root: string;
  readonly deploy: (bundle: Bundle, more?: object) => Promise<Outcome>;
  /** What the agent says to events that succeeded. */
  readonly warnings: (deploymentId: string) => Promise<string>;
  /** Whether something is there, links not followed. */
  readonly has: (file: string) => boolean;
  readonly read: (file: string) => string;
  readonly write: (file: string, text: string) => void;
  /** Octal digits. */
  readonly mode: (file: string) => string;
}

/** An AppSpec file for Linux. */
export const appSpec = (rest = ''): string => `version: 0.0\nos: linux\n${rest}`;

/** An AppSpec file with one hook of one script. */
export const withHook = (event: string, location: string, more = ''): string =>
  appSpec(`hooks:\n  ${event}:\n    - location: ${location}\n${more}`);

export const createAgentFleet = async (): Promise<AgentFleet> => {
  const fleet = createFleetHost();
  const [instanceId = ''] = (await setUpInPlace(fleet)).instanceIds;
  const root = fleet.instances.root(instanceId);
  const at = (file: string) => path.join(root, file);
  const eventsOf = async (id: string) =>
    (await targets(fleet, id)).flatMap(({ lifecycleEvents }) => lifecycleEvents ?? []);
  let count = 0;
  return {
    fleet,
    root,
    deploy: async (bundle, more = {}) => {
      const key = `${count++}.zip`;
      const files = Buffer.isBuffer(bundle) ? {} : bundle;
      const revision = await fleet.revision(key, files);
      if (Buffer.isBuffer(bundle)) {
        const { ETag } = await fleet.call<{ ETag: string }>('s3', 'PutObject', {
          Bucket: 'artifacts',
          Key: key,
          Body: bundle,
        });
        Object.assign(revision.s3Location, { eTag: ETag });
      }
      const id = await deploy(fleet, 'qat', revision, more);
      const { status } = await ended(fleet, id);
      const failed = (await eventsOf(id)).find((event) => event.status === 'Failed');
      return {
        id,
        status,
        ...(failed && {
          event: failed.lifecycleEventName,
          code: failed.diagnostics?.errorCode,
          message: failed.diagnostics?.message,
        }),
      };
    },
    warnings: async (id) =>
      (await eventsOf(id)).map(({ diagnostics }) => diagnostics?.logTail ?? '').join('\n'),
    has: (file) => fs.lstatSync(at(file), { throwIfNoEntry: false }) !== undefined,
    read: (file) => fs.readFileSync(at(file), 'utf8'),
    write: (file, text) => {
      fs.mkdirSync(path.dirname(at(file)), { recursive: true });
      fs.writeFileSync(at(file), text);
    },
    mode: (file) => (fs.statSync(at(file)).mode & 0o7777).toString(8),
  };
};

/** A zip in which a name stands as other bytes of the same number, which the program that writes zips would not write. */
export const renamed = async (
  files: Readonly<Record<string, BundleFile>>,
  from: string,
  to: Buffer,
): Promise<Buffer> => {
  const zip = (await zipOf(files)).toString('latin1');
  return Buffer.from(zip.replaceAll(from, to.toString('latin1')), 'latin1');
};
