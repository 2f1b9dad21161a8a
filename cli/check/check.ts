import path from 'node:path';
import { judgeBuildspec } from '@lockstep/aws-emulator/codebuild';
import { judgeRevision } from '@lockstep/aws-emulator/codedeploy-agent';
import { DEFAULT_BUILDSPEC, namesArtifacts, usualBuildspec } from '../../tasks/appspec/build-findings.ts';
import { checkRevision, countedFindings } from '../../tasks/appspec/check-revision.ts';
import type { ConfiguredApplication, Finding, Severity } from '../../tasks/appspec/revision.ts';
import type { Outcome } from '../command-result.ts';
import { printable } from '../format.ts';
import type { CheckCommand } from '../working-directory-options.ts';
import { applicationOf, readConfiguration } from './configured-application.ts';
import { readWorkingDirectory, type WorkingDirectory } from './read-revision.ts';

const headings = (isBuilt: boolean): Readonly<Record<Severity, string>> => ({
  error: isBuilt ? 'CodeBuild or CodeDeploy would fail' : 'CodeDeploy would fail',
  warning: 'Likely to go wrong',
  note: 'Worth knowing',
});

const placeOf = ({ file, line, event }: Finding): string =>
  `${file}${line === undefined ? '' : `:${line}`}${event === undefined ? '' : ` (${event})`}`;

/** What a check found, by severity. */
const findingsText = (findings: readonly Finding[], isBuilt: boolean): string =>
  (Object.entries(headings(isBuilt)) as [Severity, string][])
    .flatMap(([severity, heading]) => {
      const those = findings.filter((one) => one.severity === severity);
      return those.length === 0
        ? []
        : [
            `${heading}:`,
            ...those.flatMap((one) => [`  ${printable(placeOf(one))}`, `    ${printable(one.text)}`]),
            '',
          ];
    })
    .join('\n');

const headText = (
  directory: string,
  { files, isGit }: WorkingDirectory,
  application: ConfiguredApplication,
  file: string,
) =>
  `Looked at ${files.length} files in ${directory}${isGit ? ', without those that git ignores' : ''}; nothing was run.\n` +
  `Compared with ${application.name} of ${file}: port ${application.port}, health check ${application.healthCheckPath}, runtime ${application.runtime}${application.buildspec === undefined ? '' : `, built by ${application.buildspec}`}.`;

/** Checks the files of a working directory as a revision of an application. */
export const checkFiles = (
  files: WorkingDirectory['files'],
  application: ConfiguredApplication,
  bytesOf: (file: string) => Uint8Array,
  isSandbox = false,
): Promise<readonly Finding[]> =>
  checkRevision({
    files,
    application,
    judgeBuildspec,
    isSandbox,
    agentFault: (appSpec) =>
      judgeRevision(
        bytesOf(appSpec.path),
        files.map((one) => one.path),
      ),
  });

/**
 * What CodeDeploy would say of the revision in a working directory, and what usually goes wrong (D-134).
 * @param directory what paths are relative to
 * @param bytesOf reads a file by its absolute path
 * @throws CommandError
 */
export async function check(
  command: CheckCommand,
  directory: string,
  bytesOf: (file: string) => Uint8Array,
): Promise<Outcome> {
  const place = path.resolve(directory, command.directory);
  const working = readWorkingDirectory(place, command.directory);
  const config = command.config === undefined ? undefined : path.resolve(directory, command.config);
  const configuration = readConfiguration(config, command.config);
  const configured = applicationOf(configuration, command.application);
  const application = {
    ...configured,
    // Without a configuration of its own, the local run builds what names artifacts.
    ...(command.config === undefined &&
      namesArtifacts(usualBuildspec(working.files)) && { buildspec: DEFAULT_BUILDSPEC }),
  };
  const findings = await checkFiles(
    working.files,
    application,
    (file) => bytesOf(path.join(place, file)),
    command.isSandbox,
  );
  const fails = findings.some(({ severity }) => severity === 'error');
  return {
    text: [
      headText(command.directory, working, application, configuration.name),
      '',
      ...(findings.length === 0 ? [] : [findingsText(findings, application.buildspec !== undefined)]),
      findings.length === 0 ? 'Nothing is in the way.' : `${countedFindings(findings)}.`,
    ].join('\n'),
    json: { application, files: working.files.length, wouldFail: fails, findings },
    ...(fails && { end: 'failed' as const }),
  };
}
