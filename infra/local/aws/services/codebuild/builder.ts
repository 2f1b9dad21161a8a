import fs from 'node:fs';
import path from 'node:path';
import type { Host, Principal } from '../../host.ts';
import { createProcessGroups } from '../../instances/process-groups.ts';
import type { ConnectedProvider } from '../shared/connected-provider.ts';
import { unpackBundle } from '../shared/unpack-bundle.ts';
import { NoArtifactsError } from './artifact-files.ts';
import { BuildFailure } from './build-failure.ts';
import { sendLog } from './build-log.ts';
import { failureIn, writeDriver } from './build-script.ts';
import { type Buildspec, BuildspecError, parseBuildspec } from './buildspec.ts';
import { environmentOf } from './environment.ts';
import { type BuildRecord, buildDirectory, buildLog, buildSlug, projectArn, tablesOf } from './records.ts';
import { sourceArchive } from './source-archive.ts';
import { uploadArtifact } from './upload-artifact.ts';

/** Runs builds; those that were under way when the process died begin again. */
interface Builder {
  readonly launch: (id: string) => void;
  readonly stopBuild: (id: string) => Promise<void>;
  readonly stop: () => void;
}

/** Why a build fails that was asked to fail. */
const ASKED_FOR =
  'The build failed because this was asked for with --fail; nothing is wrong with the commit.';

/**
 * Creates the builder.
 * @param connected what connections lead to
 * @param ended tells of a build's end, before it is written
 */
export const createBuilder = (
  host: Host,
  connected: ConnectedProvider | undefined,
  ended: (build: BuildRecord) => void,
): Builder => {
  const { builds } = tablesOf(host);
  const directoryOf = (slug: string) => buildDirectory(host.stateDir, slug);
  const groups = createProcessGroups(host.store, host.clock, directoryOf);
  const running = new Set<string>();
  let stopped = false;

  const end = (id: string, changes: Partial<BuildRecord>) => {
    const build = builds.get(id);
    if (stopped || build?.status !== 'IN_PROGRESS') return;
    const after = { ...build, ...changes, endedAt: host.clock.now() };
    ended(after);
    builds.put(id, after);
  };

  const run = async (build: BuildRecord) => {
    const { id, project } = build;
    const slug = buildSlug(id);
    const directory = directoryOf(slug);
    // What an earlier process of this machine left of the build.
    await groups.kill({ instanceId: slug });
    // It may have been stopped meanwhile.
    if (stopped || builds.get(id)?.status !== 'IN_PROGRESS') return;
    fs.rmSync(directory, { recursive: true, force: true });
    fs.mkdirSync(directory, { recursive: true });
    const log = buildLog(host.stateDir, slug);
    fs.writeFileSync(log, '');
    const role = host.assumeRole(
      project.serviceRole,
      'codebuild.amazonaws.com',
      projectArn(host, project.name),
    );
    try {
      const source = path.join(directory, 'src');
      await download(host, role, connected, build, source);
      const spec = readBuildspec(source, project.buildspec);
      const environment = await environmentOf(host, role, build, spec, directory, source);
      if (build.isToFail) throw new BuildFailure('PROVISIONING', 'CLIENT_ERROR', ASKED_FOR);
      const run = await groups.run({
        instanceId: slug,
        label: 'build',
        file: writeDriver(directory, spec),
        cwd: source,
        env: environment,
        log,
        timeoutMs: project.timeoutMinutes * 60_000,
      });
      if (run.kind === 'timed-out') {
        end(id, {
          status: 'TIMED_OUT',
          failure: {
            phase: 'BUILD',
            code: 'BUILD_TIMED_OUT',
            message: `Build has timed out after ${project.timeoutMinutes} minutes.`,
          },
        });
        return;
      }
      const failed = failureIn(directory);
      if (failed)
        throw new BuildFailure(
          failed.phase.toUpperCase(),
          'COMMAND_EXECUTION_ERROR',
          `Error while executing command: ${failed.command}. Reason: exit status ${failed.exitCode}`,
        );
      if (run.kind === 'killed')
        throw new BuildFailure('BUILD', 'COMMAND_EXECUTION_ERROR', `The build was killed by ${run.signal}.`);
      const artifact = await upload(host, role, build, spec, source);
      end(id, { status: 'SUCCEEDED', ...(artifact && { artifact }) });
    } catch (error) {
      const { phase, code } =
        error instanceof BuildFailure ? error : { phase: 'PROVISIONING', code: 'CLIENT_ERROR' };
      const message = error instanceof Error ? error.message : String(error);
      fs.appendFileSync(log, `[Container] ${code}: ${message}\n`);
      end(id, { status: 'FAILED', failure: { phase, code, message } });
    } finally {
      if (builds.has(id)) {
        await groups.kill({ instanceId: slug });
        removeAllBut(directory, path.basename(log));
        await sendLog(host, role, build, log);
      }
    }
  };

  return {
    launch: (id) => {
      const build = builds.get(id);
      if (running.has(id) || build?.status !== 'IN_PROGRESS') return;
      running.add(id);
      void run(build)
        .catch((error: unknown) => {
          const message = error instanceof Error ? error.message : String(error);
          end(id, { status: 'FAILED', failure: { phase: 'SUBMITTED', code: 'CLIENT_ERROR', message } });
        })
        .finally(() => running.delete(id));
    },
    stopBuild: async (id) => {
      end(id, { status: 'STOPPED' });
      await groups.kill({ instanceId: buildSlug(id) });
    },
    stop: () => {
      stopped = true;
    },
  };
};

/** What a build leaves in its directory and home, caches of compilers among it, goes; its log stays. */
const removeAllBut = (directory: string, kept: string): void => {
  for (const name of fs.readdirSync(directory))
    if (name !== kept) fs.rmSync(path.join(directory, name), { recursive: true, force: true });
};

const download = async (
  host: Host,
  role: Principal,
  connected: ConnectedProvider | undefined,
  build: BuildRecord,
  directory: string,
) => {
  try {
    await unpackBundle(await sourceArchive(host, role, connected, build), directory);
  } catch (error) {
    throw new BuildFailure('DOWNLOAD_SOURCE', 'CLIENT_ERROR', (error as Error).message);
  }
};

const upload = async (host: Host, role: Principal, build: BuildRecord, spec: Buildspec, source: string) => {
  try {
    return await uploadArtifact(host, role, build, spec, source);
  } catch (error) {
    if (error instanceof NoArtifactsError)
      throw new BuildFailure('UPLOAD_ARTIFACTS', 'CLIENT_ERROR', error.message);
    throw new BuildFailure(
      'UPLOAD_ARTIFACTS',
      'CLIENT_ERROR',
      `Error in UPLOAD_ARTIFACTS phase: ${(error as Error).message}`,
    );
  }
};

const readBuildspec = (source: string, name: string): Buildspec => {
  const file = path.join(source, name);
  if (!fs.existsSync(file))
    throw new BuildFailure(
      'DOWNLOAD_SOURCE',
      'YAML_FILE_ERROR',
      `The commit has no ${name}. Add it, or name another in the project.`,
    );
  try {
    return parseBuildspec(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    if (!(error instanceof BuildspecError)) throw error;
    throw new BuildFailure('DOWNLOAD_SOURCE', 'YAML_FILE_ERROR', `${name}: ${error.message}`);
  }
};
