import { imageObjectKey } from '../../../tasks/image-inventory/image-objects.ts';
import type { InspectImageRequest } from '../../../tasks/payloads.ts';
import type { Finding } from '../../../tasks/vulnerabilities/finding.ts';
import { defaultGate } from '../../../tasks/vulnerabilities/gate.ts';
import { inspectorScan } from '../../../tasks/vulnerabilities/imagebuilder-findings.ts';
import { type ScanDependencies, scanImage } from '../../../tasks/vulnerabilities/scan-image.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aJob, aPromotion, aRelease, PROMOTION_ID } from '../doubles/samples.ts';
import { aFinding, anAcceptance } from './sample-findings.ts';

const request = (environment: 'qat' | 'prod' = 'qat'): InspectImageRequest => ({
  promotionId: PROMOTION_ID,
  environment,
  imageId: `ami-${environment}`,
  imageBuildVersionArn: `build-${environment}`,
  imagePipelineArn: 'pipeline',
});
const completed = { scanState: { status: 'COMPLETED' as const } };

const begin = async (settings: Partial<Pick<ScanDependencies, 'source' | 'gate'>> = {}) => {
  const objects = new Map<string, string>();
  const ledger = createMemoryLedger();
  await ledger.addPromotion(aPromotion());
  const world = { found: [aFinding()] as readonly Finding[], now: new Date('2026-11-22T10:00:00.000Z') };
  const scan = scanImage({
    source: inspectorScan(async () => world.found),
    gate: defaultGate,
    ...settings,
    ledger,
    archive: {
      keep: async (key, text) => void objects.set(key, text),
      read: async (key) => objects.get(key),
    },
    application: 'shop',
    now: () => world.now,
  });
  return {
    objects,
    ledger,
    world,
    scan,
    /** Prod runs an image in which these were found. */
    prodHas: async (found: readonly Finding[]) => {
      await ledger.addPromotion(aRelease());
      await ledger.noteLive({ application: 'shop', promotionId: 'release-a', since: '2026-11-20T12:00:00Z' });
      world.found = found;
      const scanned = await scan({ ...request('prod'), imageId: 'ami-a' }, completed);
      await ledger.addJob(
        aJob({
          promotionId: 'release-a',
          state: 'Build Prod image',
          status: 'SUCCEEDED',
          output: { imageId: 'ami-a', ...(scanned?.findings && { findings: scanned.findings }) },
        }),
      );
      return scanned?.findings ?? '';
    },
  };
};

describe('an image that is scanned', () => {
  it('is kept with what was found, by its digest', async () => {
    const { scan, objects } = await begin({ gate: [] });
    const { findings = '', ...rest } = (await scan(request(), completed)) ?? {};
    expect(rest).toEqual({});
    const kept = objects.get(imageObjectKey('shop', 'ami-qat', findings, 'findings.json'));
    expect(JSON.parse(kept ?? '')).toMatchObject({ imageId: 'ami-qat', findings: [aFinding()] });
  });

  it.each(['PENDING', 'SCANNING', 'COLLECTING'] as const)(
    'is waited for while its scan is %s',
    async (status) => {
      const { scan, objects } = await begin();
      expect(await scan(request(), { scanState: { status } })).toBeUndefined();
      expect(objects.size).toBe(0);
    },
  );

  it.each(['FAILED', 'ABANDONED', 'TIMED_OUT', undefined] as const)(
    'does not pass a gate if its scan is %s, and is only told where none is set',
    async (status) => {
      const state = status && { scanState: { status, reason: 'no agent' } };
      const gated = await (await begin()).scan(request(), state ?? {});
      expect(gated?.stopped).toEqual([expect.stringMatching(/No scan is no pass\.$/)]);
      const open = await (await begin({ gate: [] })).scan(request(), state ?? {});
      expect(open).toEqual({ notScanned: expect.stringContaining(`is ${status ?? 'MISSING'}: `) });
    },
  );

  it('is kept with the scanner, where a component scanned it', async () => {
    const scanner = { name: 'grype', version: '0.92.0', at: '2026-11-22T09:00:00.000Z' } as const;
    const source = async () => ({ found: [aFinding()], scanner });
    const { scan, objects } = await begin({ source, gate: [] });
    // Image Builder has no scan of its own.
    const { findings = '' } = (await scan(request(), {})) ?? {};
    const kept = objects.get(imageObjectKey('shop', 'ami-qat', findings, 'findings.json'));
    expect(JSON.parse(kept ?? '')).toMatchObject({ scanner, findings: [aFinding()] });
  });

  it('is not asked for where scanning is off', async () => {
    const { scan } = await begin({ source: undefined, gate: [] });
    expect(await scan(request(), {})).toEqual({});
  });
});

describe('the gate', () => {
  it('stops a QAT image for what Prod does not have', async () => {
    const { scan } = await begin();
    expect((await scan(request(), completed))?.stopped).toEqual([
      'CVE-2026-1 (critical) in openssl 1:3.0.8-1, fixed in 1:3.0.9-1.',
    ]);
  });

  it('lets pass what Prod has as well', async () => {
    const { scan, prodHas } = await begin();
    await prodHas([aFinding()]);
    expect((await scan(request(), completed))?.stopped).toBeUndefined();
  });

  it('fails if what was found in Prod’s image is recorded and gone', async () => {
    const { scan, prodHas, objects } = await begin();
    const digest = await prodHas([aFinding()]);
    objects.delete(imageObjectKey('shop', 'ami-a', digest, 'findings.json'));
    await expect(scan(request(), completed)).rejects.toThrow('does not have the findings of ami-a');
  });

  it('stops a Prod image for what became known since its QAT image passed', async () => {
    const { scan, world } = await begin();
    world.found = [];
    expect((await scan(request(), completed))?.stopped).toBeUndefined();
    world.found = [aFinding()];
    expect((await scan(request('prod'), completed))?.stopped).toHaveLength(1);
  });

  it('lets pass what somebody accepted, with who, why and until when, until that ends', async () => {
    const { scan, ledger, world } = await begin();
    await ledger.replaceAcceptance(undefined, anAcceptance());
    const { accepted = '', stopped } = (await scan(request(), completed)) ?? {};
    expect(stopped).toBeUndefined();
    const { application: _, ...acceptance } = anAcceptance();
    expect(JSON.parse(accepted)).toEqual([acceptance]);
    world.now = new Date('2026-12-01T00:00:00.000Z');
    expect((await scan(request(), completed))?.stopped).toHaveLength(1);
  });

  it('tells 20 of many', async () => {
    const { scan, world } = await begin();
    world.found = Array.from({ length: 30 }, (_, index) => aFinding(`CVE-2026-${index}`));
    const { stopped = [] } = (await scan(request(), completed)) ?? {};
    expect(stopped).toHaveLength(21);
    expect(stopped.at(-1)).toBe('And 10 more.');
  });
});
