import path from 'node:path/posix';
import { type Document, isMap, isScalar, isSeq, type Scalar } from 'yaml';
import { cutText } from '../truncate-text.ts';
import { listed } from '../words.ts';
import { type AppSpecFile, appSpecDocuments } from './appspec-file.ts';

/** More than anybody reads; the ledger keeps them. */
const MOST = 20;
const LONGEST = 300;

/** Seconds that the scripts of one lifecycle event may take together (CodeDeploy's guide, "AppSpec 'hooks' section"). */
const LONGEST_EVENT = 3_600;

/** Keys that CodeDeploy's agent knows, by place. */
const knownKeys = {
  file: ['version', 'os', 'files', 'file_exists_behavior', 'permissions', 'hooks'],
  files: ['source', 'destination'],
  permissions: ['object', 'pattern', 'except', 'owner', 'group', 'mode', 'acls', 'context', 'type'],
  script: ['location', 'timeout', 'runas', 'sudo'],
} as const;

/** Lifecycle events that run scripts on EC2. */
const hookNames: readonly string[] = [
  'ApplicationStop',
  'BeforeInstall',
  'AfterInstall',
  'ApplicationStart',
  'ValidateService',
  'BeforeBlockTraffic',
  'AfterBlockTraffic',
  'BeforeAllowTraffic',
  'AfterAllowTraffic',
];
const agentsOwn: readonly string[] = ['DownloadBundle', 'Install'];

/** What is probably a mistake. */
export interface AppSpecRemark {
  /** Where, such as `hooks.AfterInstall[0].location`; empty for the whole file. */
  readonly place: string;
  readonly text: string;
  /** What the agent would fail at; absent for what it takes. */
  readonly fails?: 'unreadable' | 'unknown-event' | 'missing-source' | 'missing-script';
  /** The path that is missing. */
  readonly missing?: string;
}

/** Says what is probably a mistake. */
type Warn = (place: string, text: string, fails?: AppSpecRemark['fails'], missing?: string) => void;

/** Names and values of a map, the last of each name; keys without a value are absent. */
const entriesOf = (node: unknown, place: string, warn: Warn): ReadonlyMap<string, unknown> => {
  const found = new Map<string, unknown>();
  for (const { key, value } of isMap(node) ? node.items : []) {
    const name = isScalar(key) ? String(key.value) : String(key);
    if (found.has(name))
      warn(
        place,
        `${name} is there twice. Version 1 of CodeDeploy's agent takes the last, version 2 fails. Keep one.`,
      );
    found.set(name, value);
  }
  return new Map([...found].filter(([, value]) => !isScalar(value) || value.value !== null));
};

const itemsOf = (node: unknown): readonly unknown[] => (isSeq(node) ? node.items : []);
const textOf = (node: unknown): string | undefined => (isScalar(node) ? String(node.value) : undefined);

const warnOfKeys = (
  entries: ReadonlyMap<string, unknown>,
  known: readonly string[],
  place: string,
  warn: Warn,
) => {
  const others = [...entries.keys()].filter((name) => !known.includes(name));
  for (const name of others)
    warn(
      place === '' ? name : `${place}.${name}`,
      `CodeDeploy's agent ignores this key. It knows ${listed(known)}.`,
    );
};

/** Whether the revision has a file, or anything below a directory; unknown without a list of files. */
const contains = ({ path: file, files }: AppSpecFile, name: string): boolean => {
  if (files === undefined) return true;
  const wanted = path.join(path.dirname(file), name).replace(/^\/+|\/+$/g, '');
  return (
    wanted === '' || wanted === '.' || files.some((one) => one === wanted || one.startsWith(`${wanted}/`))
  );
};

const warnOfFiles = (file: AppSpecFile, node: unknown, warn: Warn) => {
  for (const [index, item] of itemsOf(node).entries()) {
    const place = `files[${index}]`;
    const entries = entriesOf(item, place, warn);
    warnOfKeys(entries, knownKeys.files, place, warn);
    const [source, destination] = [textOf(entries.get('source')), textOf(entries.get('destination'))];
    if (source !== undefined && !contains(file, source))
      warn(
        `${place}.source`,
        `${source} is not in the revision. Install fails unless BeforeInstall makes it.`,
        'missing-source',
        source,
      );
    if (destination !== undefined && !destination.startsWith('/'))
      warn(
        `${place}.destination`,
        `${destination} is not absolute, so it depends on where the agent was started. Begin it with /.`,
      );
  }
};

/** YAML 1.1, which version 1 of the agent reads, takes a number that begins with 0 for octal. */
const isUnquotedOctal = (node: unknown): node is Scalar =>
  isScalar(node) && node.type === 'PLAIN' && /^0[0-7]+$/.test(node.source ?? '');

const warnOfPermissions = (node: unknown, warn: Warn) => {
  for (const [index, item] of itemsOf(node).entries()) {
    const place = `permissions[${index}]`;
    const entries = entriesOf(item, place, warn);
    warnOfKeys(entries, knownKeys.permissions, place, warn);
    const mode = entries.get('mode');
    if (isUnquotedOctal(mode))
      warn(
        `${place}.mode`,
        `${mode.source} without quotes is ${Number.parseInt(mode.source ?? '', 8)} to version 1 of CodeDeploy's agent, another mode or none. Write "${mode.source}".`,
      );
  }
};

const warnOfScripts = (file: AppSpecFile, scripts: readonly unknown[], hook: string, warn: Warn) => {
  let total = 0;
  for (const [index, item] of scripts.entries()) {
    const place = `hooks.${hook}[${index}]`;
    const entries = entriesOf(item, place, warn);
    warnOfKeys(entries, knownKeys.script, place, warn);
    const location = textOf(entries.get('location'));
    if (location !== undefined && !contains(file, location))
      warn(
        `${place}.location`,
        `${location} is not in the revision. ${hook} fails without it.`,
        'missing-script',
        location,
      );
    else if (location !== undefined && /\s/.test(location))
      warn(
        `${place}.location`,
        `Version 1 of CodeDeploy's agent fails at the space in "${location}". Rename the script.`,
      );
    const timeout = entries.get('timeout');
    if (timeout !== undefined && !(isScalar(timeout) && typeof timeout.value === 'number'))
      warn(
        `${place}.timeout`,
        `Version 2 of CodeDeploy's agent fails at "${textOf(timeout) ?? ''}". Write seconds, as a number without quotes.`,
      );
    total += timeout === undefined ? 0 : Number.parseInt(textOf(timeout) ?? '', 10) || 0;
  }
  if (total > LONGEST_EVENT)
    warn(
      `hooks.${hook}`,
      `Its timeouts are ${total} s together; CodeDeploy ends a lifecycle event after ${LONGEST_EVENT} s.`,
    );
};

const warnOfHooks = (file: AppSpecFile, node: unknown, warn: Warn) => {
  for (const [hook, value] of entriesOf(node, 'hooks', warn)) {
    const scripts = itemsOf(value);
    if (hookNames.includes(hook)) warnOfScripts(file, scripts, hook, warn);
    else if (agentsOwn.includes(hook)) warn(`hooks.${hook}`, 'CodeDeploy never runs scripts there.');
    else
      warn(
        `hooks.${hook}`,
        `This is no lifecycle event${scripts.length > 0 ? ', so Install fails' : ''}. Those that run scripts are ${listed(hookNames)}.`,
        scripts.length > 0 ? 'unknown-event' : undefined,
      );
  }
};

const warnOf = (file: AppSpecFile, documents: readonly Document[], warn: Warn) => {
  const [document, ...others] = documents;
  const problem = document?.errors[0]?.message.split('\n')[0];
  if (problem !== undefined)
    return warn('', `CodeDeploy cannot read it, so BeforeInstall fails: ${problem}`, 'unreadable');
  if (others.length > 0)
    warn('', "Version 1 of CodeDeploy's agent reads the first document only, version 2 fails. Keep one.");
  const top = entriesOf(document?.contents, 'the top level', warn);
  warnOfKeys(top, knownKeys.file, '', warn);
  warnOfFiles(file, top.get('files'), warn);
  warnOfPermissions(top.get('permissions'), warn);
  warnOfHooks(file, top.get('hooks'), warn);
};

/**
 * What of an AppSpec file is probably a mistake although CodeDeploy takes it, or fails later than it need: unknown keys, files that the
 * revision lacks, values that the generations of the agent read differently (D-131). This is advice; the agent alone decides.
 */
export function appSpecRemarks(file: AppSpecFile): readonly AppSpecRemark[] {
  const found: AppSpecRemark[] = [];
  warnOf(file, appSpecDocuments(file.text), (place, text, fails, missing) => {
    found.push({ place, text, ...(fails && { fails }), ...(missing !== undefined && { missing }) });
  });
  return found;
}

/** The same as lines of text, no more than anybody reads. */
export function appSpecWarnings(file: AppSpecFile): readonly string[] {
  const found = appSpecRemarks(file).map(({ place, text }) =>
    cutText(place === '' ? text : `${place}: ${text}`, LONGEST),
  );
  return found.length <= MOST ? found : [...found.slice(0, MOST), `and ${found.length - MOST} more warnings`];
}
