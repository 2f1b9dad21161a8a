import type { Fact } from '../../../tasks/evidence/chain.ts';
import { recordedLedger } from '../../../tasks/evidence/recorded-ledger.ts';
import { scanCommit } from '../../../tasks/secret-scan/scan-commit.ts';
import { MOST_FILES, MOST_KEPT } from '../../../tasks/secret-scan/secret-scan.ts';
import type { ChangedFile } from '../../../tasks/source/source.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aPromotion, aRelease, COMMIT, PROMOTION_ID } from '../doubles/samples.ts';

const TOKEN = ['ghp_', 'wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx'].join('');
const AT = '2026-11-22T10:00:00.000Z';
const dirty = { 'app.env': `A=1\nTOKEN=${TOKEN}\n`, 'index.html': '<p>Hello</p>' };

const scanning = async (
  files: Readonly<Record<string, string>>,
  {
    mode = 'block' as 'warn' | 'block',
    removed = [] as readonly string[],
    readFile = async (_: string, path: string): Promise<Uint8Array | undefined> =>
      files[path] === undefined ? undefined : Buffer.from(files[path]),
    isFirst = false,
  } = {},
) => {
  const facts: Fact[] = [];
  const ledger = recordedLedger(createMemoryLedger(), {
    append: async (_, ...added) => {
      facts.push(...added);
    },
    now: () => new Date(AT),
  });
  await ledger.addPromotion(aPromotion());
  const release = aRelease({ commitId: 'c'.repeat(40) });
  if (!isFirst) {
    await ledger.addPromotion(release);
    await ledger.noteLive({ application: 'shop', promotionId: release.promotionId, since: AT });
  }
  const compared: unknown[] = [];
  const read: unknown[] = [];
  const scan = scanCommit({
    ledger,
    repository: {
      differences: async (...asked) => {
        compared.push(asked.slice(0, 2));
        return [
          ...Object.keys(files).map((path): ChangedFile => ({ path, change: 'changed' })),
          ...removed.map((path): ChangedFile => ({ path, change: 'removed' })),
        ];
      },
      readFile: (commitId, path) => {
        read.push(`${commitId} ${path}`);
        return readFile(commitId, path);
      },
    },
    now: () => new Date(AT),
  })({ promotionId: PROMOTION_ID, application: 'shop', commitId: COMMIT, secretScan: mode });
  const error = await scan.then(
    () => undefined,
    (failed: Error) => failed,
  );
  const noted = (await ledger.promotion(PROMOTION_ID))?.secretScan;
  return { error, noted, compared, read, facts };
};

describe('the scan of a commit', () => {
  it('reads what differs from Prod and is still there', async () => {
    const { compared, read } = await scanning({ 'a.txt': 'a', 'b/c.txt': 'c' }, { removed: ['gone.txt'] });
    expect(compared).toEqual([['c'.repeat(40), COMMIT]]);
    expect(read).toEqual([`${COMMIT} a.txt`, `${COMMIT} b/c.txt`]);
  });

  it('reads every file before the first promotion', async () => {
    expect((await scanning({}, { isFirst: true })).compared).toEqual([[undefined, COMMIT]]);
  });

  it('fails as SecretsFound and says where, never what', async () => {
    const { error, noted, facts } = await scanning(dirty);
    expect(error).toMatchObject({ name: 'SecretsFound' });
    expect(error?.message).toContain('- app.env, line 2 (github/GITHUB_TOKEN)');
    expect(error?.message).toContain('Then push a commit without it.');
    expect(noted).toEqual({
      at: AT,
      files: 2,
      findings: [{ path: 'app.env', line: 2, rule: 'github/GITHUB_TOKEN' }],
      findingCount: 1,
      notScanned: [],
      notScannedCount: 0,
    });
    expect(JSON.stringify([error?.message, noted, facts])).not.toContain(TOKEN.slice(4));
  });

  it('is evidence', async () => {
    const { facts } = await scanning(dirty);
    expect(facts.filter(({ kind }) => kind === 'secret-scan')).toEqual([
      expect.objectContaining({
        key: `secret-scan#${AT}`,
        what: expect.objectContaining({ files: 2, findingCount: 1 }),
      }),
    ]);
  });

  it('lets a clean commit pass, and one with findings if it only warns', async () => {
    expect(await scanning({ 'a.txt': 'a' })).toMatchObject({ error: undefined, noted: { findingCount: 0 } });
    expect(await scanning(dirty, { mode: 'warn' })).toMatchObject({
      error: undefined,
      noted: { findingCount: 1 },
    });
  });

  it('fails if the repository cannot be read, or says so if it only warns', async () => {
    const readFile = async () => {
      throw Object.assign(new Error('no answer'), { name: 'RepositoryUnreadable' });
    };
    expect(await scanning(dirty, { readFile })).toMatchObject({
      error: { name: 'RepositoryUnreadable' },
      noted: undefined,
    });
    expect(await scanning(dirty, { readFile, mode: 'warn' })).toMatchObject({
      error: undefined,
      noted: { failed: 'RepositoryUnreadable: no answer', files: 0 },
    });
  });

  it('says which files it did not read, and counts those it did', async () => {
    const { noted } = await scanning({ 'logo.png': '\0', 'a.txt': 'a', 'off.txt': '# secretlint-disable' });
    expect(noted).toMatchObject({
      files: 2,
      notScanned: [
        { path: 'logo.png', why: 'binary' },
        { path: 'off.txt', why: 'a comment turns the scan off' },
      ],
      notScannedCount: 2,
    });
  });

  it('reads a bounded number of files, and keeps a bounded number of findings', async () => {
    const many = Object.fromEntries(Array.from({ length: MOST_FILES + 60 }, (_, n) => [`${n}.env`, TOKEN]));
    const { noted, read, error } = await scanning(many);
    expect(read).toHaveLength(MOST_FILES);
    expect(noted).toMatchObject({ files: MOST_FILES, findingCount: MOST_FILES, notScannedCount: 60 });
    expect(noted?.findings).toHaveLength(MOST_KEPT);
    expect(noted?.notScanned[0]).toEqual({ path: `${MOST_FILES}.env`, why: 'too many files' });
    expect(error?.message).toContain('and 980 more.');
  });
});
