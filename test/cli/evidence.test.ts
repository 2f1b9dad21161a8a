import { verifyFile } from '../../cli/commands.ts';
import { createMemoryEvidence, createTestSigner } from '../tasks/doubles/memory-evidence.ts';
import { createMemoryLedger } from '../tasks/doubles/memory-ledger.ts';
import { aPromotion, PROMOTION_ID } from '../tasks/doubles/samples.ts';
import { createCommandLine } from './command-line.ts';

let cli: ReturnType<typeof createCommandLine>;

beforeEach(() => {
  cli = createCommandLine();
});

describe('evidence', () => {
  const evidence = () => cli.run({ name: 'evidence', promotion: PROMOTION_ID, out: 'e.json' });
  const verify = (key?: string) =>
    verifyFile({ name: 'verify', file: 'e.json', ...(key && { key }) }, cli.disk);

  it('that is sealed is written and verifies, with a warning about the key', async () => {
    await cli.failed();
    await cli.seal();
    expect((await evidence()).json).toMatchObject({ file: 'e.json', entries: 2, sealedUpTo: 2 });
    const { text, json, isGood } = verify();
    expect(isGood).toBe(true);
    expect(text).toContain(`Fingerprint: ${cli.key.fingerprint}`);
    expect(text).toContain('aws kms get-public-key --key-id arn:aws:kms:us-east-1:000000000000:key/evidence');
    expect(json).toMatchObject({ verified: true, keyCompared: false, problems: [] });
  });

  it('verifies against the key that is given, without a warning', async () => {
    await cli.failed();
    await cli.seal();
    await evidence();
    cli.files.set('key.pem', cli.key.pem);
    const { text, json } = verify('key.pem');
    expect(text).not.toContain('WARNING');
    expect(json).toMatchObject({ verified: true, keyCompared: true });
    cli.files.set('key.pem', createTestSigner().pem);
    expect(verify('key.pem')).toMatchObject({ isGood: false, text: expect.stringContaining('another key') });
    cli.files.set('key.pem', 'nonsense');
    expect(() => verify('key.pem')).toThrow('key.pem: The given key is no public key in PEM');
    expect(() => verify('nowhere')).toThrow('nowhere');
  });

  it('of a promotion that runs verifies, with a warning that nothing is signed', async () => {
    await cli.ledger.addPromotion(aPromotion());
    expect((await evidence()).text).toContain('Nothing is signed yet');
    expect(verify()).toMatchObject({
      isGood: true,
      text: expect.stringContaining('WARNING: nothing in it is signed'),
    });
  });

  it('that goes on after the seal says what is not signed', async () => {
    await cli.failed();
    await cli.seal();
    await cli.run({ name: 'redrive', promotion: PROMOTION_ID, yes: true });
    await evidence();
    expect(verify().text).toContain('entries 3 to 3 are later and are not signed');
  });

  it('that was changed fails, with the entry', async () => {
    await cli.failed();
    await cli.seal();
    await evidence();
    cli.files.set('e.json', (cli.files.get('e.json') ?? '').replace('Show the cart', 'Hide the cart'));
    const { text, json, isGood } = verify();
    expect(isGood).toBe(false);
    expect(text).toContain('e.json is NOT as it was recorded:\n- Entry 1 (push of');
    expect(json).toMatchObject({ verified: false, problems: [{ kind: 'changed', sequence: 1 }] });
  });

  it('departing from what was sealed fails, and the sealed record is written', async () => {
    await cli.failed();
    await cli.seal();
    const sealed = cli.store;
    cli.store = createMemoryEvidence();
    const [first] = await sealed.entries(PROMOTION_ID);
    if (first) await cli.store.addEntry(PROMOTION_ID, first);
    await expect(evidence()).rejects.toThrow('first at entry 2');
    cli.store = sealed;
    expect(verify().isGood).toBe(true);
  });

  it('fails for a promotion without a record', async () => {
    const old = createMemoryLedger();
    await old.addPromotion(aPromotion());
    cli.ledger = old;
    await expect(evidence()).rejects.toThrow('has no record');
    expect(cli.files.size).toBe(0);
  });
});
