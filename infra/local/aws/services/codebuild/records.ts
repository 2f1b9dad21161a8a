import fs from 'node:fs';
import path from 'node:path';
import type { Host } from '../../host.ts';
import { arnOf } from '../shared/arns.ts';

/** Where a project's source comes from. */
export type ProjectSource =
  | { readonly type: 'CODEPIPELINE' }
  | { readonly type: 'S3'; readonly bucket: string; readonly key: string }
  | { readonly type: 'CODECOMMIT'; readonly location: string }
  /** A repository of a provider, through a connection. */
  | {
      readonly type: 'CONNECTION';
      /** As CodeBuild names it: `GITHUB`. */
      readonly provider: string;
      readonly location: string;
      readonly connectionArn: string;
    };

/** Where a project puts what a build makes. */
export interface ProjectOutput {
  readonly bucket: string;
  readonly path: string;
  readonly isBelowBuildId: boolean;
  readonly name: string;
}

/** A variable of a build. */
export interface Variable {
  readonly name: string;
  readonly type: 'PLAINTEXT' | 'PARAMETER_STORE' | 'SECRETS_MANAGER';
  readonly value: string;
}

/** A project, as the store keeps it under its name. */
export interface Project {
  readonly name: string;
  readonly serviceRole: string;
  readonly source: ProjectSource;
  /** @default what a build makes goes nowhere, or to the pipeline */
  readonly output?: ProjectOutput;
  /** Path of the buildspec within the source. */
  readonly buildspec: string;
  readonly variables: readonly Variable[];
  /** ARN of the key of what it writes. */
  readonly encryptionKey?: string;
  readonly logGroup?: string;
  /** `<bucket>/<prefix>`. */
  readonly s3Logs?: string;
  readonly timeoutMinutes: number;
}

type BuildStatus = 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'STOPPED';

/** One build, by its id. */
export interface BuildRecord {
  readonly id: string;
  readonly number: number;
  readonly project: Project;
  /** An archive that it was started with, instead of the project's source. */
  readonly source?: { readonly bucket: string; readonly key: string };
  readonly sourceVersion?: string;
  /** Variables that it was started with. */
  readonly variables: readonly Variable[];
  readonly token?: string;
  /** Whether its commands are made to fail. */
  readonly isToFail: boolean;
  /** What it made. */
  readonly artifact?: {
    readonly bucket: string;
    readonly key: string;
    readonly sha256: string;
    readonly md5: string;
  };
  readonly status: BuildStatus;
  readonly failure?: { readonly phase: string; readonly code: string; readonly message: string };
  /** In ms. */
  readonly startedAt: number;
  readonly endedAt?: number;
}

/** The tables of CodeBuild. */
export const tablesOf = ({ store }: Host) => ({
  projects: store.table<Project>('codebuild.projects'),
  builds: store.table<BuildRecord>('codebuild.builds'),
});

export const projectArn = (host: Host, name: string): string => arnOf(host, 'codebuild', `project/${name}`);
export const buildArn = (host: Host, id: string): string => arnOf(host, 'codebuild', `build/${id}`);

/** What a build's files are named after: its id has a colon. */
export const buildSlug = (id: string): string => id.replace(':', '-');

/** Where a build's files are. */
export const buildDirectory = (stateDir: string, slug: string): string =>
  path.join(stateDir, 'codebuild', slug);

/** The log that a build writes. */
export const buildLog = (stateDir: string, slug: string): string =>
  path.join(buildDirectory(stateDir, slug), 'log.txt');

/** What a build has written so far; undefined if there is no such build. */
export const readBuildLog = (stateDir: string, slug: string): string | undefined => {
  const file = buildLog(stateDir, slug);
  return /^[a-z0-9-]+$/.test(slug) && fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
};

/** Where the overview shows a build's log. */
export const buildUrl = (host: Host, id: string): string =>
  `http://127.0.0.1:${host.ports.overview}/builds/${buildSlug(id)}`;
