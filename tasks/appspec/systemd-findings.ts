import path from 'node:path/posix';
import type { Finding, RevisionFile } from './revision.ts';
import type { HookScript } from './script-findings.ts';
import { shellCommands, unquoted } from './shell-commands.ts';

const SYSTEMD = /^(?:\/(?:usr\/)?s?bin\/)?(?:systemctl|systemd-run|journalctl|service)$/;
/** Who asks whether this directory is there knows machines without systemd. */
const GUARD = '/run/systemd/system';

/** Names of files that a shell script reads into itself. */
export const sourcedBy = (text: string): readonly string[] =>
  [...text.matchAll(/^\s*(?:\.|source)\s+(.+)$/gm)].map(([, rest = '']) =>
    path.basename(rest.trim().replace(/["']/g, '')),
  );

/**
 * The first command by which a script asks systemd for something, unless it asks first whether systemd is there.
 * @param texts the script's, and those of files that it reads into itself
 */
export function systemdCommand(texts: readonly string[]) {
  if (texts.some((text) => text.includes(GUARD))) return undefined;
  return texts.flatMap(shellCommands).find(({ words: [command = ''] }) => SYSTEMD.test(unquoted(command)));
}

/** Hooks that fail where instances are sandboxes, which have no systemd. */
export const systemdFindings = (
  scripts: readonly HookScript[],
  files: readonly RevisionFile[],
): readonly Finding[] =>
  scripts.flatMap(({ file, events: [event] }): Finding[] => {
    if (file.text === undefined || event === undefined) return [];
    const beside = sourcedBy(file.text).map((name) => path.join(path.dirname(file.path), name));
    const texts = files.flatMap((one) => (beside.includes(one.path) ? [one.text ?? ''] : []));
    const found = systemdCommand([file.text, ...texts]);
    if (found === undefined) return [];
    const own = systemdCommand([file.text]);
    return [
      {
        severity: 'warning',
        file: file.path,
        ...(own && { line: own.line }),
        event,
        text: `"${found.words.map(unquoted).join(' ')}" fails in a sandbox of the local run, which has no systemd. Run it with --instances container, or ask first: if [ -d ${GUARD} ].`,
      },
    ];
  });
