import { loadavg } from 'node:os';
import { stateAttempts } from '../../infra/local/run/report.ts';
import { startTrafficProbe } from '../../infra/local/run/traffic-probe.ts';
import { pressGoBack, servedInProd } from '../scenarios/support/go-back.ts';
import { approveBoth, eventually, startScenario } from '../scenarios/support/scenario.ts';

const seconds = (ms: number): number => Math.round(ms) / 1000;

/**
 * How long going back takes on the local run with approvers who decide at once: from an operator's press to the moment when Prod serves
 * the earlier release, and to the end of the promotion; and how long each state took.
 */
export const measureGoBack = async () => {
  const scenario = await startScenario();
  try {
    const first = await scenario.startPromotion();
    await approveBoth(first);
    const second = await scenario.startPromotion();
    await approveBoth(second);
    const stopTraffic = startTrafficProbe(scenario.application.prodUrl);
    const start = performance.now();
    const goBack = await pressGoBack(scenario, first, 'The cart is empty');
    const pressed = performance.now() - start;
    const serving = eventually('Prod to serve the release', async () =>
      (await servedInProd(scenario)) === first.commitId ? performance.now() - start : undefined,
    );
    const { status } = await approveBoth(goBack);
    const ended = performance.now() - start;
    const served = await serving;
    const { requests, failed } = await stopTraffic();
    const states = stateAttempts(await goBack.history()).map(({ name, enteredAt, exitedAt = enteredAt }) => [
      name,
      seconds(Date.parse(exitedAt) - Date.parse(enteredAt)),
    ]);
    return {
      status,
      load: loadavg().map((load) => Math.round(load * 100) / 100),
      pressed: seconds(pressed),
      untilProdServes: seconds(served),
      untilPromoted: seconds(ended),
      probeRequests: requests,
      probeFailures: failed,
      states: Object.fromEntries(states),
    };
  } finally {
    await scenario.stop();
  }
};
