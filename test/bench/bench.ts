/**
 * Measures and prints JSON. `npm run bench -- --tests` adds the test suite, and names of parts (`unattended`, `go-back`, `engine`,
 * `load`, `synthesis`, `approvals`, `lineage`) measure these alone. Numbers are of this machine; nothing is asserted here.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import type { Report } from '../../infra/local/run/report.ts';
import { projectRoot } from '../../infra/local/run/synthesize.ts';
import { startCommand } from '../support/command.ts';
import { freePorts } from '../support/ports.ts';
import { measureApprovals } from './approvals.ts';
import { measureEngine } from './engine.ts';
import { measureGoBack } from './go-back.ts';
import { measureLineage } from './lineage.ts';
import { measureLoad } from './load.ts';
import { measureSynthesis } from './synthesis.ts';

const scratch = fs.mkdtempSync(path.join(tmpdir(), 'lockstep-bench-'));
const round = (ms: number) => Math.round(ms) / 1000;

const timed = async <Value>(work: () => Promise<Value>): Promise<[seconds: number, value: Value]> => {
  const start = performance.now();
  const value = await work();
  return [round(performance.now() - start), value];
};

/** One unattended promotion, from nothing to its end, as `npm start -- --unattended` runs it. */
const measurePromotion = async () => {
  const { endpoint } = await freePorts();
  const reportFile = path.join(scratch, 'report.json');
  const command = ['--unattended', '--state-dir', path.join(scratch, 'state'), '--port', String(endpoint)];
  const [total, code] = await timed(() => startCommand([...command, '--report', reportFile]).ended);
  const { seconds, traffic } = JSON.parse(fs.readFileSync(reportFile, 'utf8')) as Report;
  return {
    exitCode: code,
    total,
    ...seconds,
    probeRequests: traffic.requests,
    probeFailures: traffic.failed,
  };
};

const measureTests = async () => {
  const [seconds, [code]] = await timed(() =>
    once(spawn('npm', ['test'], { cwd: projectRoot, stdio: ['ignore', 'ignore', 'ignore'] }), 'close'),
  );
  return { exitCode: code as number, total: seconds };
};

const parts: Readonly<Record<string, () => Promise<unknown>>> = {
  unattended: measurePromotion,
  'go-back': measureGoBack,
  engine: () => measureEngine(scratch),
  load: () => measureLoad(scratch),
  synthesis: () => measureSynthesis(scratch),
  approvals: measureApprovals,
  lineage: measureLineage,
  tests: measureTests,
};
const asked = process.argv.slice(2).map((argument) => argument.replace(/^--/, ''));
const wanted = asked.some((name) => name !== 'tests')
  ? asked
  : [...asked, 'unattended', 'go-back', 'engine', 'load', 'synthesis', 'approvals', 'lineage'];
const unknown = wanted.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0)
  throw new Error(`There is no part ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}.`);

const result: Record<string, unknown> = { machine: { cores: cpus().length, node: process.version } };
for (const [name, measure] of Object.entries(parts)) {
  if (wanted.includes(name)) result[name] = await measure();
}
fs.rmSync(scratch, { recursive: true, force: true });
console.log(JSON.stringify(result, null, 2));
process.exit();
