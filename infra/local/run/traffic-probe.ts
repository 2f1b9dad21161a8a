import { pause } from './follow.ts';

/** What a probe has seen. */
export interface ProbeResult {
  readonly requests: number;
  readonly failed: number;
}

/** The probe's User-Agent, by which its requests are found in the load balancer's access log. */
export const probeUserAgent = 'lockstep-traffic-probe';

/** Pause between two requests in ms: some 50 a second tell a short outage from none, and load two cores little. */
const PAUSE_MS = 20;

/** A request without an answer within this time, in ms, has failed. */
const PATIENCE_MS = 5_000;

/**
 * Sends GET requests to a URL, one after the other, until stopped. A status of 500 or more, or no answer, is a failure.
 * @returns a function that stops it and tells what was seen
 */
export const startTrafficProbe = (url: string): (() => Promise<ProbeResult>) => {
  let stopped = false;
  let requests = 0;
  let failed = 0;

  const ask = async () => {
    requests++;
    try {
      const response = await fetch(url, {
        headers: { 'user-agent': probeUserAgent },
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      await response.arrayBuffer();
      if (response.status >= 500) failed++;
    } catch {
      failed++;
    }
  };

  const asking = (async () => {
    while (!stopped) {
      await ask();
      await pause(PAUSE_MS);
    }
  })();

  return async () => {
    stopped = true;
    await asking;
    return { requests, failed };
  };
};
