import fs from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { serialize } from '../../tasks/evidence/evidence-file.ts';
import { createTestSigner } from '../tasks/doubles/memory-evidence.ts';
import { chainOf, lifelikeFacts, sealedRecord } from '../tasks/doubles/sealed-record.ts';
import { runIn } from './run-in.ts';

let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'lockstep-cli-'));
});
afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

const run = (...args: string[]) => runIn(directory, args);

it('ends with 0 and the usage when asked for help', async () => {
  expect(await run('--help')).toMatchObject({ code: 0, out: expect.stringContaining('verify FILE') });
});

it('ends with 2 when used wrongly, and says where help is', async () => {
  expect(await run('approve')).toEqual({
    code: 2,
    out: '',
    error: expect.stringContaining('See: npm run lockstep -- --help'),
  });
});

describe('verify', () => {
  const ours = createTestSigner();
  const write = (text: string) => fs.writeFileSync(path.join(directory, 'e.json'), text);
  const good = async () => {
    const entries = chainOf(lifelikeFacts);
    return serialize(await sealedRecord(ours.signer, [entries.length], entries));
  };

  it('ends with 0 for a complete record, relative to the directory it was called from', async () => {
    write(await good());
    fs.writeFileSync(path.join(directory, 'key.pem'), ours.pem);
    const { code, out } = await run('verify', 'e.json', '--key', 'key.pem', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ verified: true, state: 'SUCCEEDED' });
  });

  it('ends with 3 for a changed record, and without an expected key, and tells it as a result', async () => {
    write((await good()).replace('dana', 'sana'));
    expect(await run('verify', 'e.json', '--key', ours.fingerprint)).toMatchObject({
      code: 3,
      out: expect.stringContaining('Entry 1'),
      error: '',
    });
    write(await good());
    expect(await run('verify', 'e.json')).toMatchObject({
      code: 3,
      out: expect.stringContaining('Nobody said which key must have signed'),
    });
  });

  it('ends with 2 for a state that is none', async () => {
    expect(await run('verify', 'e.json', '--state', 'RUNNING')).toMatchObject({
      code: 2,
      error: expect.stringContaining('--state must be one of SUCCEEDED'),
    });
  });

  it.each([
    ['nowhere.json', 'no such file'],
    ['.', 'it is a directory'],
  ])('ends with 1 for %s', async (file, message) => {
    expect(await run('verify', file)).toMatchObject({ code: 1, error: expect.stringContaining(message) });
  });
});

it('ends with 1 where the doctor finds no templates, and says how to write them', async () => {
  expect(await run('doctor')).toMatchObject({
    code: 1,
    error: expect.stringMatching(/^cdk.out has no templates .*npx cdk synth --quiet/),
  });
});

it('ends with 1 where no local run answers, and says how to start one', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const local = ['--local', '--port', String(port)];
  expect(await run('promotions', ...local, '--state-dir', 'none')).toMatchObject({
    code: 1,
    error: expect.stringMatching(/none is no state directory of a local run: .* Give --state-dir/),
  });
  fs.writeFileSync(
    path.join(directory, 'credentials'),
    '[lockstep]\naws_access_key_id = A\naws_secret_access_key = B\n',
  );
  expect(await run('promotions', ...local, '--state-dir', '.')).toEqual({
    code: 1,
    out: '',
    error: `No local run answers on port ${port}. Start one with npm start, or give its port with --port.`,
  });
});
