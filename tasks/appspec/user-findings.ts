import { isObject } from '../json.ts';
import { appSpecContent } from './appspec-file.ts';
import { lineOfPlace } from './appspec-lines.ts';
import type { ConfiguredApplication, Finding, RevisionFile } from './revision.ts';
import type { HookScript } from './script-findings.ts';
import { shellCommands, unquoted } from './shell-commands.ts';

/** Users of other systems' images, and whom Amazon Linux 2023 has instead. */
const others: Readonly<Record<string, string>> = {
  ubuntu: 'ec2-user',
  centos: 'ec2-user',
  debian: 'ec2-user',
  bitnami: 'ec2-user',
  'www-data': 'nginx or apache, with their packages',
};

const listOf = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.filter(isObject) : [];

/** Users and groups that an AppSpec file names, each with its place. */
const usersOfAppSpec = (text: string): readonly (readonly [place: string, user: string])[] => {
  let content: unknown;
  try {
    content = appSpecContent(text);
  } catch {
    return [];
  }
  if (!isObject(content)) return [];
  const hooks = isObject(content.hooks) ? content.hooks : {};
  return [
    ...listOf(content.permissions).flatMap((rule, index) =>
      ['owner', 'group'].map((key) => [`permissions[${index}].${key}`, String(rule[key])] as const),
    ),
    ...Object.entries(hooks).flatMap(([event, scripts]) =>
      listOf(scripts).map(({ runas }, index) => [`hooks.${event}[${index}].runas`, String(runas)] as const),
    ),
  ];
};

/** Users that a command names. */
const usersOfCommand = (source: string): readonly string[] => {
  const owners = /\b(?:chown|chgrp)\s+(?:-\S+\s+)*["']?([\w-]*)(?::([\w-]*))?/.exec(source);
  const runner = /\b(?:sudo|runuser)\s+(?:-\w+\s+)*-u\s*["']?([\w-]+)|\bsu\s+(?:-\s+)?([a-z][\w-]*)/.exec(
    source,
  );
  return [owners?.[1], owners?.[2], runner?.[1], runner?.[2]].filter((one) => one !== undefined);
};

/** Users that hooks and permissions count on, and that the image does not have. */
export function userFindings(
  appSpec: RevisionFile | undefined,
  scripts: readonly HookScript[],
  application: ConfiguredApplication,
): readonly Finding[] {
  const made = new Set(
    scripts
      .flatMap(({ file }) => shellCommands(file.text ?? ''))
      .filter(({ words }) => /^(?:(?:user|group)add|add(?:user|group))$/.test(words[0] ?? ''))
      .flatMap(({ words }) => words.map(unquoted)),
  );
  const lacking = (user: string) => Object.hasOwn(others, user) && !made.has(user);
  const said = (user: string) =>
    `The image of ${application.name} (Amazon Linux 2023) has no user or group ${user}. Write ${others[user]}, or make it with useradd in BeforeInstall.`;
  const severity = application.hasOwnImage ? 'note' : 'warning';
  const ofAppSpec = usersOfAppSpec(appSpec?.text ?? '').flatMap(([place, user]): Finding[] => {
    if (appSpec === undefined || !lacking(user)) return [];
    const line = lineOfPlace(appSpec.text ?? '', place);
    return [
      {
        severity,
        file: appSpec.path,
        ...(line !== undefined && { line }),
        text: `${place}: ${said(user)}`,
      },
    ];
  });
  const ofScripts = scripts.flatMap(({ file, events: [event] }) => {
    const told = new Set<string>();
    return shellCommands(file.text ?? '').flatMap(({ line, source }) =>
      usersOfCommand(source).flatMap((user): Finding[] => {
        if (!lacking(user) || told.has(user)) return [];
        told.add(user);
        return [{ severity, file: file.path, line, ...(event !== undefined && { event }), text: said(user) }];
      }),
    );
  });
  return [...ofAppSpec, ...ofScripts];
}
