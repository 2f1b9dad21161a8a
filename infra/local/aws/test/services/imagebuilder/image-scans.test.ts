import { scanOutcomeOf } from '../../../services/imagebuilder/image-scans.ts';
import { createInspectorService } from '../../../services/inspector2/inspector2.ts';
import { type Vulnerability, vulnerabilitiesOf } from '../../../services/shared/vulnerabilities.ts';
import { administrator, until } from '../shared/test-host.ts';
import { createImageWorld, type ImageWorld } from './image-world.ts';

interface Findings {
  readonly findings: readonly {
    severity: string;
    fixAvailable: string;
    packageVulnerabilityDetails: { vulnerabilityId: string; vulnerablePackages: readonly object[] };
  }[];
  readonly nextToken?: string;
}

const openssl: Vulnerability = {
  vulnerabilityId: 'CVE-1',
  packageName: 'openssl',
  severity: 'CRITICAL',
  title: 'Reads too far',
  fixedIn: '1:3.0.10-1.amzn2023.0.1',
};

describe('a scan of an image', () => {
  let images: ImageWorld;
  beforeEach(() => {
    images = createImageWorld();
  });
  afterEach(() => images.world.remove());

  const built = async (known: readonly Vulnerability[], scans: boolean | 'not said' = true) => {
    const { world, messages, open, deploy, start } = images;
    for (const one of known) vulnerabilitiesOf(world).put(one.vulnerabilityId, one);
    const opened = await open();
    await deploy(opened, scans === 'not said' ? {} : { scans });
    const imageBuildVersionArn = await start(opened);
    await until(world, () => messages.length > 0);
    const { image } = await opened.call<{ image: { scanState?: { status: string } } }>('GetImage', {
      imageBuildVersionArn,
    });
    const filters = [{ name: 'imageBuildVersionArn', values: [imageBuildVersionArn] }];
    const list = (more: object = {}) => opened.call<Findings>('ListImageScanFindings', { filters, ...more });
    return { opened, scanState: image.scanState, list };
  };

  it('finds the packages whose version is before the fix, or that have none', async () => {
    const { scanState, list } = await built([
      openssl,
      { ...openssl, vulnerabilityId: 'CVE-2', fixedIn: '1:3.0.8-1.amzn2023.0.20' },
      { vulnerabilityId: 'CVE-3', packageName: 'xz', severity: 'LOW', title: 'Runs an archive' },
      { ...openssl, vulnerabilityId: 'CVE-4', packageName: 'not-installed' },
    ]);
    expect(scanState).toMatchObject({ status: 'COMPLETED' });
    const { findings } = await list();
    expect(findings).toMatchObject([
      {
        severity: 'CRITICAL',
        fixAvailable: 'YES',
        packageVulnerabilityDetails: {
          vulnerabilityId: 'CVE-1',
          vulnerablePackages: [
            {
              name: 'openssl',
              epoch: 1,
              version: '3.0.8',
              release: '1.amzn2023.0.21',
              fixedInVersion: '1:3.0.10-1.amzn2023.0.1',
            },
          ],
        },
      },
      { fixAvailable: 'NO', packageVulnerabilityDetails: { vulnerabilityId: 'CVE-3' } },
    ]);
  });

  it('stays as it was when more becomes known', async () => {
    const { list } = await built([]);
    vulnerabilitiesOf(images.world).put('CVE-1', openssl);
    expect((await list()).findings).toEqual([]);
  });

  it('is listed in pages of 25 at most, by one filter', async () => {
    const many = Array.from({ length: 30 }, (_, index) => ({ ...openssl, vulnerabilityId: `CVE-${index}` }));
    const { opened, list } = await built(many);
    const first = await list();
    expect([first.findings.length, (await list({ nextToken: first.nextToken })).findings.length]).toEqual([
      25, 5,
    ]);
    await expect(list({ maxResults: 26 })).rejects.toThrow('from 1 to 25');
    await expect(opened.call('ListImageScanFindings', {})).rejects.toThrow('Only the filter');
  });

  it('can end otherwise, and then finds nothing', async () => {
    scanOutcomeOf(images.world).put('status', 'FAILED');
    const { scanState, list } = await built([openssl]);
    expect(scanState).toMatchObject({ status: 'FAILED' });
    expect((await list()).findings).toEqual([]);
  });

  it.each([false, 'not said'] as const)('is not made where the pipeline has scanning %s', async (scans) => {
    const { scanState } = await built([openssl], scans);
    expect(scanState).toBeUndefined();
  });
});

it('Inspector tells one vulnerability at a time, and whether it is known to be exploited', async () => {
  const { world, open } = createImageWorld();
  try {
    vulnerabilitiesOf(world).put('CVE-1', { ...openssl, isKnownExploited: true });
    const { process } = await open();
    process.register(createInspectorService);
    const search = (...vulnerabilityIds: readonly string[]) =>
      process.inner.call<object>(administrator, 'inspector2', 'SearchVulnerabilities', {
        filterCriteria: { vulnerabilityIds },
      });
    expect(await search('CVE-1')).toMatchObject({
      vulnerabilities: [{ id: 'CVE-1', cisaData: { dateAdded: expect.any(Date) } }],
    });
    expect(await search('CVE-2')).toEqual({ vulnerabilities: [] });
    await expect(search('CVE-1', 'CVE-2')).rejects.toThrow('must have 1 id');
  } finally {
    world.remove();
  }
});
