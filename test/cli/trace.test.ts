import { addRelease, type Documents, keepImages, makeLive } from '../tasks/lineage/live-images.ts';
import { aFinding } from '../tasks/vulnerabilities/sample-findings.ts';
import { createCommandLine } from './command-line.ts';

/** The shop runs a release with openssl in Prod, and can go back to one with it. */
const createWorld = async () => {
  const cli = createCommandLine();
  const documents: Documents = {
    set: (objectKey, text) =>
      cli.archive.set(objectKey, { objectKey, text, isLocked: true, newerVersions: 0, deleteMarkers: 0 }),
  };
  const packages = [{ name: 'openssl', version: '1:3.2.2-1.amzn2023.0.1' }];
  await addRelease(
    cli.ledger,
    documents,
    { images: { qat: 'ami-0aqat', prod: 'ami-a' } },
    { qat: {}, prod: { packages } },
  );
  const live = await addRelease(
    cli.ledger,
    documents,
    {
      promotionId: 'live',
      commitMessage: 'Sort \u001b[2Jarticles',
      startedAt: '2026-11-21T10:00:00.000Z',
      endedAt: '2026-11-21T12:00:00.000Z',
      images: { qat: 'ami-0qat', prod: 'ami-0prod' },
      deployments: { qat: 'd-QAT1', prod: 'd-PROD1' },
    },
    { qat: { packages: [], findings: [] }, prod: { packages, findings: [aFinding()] } },
  );
  await makeLive(cli.ledger, live);
  await keepImages(cli.ledger, 'shop', ['ami-a']);
  return cli;
};

it('says in which environments a package is live, since when, by which promotion and who approved it', async () => {
  const { run } = await createWorld();
  const { text, end } = await run({ name: 'trace', what: 'openssl 3.2.2' });
  expect(end).toBeUndefined();
  expect(text).toBe(`Package openssl 3.2.2 is live in 1 of 2 environments that were looked at.
The one earlier release that Prod can go back to has it.

Prod of shop: openssl 1:3.2.2-1.amzn2023.0.1
  Commit       8f0c9c1f Sort \\u001b[2Jarticles
  Since        21 Nov 2026, 12:00 UTC
  Promotion    live
  Approved by  quinn (QC), parker (PMO)
  Image        ami-0prod
  Deployment   d-PROD1
  Verify Prod saw this commit and image on every instance that served on 21 Nov 2026, 12:00 UTC. Lockstep has not looked at the instances since.

Prod can go back to:
  shop: 8f0c9c1f Show the cart (release-a), promoted on 20 Nov 2026, 12:00 UTC: openssl 1:3.2.2-1.amzn2023.0.1`);
});

it('says what was looked at if nothing has it', async () => {
  const { run } = await createWorld();
  expect((await run({ name: 'trace', what: 'nginx@1.26.2' })).text).toBe(
    `Package nginx 1.26.2 is live in none of 2 environments that were looked at.
The one earlier release that Prod can go back to does not have it.`,
  );
});

it('tells a vulnerability with its severity and packages, and is not done if something live could not be looked at', async () => {
  const { run, archive } = await createWorld();
  const asked = { name: 'trace', what: 'CVE-2026-1' } as const;
  const before = await run(asked);
  expect(before.end).toBeUndefined();
  expect(before.text).toContain(
    'Prod of shop: CVE-2026-1 (critical) in openssl 1:3.0.8-1, fixed in 1:3.0.9-1',
  );
  for (const objectKey of archive.keys()) if (objectKey.includes('/ami-0qat/')) archive.delete(objectKey);
  const { text, end, json } = await run(asked);
  expect(end).toBe('failed');
  expect(text).toContain('CVE-2026-1 is live in the one environment that was looked at.');
  expect(text).toContain(`Not looked at, or not certain:
  QAT of shop: the evidence bucket does not have the findings of ami-0qat.
  The release release-a of shop: ami-a was not scanned when it was built.`);
  expect(json).toMatchObject({
    question: { kind: 'vulnerability', vulnerabilityId: 'CVE-2026-1' },
    live: [{ release: { environment: 'prod', promotionId: 'live' }, finding: aFinding() }],
    looked: { live: 1, earlier: 0 },
  });
});

it('tells of an id the promotions that have it as well, live or not', async () => {
  const { run } = await createWorld();
  const { text, json } = await run({ name: 'trace', what: 'ami-0aqat' });
  expect(text).toContain('Image ami-0aqat is live in none of 2 environments that were looked at.');
  expect(text).toMatch(/The latest promotions that have it:\n.*\n.*release-a/);
  expect(json).toMatchObject({ live: [], promotions: [{ because: 'QAT image' }], searched: 2 });
});

it.each([
  ['ab', 'got 2'],
  ['x'.repeat(201), 'got 201'],
])('fails on %s', async (what, message) => {
  await expect((await createWorld()).run({ name: 'trace', what })).rejects.toThrow(
    `trace takes 3 to 200 characters, ${message}.`,
  );
});
