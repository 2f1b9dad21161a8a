import { stateNames } from '../../../workflows/state-names.ts';
import type { ProgressLine } from './progress.ts';
import { type ProbeResult, startTrafficProbe } from './traffic-probe.ts';

/** Watches Prod's traffic while a promotion deploys to it. */
export interface TrafficWatch {
  /** Starts and stops the probe by what happens in the promotion. */
  readonly onLine: (line: ProgressLine) => Promise<void>;
  /** Stops a probe that still runs. @returns all that probes saw, over all attempts */
  readonly finish: () => Promise<ProbeResult>;
}

/** @param url the Prod load balancer's */
export const watchTraffic = (url: string): TrafficWatch => {
  let stop: (() => Promise<ProbeResult>) | undefined;
  let seen: ProbeResult = { requests: 0, failed: 0 };
  const stopProbe = async () => {
    const result = await stop?.();
    stop = undefined;
    if (result) seen = { requests: seen.requests + result.requests, failed: seen.failed + result.failed };
  };
  return {
    onLine: async ({ kind, state }) => {
      if (state !== stateNames.deployToProd) return;
      if (kind === 'started' || kind === 'redriven') stop ??= startTrafficProbe(url);
      if (kind === 'done' || kind === 'failed') await stopProbe();
    },
    finish: async () => {
      await stopProbe();
      return seen;
    },
  };
};
