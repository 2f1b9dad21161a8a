import { createHash } from 'node:crypto';
import fs from 'node:fs';
import type { Clock } from '../../clock.ts';
import { bytesOf, type InstanceCommand } from '../instance-system.ts';
import type { ScriptEnd } from '../process-groups.ts';
import type { RunBash } from './bash-files.ts';

/** Where an instance remembers what the agent runs in it. */
const STATE = '/run/aws-emulator';

/**
 * Runs a command in a session of its own until it and its outputs have ended: `cat` ends when nobody holds the pipe any more. Its
 * group and this shell's are written down, so that they can be ended, and its exit code is, so that it can be told from outputs that
 * stay open.
 */
const COMMAND = `LC_ALL=C mapfile -d '' -t words
file=\${words[0]} user=\${words[1]} state=\${words[2]}
mkdir -p "\${state%/*}"; rm -f "$state".*
echo $$ > "$state.shell"
export file user state
{ setsid --wait /bin/sh -c 'echo $$ > "$state.group"; cd /; as=$user what=$file; unset user file state
  if [ -n "$as" ]; then exec su "$as" -c "$what"; else exec "$what"; fi' </dev/null 2>&1
  echo $? > "$state.code"; } | cat
exit "$(cat "$state.code")"`;

/** Ends the groups of the commands whose states are named. */
const KILL = `LC_ALL=C mapfile -d '' -t words
signal() { for state in "\${words[@]}"; do for group in "$state".$2; do [ -f "$group" ] && kill "-$1" -- "-$(cat "$group")" 2>/dev/null && any=1; done; done; }
any=; signal TERM group
for ((turn = 0; turn < 40 && \${#any}; turn++)); do sleep 0.05; any=; signal 0 group; done
signal KILL group; signal KILL shell
for state in "\${words[@]}"; do rm -f "$state".group "$state".shell; done`;

/** Ends what is left of a command whose time is over; says whether the command itself had ended. */
const EXPIRE = `LC_ALL=C mapfile -d '' -t words
state=\${words[0]}
[ -f "$state.code" ] && printf ended
[ -f "$state.code" ] || kill -KILL -- "-$(cat "$state.group")"
kill -KILL -- "-$(cat "$state.shell")"
exit 0`;

/** A command's place below STATE. */
const stateOf = (label: string): string =>
  `${STATE}/${createHash('sha256').update(label).digest('hex').slice(0, 20)}`;

/** Starts and ends commands on one instance. */
interface BashCommands {
  readonly run: (command: InstanceCommand) => Promise<ScriptEnd>;
  readonly kill: (label: string) => Promise<void>;
}

/** Commands of an instance that has bash and util-linux. */
export const createBashCommands = (bash: RunBash, clock: Clock): BashCommands => ({
  run: async ({ label, file, user, env, log, timeoutMs }) => {
    const state = Buffer.from(stateOf(label));
    const descriptor = fs.openSync(log, 'a');
    let late: Promise<ScriptEnd> | undefined;
    const expire = async (): Promise<ScriptEnd> => {
      const { stdout } = await bash(EXPIRE, [state]);
      return { kind: stdout.toString() === 'ended' ? 'outputs-open' : 'timed-out' };
    };
    const cancel = clock.at(clock.now() + timeoutMs, () => {
      late = expire();
    });
    try {
      const { code } = await bash(COMMAND, [bytesOf(file), Buffer.from(user ?? ''), state], {
        env,
        onOutput: (bytes) => fs.writeSync(descriptor, bytes),
        // The command's own timeout ends it before.
        timeoutMs: 2 ** 31 - 1,
      });
      return (await late) ?? { kind: 'exited', code };
    } finally {
      cancel();
      fs.closeSync(descriptor);
    }
  },
  kill: async (label) => {
    await bash(KILL, [Buffer.from(stateOf(label))]);
  },
});
