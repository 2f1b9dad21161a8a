/** The process that is measured in `load.ts`: an local run under load. Its arguments and its answer are JSON. */

import { keepHeapsSmall } from '../../infra/local/run/heap.ts';
import { startLocalRun } from '../../infra/local/run/local-run.ts';
import { type Load, promoteAtOnce } from '../load/promotions.ts';
import { freePorts } from '../support/ports.ts';

const { stateDir, assemblyDirectory, load } = JSON.parse(process.argv[2] ?? '{}') as {
  readonly stateDir: string;
  readonly assemblyDirectory: string;
  readonly load: Load;
};

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

// As `npm start` does.
keepHeapsSmall();
const run = await startLocalRun({ stateDir, ports: await freePorts(), assemblyDirectory });
let peak = 0;
const look = () => {
  peak = Math.max(peak, process.memoryUsage.rss());
};
look();
const looking = setInterval(look, 100);
const before = cpuSeconds();
const { promotions, elapsedMs, faults } = await promoteAtOnce(run, load);
const cpu = cpuSeconds() - before;
clearInterval(looking);
const denied = run.host.accessReport().denied.length;
await run.stop();

const outcomes: Record<string, number> = {};
for (const { status, error = status } of promotions) outcomes[error] = (outcomes[error] ?? 0) + 1;
process.send?.({
  promotions: promotions.length,
  outcomes,
  faults,
  denied,
  startSeconds: run.seconds.start,
  seconds: Math.round(elapsedMs) / 1000,
  secondsPerPromotion: Math.round(elapsedMs / promotions.length) / 1000,
  /** Of this process: without git, the applications' scripts and the applications. */
  cpuSecondsPerPromotion: Math.round((cpu / promotions.length) * 1000) / 1000,
  peakMemoryMegabytes: Math.round(peak / 1e6),
});
process.exit();
