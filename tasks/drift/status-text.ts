import type { Environment } from '../payloads.ts';
import { utcTime } from '../words.ts';
import { drifted } from './drift-rules.ts';
import type { EnvironmentStatus } from './environment-status.ts';

/** What to do about drift, in one sentence. */
export const REMEDY: Readonly<Record<Environment, string>> = {
  qat: 'Push a commit or redrive the promotion that QAT waits for; it replaces the instance and deploys again.',
  prod: 'Terminate the instances that differ, one after the other, and Auto Scaling starts others from what was promoted; if all differ, go back to the release that should run.',
};

/** Where RUNBOOK.md has more. */
export const DRIFT_HEADING = 'An environment has drifted';

/** After this long without a look, in ms, something is wrong: it is due every five minutes. */
const STALE_AFTER = 15 * 60_000;

/** Whether a look is too old to tell what runs now. */
export const isStale = ({ at }: Pick<EnvironmentStatus, 'at'>, now: number): boolean =>
  now - Date.parse(at) > STALE_AFTER;

const seenText = (status: EnvironmentStatus): string => {
  if (status.notCompared !== undefined) return `no instance was compared, because ${status.notCompared}`;
  const serving = status.instances.filter(({ state }) => state === 'serves').length + status.unlisted;
  const different = drifted(status).length;
  if (different > 0)
    return serving === 1
      ? 'the one instance that serves runs something else'
      : `${different} of ${serving} instances that serve ${different === 1 ? 'runs' : 'run'} something else`;
  if (status.unread.length > 0) return 'not everything could be read';
  if (serving === 0) return 'no instance serves';
  return serving === 1
    ? 'the one instance that serves runs it'
    : `all ${serving} instances that serve run it`;
};

/** What was seen and when, in sentences. */
export function statusSentence(status: EnvironmentStatus, now: number): string {
  const seen = `Looked at on ${utcTime(status.at)}: ${seenText(status)}.`;
  return isStale(status, now)
    ? `${seen} That is more than 15 minutes ago: Lockstep does not look any more. See RUNBOOK.md, "${DRIFT_HEADING}".`
    : seen;
}
