import path from 'node:path/posix';
import { hooksOf } from '../approvals/untried-hooks.ts';
import { isObject } from '../json.ts';
import { listed } from '../words.ts';
import { applicationFindings } from './application-findings.ts';
import { appSpecContent } from './appspec-file.ts';
import { lineOfMessage, lineOfPlace } from './appspec-lines.ts';
import { type AppSpecRemark, appSpecRemarks } from './appspec-warnings.ts';
import { type BuiltRevision, buildFindings, unusedBuildspec } from './build-findings.ts';
import type { ConfiguredApplication, Finding, JudgedBuildspec, RevisionFile } from './revision.ts';
import { type HookScript, scriptFindings } from './script-findings.ts';
import { systemdFindings } from './systemd-findings.ts';
import { toolFindings } from './tool-findings.ts';
import { userFindings } from './user-findings.ts';

/** What CodeDeploy's agent fails at. */
export interface AgentFault {
  readonly event: string;
  readonly message: string;
}

/** A revision to check, with what it is compared with. */
export interface RevisionToCheck {
  readonly files: readonly RevisionFile[];
  readonly application: ConfiguredApplication;
  /** What the agent says of an AppSpec file in this revision. */
  readonly agentFault: (appSpec: RevisionFile) => Promise<AgentFault | undefined>;
  /** What CodeBuild reads of a buildspec. */
  readonly judgeBuildspec: (text: string) => JudgedBuildspec;
  /** Whether the local run's instances are sandboxes. */
  readonly isSandbox?: boolean;
}

/** Scripts of old instances, which the next deployment runs. */
const EVENTS_OF_OLD: readonly string[] = ['BeforeBlockTraffic', 'AfterBlockTraffic'];

/** The scripts that hooks name, by event. */
type NamedScripts = ReadonlyMap<
  string,
  readonly { readonly location: string; readonly hasTimeout: boolean }[]
>;

const namedScripts = (text: string): NamedScripts => {
  let content: unknown;
  try {
    content = appSpecContent(text);
  } catch {
    return new Map();
  }
  const hooks = isObject(content) && isObject(content.hooks) ? content.hooks : {};
  return new Map(
    Object.entries(hooks).map(([event, scripts]) => [
      event,
      (Array.isArray(scripts) ? scripts : []).flatMap((one: unknown) =>
        isObject(one) && typeof one.location === 'string'
          ? [{ location: path.normalize(one.location).replace(/^\/+/, ''), hasTimeout: one.timeout != null }]
          : [],
      ),
    ]),
  );
};

/** The hooks' scripts, and shell scripts whose names these mention. */
const scriptsOf = (named: NamedScripts, files: readonly RevisionFile[]): readonly HookScript[] => {
  const eventsOf = (file: RevisionFile) =>
    [...named]
      .filter(([, scripts]) => scripts.some(({ location }) => location === file.path))
      .map(([event]) => event);
  const direct = files
    .map((file) => ({ file, events: eventsOf(file) }))
    .filter(({ events }) => events.length > 0);
  const texts = direct.map(({ file }) => file.text ?? '').join('\n');
  const called = files.filter(
    (file) =>
      /\.(?:sh|bash)$/.test(file.path) &&
      !direct.some((one) => one.file === file) &&
      texts.includes(path.basename(file.path)),
  );
  return [...direct, ...called.map((file) => ({ file, events: [] }))];
};

/** Why a file that is not in what is deployed may be missing. */
const whyMissing = (
  { buildspec, name }: ConfiguredApplication,
  makes: ReturnType<BuiltRevision['makes']>,
): string => {
  if (buildspec === undefined)
    return `The commit itself is deployed. If a build makes it, add "build": {} to ${name} in the configuration, and a buildspec.`;
  return makes === 'perhaps'
    ? `The build may make it: the artifacts of ${buildspec} take everything.`
    : `The artifacts of ${buildspec} do not take it.`;
};

const ofRemark = (
  { path: file, text }: RevisionFile,
  { place, text: what, fails, missing = '' }: AppSpecRemark,
  named: NamedScripts,
  application: ConfiguredApplication,
  built: BuiltRevision | undefined,
): Finding | undefined => {
  const line = lineOfPlace(text ?? '', place);
  const at = { file, ...(line !== undefined && { line }) };
  const said = place === '' ? what : `${place}: ${what}`;
  const makes = built?.makes(missing) ?? 'no';
  if ((fails === 'missing-script' || fails === 'missing-source') && makes === 'named') return undefined;
  if (fails === 'missing-script') {
    const event = place.split(/[.[]/)[1] ?? '';
    if (event === 'ApplicationStop')
      return {
        ...at,
        severity: 'warning',
        event,
        text: `${said} It runs in the next deployment to the same instance.`,
      };
    const later = EVENTS_OF_OLD.includes(event) ? ' It runs when the next promotion replaces this one.' : '';
    return {
      ...at,
      severity: makes === 'perhaps' ? 'warning' : 'error',
      event,
      text: `${said}${later} Add the file, or correct the path. ${whyMissing(application, makes)}`,
    };
  }
  if (fails === 'missing-source') {
    const isMade = makes === 'perhaps' || (named.get('BeforeInstall') ?? []).length > 0;
    return {
      ...at,
      severity: isMade ? 'warning' : 'error',
      event: 'Install',
      text: `${said} ${whyMissing(application, makes)}`,
    };
  }
  return { ...at, severity: 'warning', text: said };
};

const ofAppSpec = async (
  file: RevisionFile,
  named: NamedScripts,
  { files, agentFault, application }: RevisionToCheck,
  built: BuiltRevision | undefined,
): Promise<readonly Finding[]> => {
  const text = file.text ?? '';
  const fault = await agentFault(file);
  const line = fault && lineOfMessage(text, fault.message);
  const paths = built?.paths ?? files.map((one) => one.path);
  const remarks = appSpecRemarks({ path: file.path, text, files: paths }).filter(
    ({ fails }) => !(fault && (fails === 'unreadable' || fails === 'unknown-event')),
  );
  return [
    ...(fault
      ? [
          {
            severity: 'error' as const,
            file: file.path,
            ...(line !== undefined && { line }),
            event: fault.event,
            text: fault.message,
          },
        ]
      : []),
    ...remarks.flatMap((remark) => ofRemark(file, remark, named, application, built) ?? []),
  ];
};

const ofHooks = ({ path: file, text = '' }: RevisionFile, named: NamedScripts): readonly Finding[] => {
  const at = (place: string) => {
    const line = lineOfPlace(text, place);
    return { file, ...(line !== undefined && { line }) };
  };
  const found: Finding[] = [];
  if ((named.get('ValidateService') ?? []).length === 0)
    found.push({
      severity: 'warning',
      ...at('hooks'),
      text: 'There is no ValidateService hook, so a deployment to QAT succeeds although the application does not answer. Add a script that requests the health check until it answers, and fails otherwise.',
    });
  for (const [event, scripts] of named)
    for (const [index, { location, hasTimeout }] of scripts.entries())
      if (!hasTimeout)
        found.push({
          severity: 'note',
          ...at(`hooks.${event}[${index}]`),
          event,
          text: `${location} has no timeout, so CodeDeploy waits up to an hour for it. Give it one in seconds.`,
        });
  for (const { name } of hooksOf({ path: file, text }))
    found.push({
      severity: 'note',
      ...at(`hooks.${name}`),
      event: name,
      text: `QAT never runs ${name}: it runs in Prod for the first time, when the next promotion replaces this one.`,
    });
  return found;
};

const order = { error: 0, warning: 1, note: 2 } as const;

const MISSING_APPSPEC =
  'The CodeDeploy agent did not find an AppSpec file within the unpacked revision directory at revision-relative path "appspec.yml". Add it at the root; npm run lockstep -- init writes one.';

/**
 * What CodeDeploy would say of a revision, and what usually goes wrong with it on an instance. Nothing is run; what depends on more than
 * the text is called a guess.
 */
export async function checkRevision(revision: RevisionToCheck): Promise<readonly Finding[]> {
  const { files, application, judgeBuildspec, isSandbox = false } = revision;
  const { buildspec } = application;
  const build: ReturnType<typeof buildFindings> =
    buildspec === undefined
      ? { findings: unusedBuildspec(files, application.name) }
      : buildFindings(files, buildspec, judgeBuildspec);
  const file = ['appspec.yml', 'appspec.yaml'].flatMap((name) => files.filter((one) => one.path === name))[0];
  const named = namedScripts(file?.text ?? '');
  const scripts = scriptsOf(named, files);
  const paths = new Set(files.map((one) => one.path));
  const found: readonly Finding[] = [
    ...(file
      ? [...(await ofAppSpec(file, named, revision, build.built)), ...ofHooksIfRead(file, named)]
      : [
          { severity: 'error' as const, file: 'appspec.yml', event: 'DownloadBundle', text: MISSING_APPSPEC },
        ]),
    ...build.findings,
    ...scriptFindings(scripts, paths),
    ...(isSandbox ? systemdFindings(scripts, files) : []),
    ...toolFindings(scripts, files, application),
    ...userFindings(file, scripts, application),
    ...applicationFindings(files, application),
  ];
  return found.toSorted(
    (one, other) =>
      order[one.severity] - order[other.severity] ||
      (one.file < other.file ? -1 : Number(one.file > other.file)) ||
      (one.line ?? 0) - (other.line ?? 0),
  );
}

/** Without YAML, nothing is known of the hooks. */
const ofHooksIfRead = (file: RevisionFile, named: NamedScripts): readonly Finding[] => {
  try {
    appSpecContent(file.text ?? '');
  } catch {
    return [];
  }
  return ofHooks(file, named);
};

/** How many findings there are of each kind: `1 error, 2 warnings and 3 notes`. */
export const countedFindings = (findings: readonly Finding[]): string => {
  const counts = (['error', 'warning', 'note'] as const).flatMap((severity) => {
    const count = findings.filter((one) => one.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity}${count === 1 ? '' : 's'}`];
  });
  return counts.length === 0 ? 'nothing to say' : listed(counts);
};
