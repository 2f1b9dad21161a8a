import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { signInAs } from '../../infra/local/run/approver.ts';
import { createWebPerson } from '../../infra/local/run/web-person.ts';
import { seedAssembly } from '../support/assembly.ts';
import { type Command, startCommand } from '../support/command.ts';
import { freePorts } from '../support/ports.ts';
import { eventually } from './support/scenario.ts';

jest.setTimeout(400_000);

const started: Command[] = [];
let directory: string;
beforeEach(() => {
  directory = fs.realpathSync(fs.mkdtempSync(path.join(tmpdir(), 'lockstep-ports-')));
});
afterEach(() => {
  for (const { child } of started.splice(0)) child.kill('SIGKILL');
  fs.rmSync(directory, { recursive: true, force: true });
});

/** Starts in the one state directory. @returns what waits for a text on the terminal */
const startOn = (endpoint: number) => {
  const command = startCommand(['--state-dir', directory, '--port', String(endpoint)]);
  started.push(command);
  const shown = (text: RegExp) =>
    eventually(
      `"${text}" on the terminal`,
      () => text.exec(command.output()) ?? undefined,
      command.output,
    ).then(([, found = '']) => found);
  return { command, shown };
};

/** Ports of this machine that a text names. */
const portsIn = (text: string): number[] => [
  ...new Set([...text.matchAll(/(?:127\.0\.0\.1|localhost):(\d+)/g)].map(([, port]) => Number(port))),
];

it('goes on at another port with every address: terminal, sign-in, pages, mails, QAT and Prod', async () => {
  const before = await freePorts();
  await seedAssembly(directory);
  const first = startOn(before.endpoint);
  await first.shown(/QC decides.*\n\s*(http:\S+)/);
  first.command.child.kill('SIGINT');
  await first.command.ended;

  const ports = await freePorts();
  const row = Object.values(ports);
  const second = startOn(ports.endpoint);
  const qcLink = await second.shown(/QC decides.*\n\s*(http:\S+)/);
  expect(Number(new URL(qcLink).port)).toBe(ports.approvals);

  const siteUrl = `http://127.0.0.1:${ports.approvals}`;
  const overview = async () => {
    const { document } = await createWebPerson().open(`http://127.0.0.1:${ports.overview}/`);
    return document.toString();
  };
  const quinn = await signInAs('quinn', siteUrl);
  const page = await quinn.open(qcLink);
  const qatLink = page.document.querySelector(`a[href^="http://localhost:${ports.qat}"]`);
  expect(qatLink?.getAttribute('href')).toBeDefined();
  expect(portsIn(page.document.toString()).filter((port) => !row.includes(port))).toEqual([]);
  expect((await fetch(`http://localhost:${ports.qat}/`)).status).toBe(200);
  // The mail of the first start leads on as well.
  expect(await overview()).toContain(qcLink);

  expect(await quinn.decide(qcLink, 'approve')).toEqual({ kind: 'decided' });
  const pmoLink = await second.shown(/PMO decides.*\n\s*(http:\S+)/);
  await eventually('the new mail', async () => (await overview()).includes(pmoLink) || undefined);
  expect(await (await signInAs('parker', siteUrl)).decide(pmoLink, 'approve')).toEqual({ kind: 'decided' });
  await second.shown(/Promotion +SUCCEEDED/);
  const prod = await fetch(`http://localhost:${ports.prod}/`);
  expect(prod.status).toBe(200);

  expect(portsIn(await overview()).filter((port) => !row.includes(port))).toEqual([]);
  expect(portsIn(second.command.output()).filter((port) => !row.includes(port))).toEqual([]);
  second.command.child.kill('SIGINT');
  expect(await second.command.ended).toBe(0);
});
