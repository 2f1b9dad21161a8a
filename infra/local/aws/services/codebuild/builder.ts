import fs from 'node:fs';
import path from 'node:path';
import { AwsError, type Host, type Principal } from '../../host.ts';
import { createProcessGroups } from '../../instances/process-groups.ts';
import { unpackBundle } from '../shared/unpack-bundle.ts';
import { failureIn, writeDriver } from './build-script.ts';
import { type Buildspec, BuildspecError, parseBuildspec } from './buildspec.ts';
import {
  type BuildRecord,
  buildArn,
  buildDirectory,
  buildLog,
  buildSlug,
  projectArn,
  tablesOf,
} from './records.ts';

/** Runs builds; those that were under way when the process died begin again. */
interface Builder {
  readonly launch: (id: string) => void;
  readonly stopBuild: (id: string) => Promise<void>;
  readonly stop: () => void;
}

/** Log lines that are sent to CloudWatch Logs, from the end. */
const LOG_LINES = 1_000;

/** A build that ends before or after its commands, with CodeBuild's name for it. */
class BuildFailure extends Error {
  override readonly name = 'BuildFailure';
  constructor(
    readonly phase: string,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export const createBuilder = (host: Host): Builder => {
  const { builds } = tablesOf(host);
  const directoryOf = (slug: string) => buildDirectory(host.stateDir, slug);
  const groups = createProcessGroups(host.store, host.clock, directoryOf);
  const running = new Set<string>();
  let stopped = false;

  const end = (id: string, changes: Partial<BuildRecord>) => {
    const build = builds.get(id);
    if (stopped || build?.status !== 'IN_PROGRESS') return;
    builds.put(id, { ...build, ...changes, endedAt: host.clock.now() });
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
      await download(host, role, build, source);
      const spec = readBuildspec(source, project.buildspec);
      const environment = await environmentOf(host, role, build, spec, directory, source);
      const ended = await groups.run({
        instanceId: slug,
        label: 'build',
        file: writeDriver(directory, spec),
        cwd: source,
        env: environment,
        log,
        timeoutMs: project.timeoutMinutes * 60_000,
      });
      if (ended.kind === 'timed-out') {
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
      if (ended.kind === 'killed')
        throw new BuildFailure(
          'BUILD',
          'COMMAND_EXECUTION_ERROR',
          `The build was killed by ${ended.signal}.`,
        );
      end(id, { status: 'SUCCEEDED' });
    } catch (error) {
      const { phase, code } =
        error instanceof BuildFailure ? error : { phase: 'PROVISIONING', code: 'CLIENT_ERROR' };
      const message = error instanceof Error ? error.message : String(error);
      fs.appendFileSync(log, `[Container] ${code}: ${message}\n`);
      end(id, { status: 'FAILED', failure: { phase, code, message } });
    } finally {
      if (builds.has(id)) {
        await groups.kill({ instanceId: slug });
        fs.rmSync(path.join(directory, 'src'), { recursive: true, force: true });
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

const download = async (host: Host, role: Principal, { source }: BuildRecord, directory: string) => {
  try {
    const { Body } = await host.call<{ Body: Uint8Array }>(role, 's3', 'GetObject', {
      Bucket: source.bucket,
      Key: source.key,
    });
    await unpackBundle(Body, directory);
  } catch (error) {
    throw new BuildFailure('DOWNLOAD_SOURCE', 'CLIENT_ERROR', (error as Error).message);
  }
};

const readBuildspec = (source: string, name: string): Buildspec => {
  const file = path.join(source, name);
  if (!fs.existsSync(file))
    throw new BuildFailure(
      'DOWNLOAD_SOURCE',
      'YAML_FILE_ERROR',
      `The commit has no ${name}. Add it, or name another under test.buildspec.`,
    );
  try {
    return parseBuildspec(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    if (!(error instanceof BuildspecError)) throw error;
    throw new BuildFailure('DOWNLOAD_SOURCE', 'YAML_FILE_ERROR', `${name}: ${error.message}`);
  }
};

/** What the commands see: CodeBuild's own variables, the buildspec's, the project's, and the role's credentials. */
const environmentOf = async (
  host: Host,
  role: Principal,
  { id, project, sourceVersion = '' }: BuildRecord,
  spec: Buildspec,
  directory: string,
  source: string,
): Promise<Record<string, string>> => {
  const parameters = {
    ...spec.parameters,
    ...Object.fromEntries(
      project.variables
        .filter(({ type }) => type === 'PARAMETER_STORE')
        .map(({ name, value }) => [name, value]),
    ),
  };
  const plain = project.variables.filter(({ type }) => type === 'PLAINTEXT');
  const credentials = host.credentialsFor(role);
  return {
    PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: directory,
    LANG: process.env.LANG ?? 'C.UTF-8',
    AWS_REGION: host.region,
    AWS_DEFAULT_REGION: host.region,
    AWS_ENDPOINT_URL: host.endpointUrl,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    CODEBUILD_BUILD_ID: id,
    CODEBUILD_BUILD_ARN: buildArn(host, id),
    CODEBUILD_INITIATOR: 'codepipeline',
    CODEBUILD_RESOLVED_SOURCE_VERSION: sourceVersion,
    CODEBUILD_SRC_DIR: source,
    LOCKSTEP_BUILD: directory,
    ...spec.variables,
    ...(await parameterValues(host, role, parameters)),
    ...Object.fromEntries(plain.map(({ name, value }) => [name, value])),
  };
};

const parameterValues = async (
  host: Host,
  role: Principal,
  parameters: Readonly<Record<string, string>>,
): Promise<Record<string, string>> => {
  const names = [...new Set(Object.values(parameters))];
  const values = new Map<string, string>();
  if (names.length > 0) {
    try {
      const answer = await host.call<{
        Parameters?: { Name?: string; Value?: string }[];
        InvalidParameters?: string[];
      }>(role, 'ssm', 'GetParameters', { Names: names, WithDecryption: true });
      for (const { Name = '', Value = '' } of answer.Parameters ?? []) values.set(Name, Value);
    } catch (error) {
      throw new BuildFailure(
        'DOWNLOAD_SOURCE',
        'CLIENT_ERROR',
        `The SSM parameters ${names.join(', ')} cannot be read: ${(error as Error).message}`,
      );
    }
  }
  return Object.fromEntries(
    Object.entries(parameters).map(([variable, name]) => {
      const value = values.get(name);
      if (value === undefined)
        throw new BuildFailure(
          'DOWNLOAD_SOURCE',
          'CLIENT_ERROR',
          `The variable ${variable} comes from the SSM parameter ${name}, which does not exist. ` +
            `Create it (aws ssm put-parameter --name ${name} --type SecureString --value …), then start again.`,
        );
      return [variable, value];
    }),
  );
};

/** The log goes where the project says; that it cannot does not change how the build ended. */
const sendLog = async (host: Host, role: Principal, { id, project }: BuildRecord, file: string) => {
  if (project.logGroup === undefined) return;
  const logStreamName = id.split(':')[1] ?? id;
  const lines = fs.readFileSync(file, 'utf8').split('\n').filter(Boolean).slice(-LOG_LINES);
  try {
    await host.call(role, 'logs', 'CreateLogStream', { logGroupName: project.logGroup, logStreamName });
  } catch (error) {
    if (!(error instanceof AwsError && error.name === 'ResourceAlreadyExistsException')) {
      host.log('codebuild', (error as Error).message);
      return;
    }
  }
  if (lines.length === 0) return;
  await host
    .call(role, 'logs', 'PutLogEvents', {
      logGroupName: project.logGroup,
      logStreamName,
      logEvents: lines.map((message) => ({ message, timestamp: host.clock.now() })),
    })
    .catch((error: unknown) => host.log('codebuild', (error as Error).message));
};
