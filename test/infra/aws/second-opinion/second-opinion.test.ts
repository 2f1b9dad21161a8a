import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  type AcceptedFinding,
  acceptedFindings,
  acceptingPattern,
} from '../../../../infra/aws/accepted-findings.ts';
import { createLockstepApp } from '../../../../infra/aws/lockstep-app.ts';
import { spdx } from '../../../../tasks/image-inventory/spdx.ts';
import { manyPackages, sampleInventory } from '../../../tasks/image-inventory/sample-inventory.ts';
import { cdkContext, markerBundles } from '../support/synthesize.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { Finding } from './finding.ts';
import { acknowledgements, nagFindings } from './nag-findings.ts';
import { installScanners, ScannersUnavailableError, scan } from './python-scanners.ts';

// Scanning takes a minute of two cores, and others may use these.
jest.setTimeout(1_200_000);

/** The scanners' programs; without Python they are none, and the tests of their findings count as skipped. */
const programs = (() => {
  try {
    return installScanners();
  } catch (error) {
    if (!(error instanceof ScannersUnavailableError)) throw error;
    console.warn(`cfn-lint, checkov and pyspdxtools are skipped: ${error.message}`);
    return undefined;
  }
})();
const withScanners = programs === undefined ? it.skip : it;

const isScanners = (rule: string) => /^(CKV|W|E|I)_?\w*\d+$/.test(rule);
/** Without what a finding of cdk-nag names in brackets. */
const ruleOf = ({ rule }: Pick<Finding, 'rule'>) => rule.replace(/\[.*/s, '');
const text = ({ rule, path, message }: Finding) => `${rule} on ${path}: ${message}`;

/** Findings that nothing accepts. */
const unexplained = (findings: readonly Finding[], accepted = acceptedFindings) => [
  ...new Set(
    findings
      .filter((one) => !accepted.some((finding) => acceptingPattern(finding, ruleOf(one), one.path)))
      .map(text),
  ),
];

/** What accepts findings that nothing has: `rule on pattern`. */
const stale = (
  findings: readonly Finding[],
  rules: (rule: string) => boolean,
  accepted: readonly AcceptedFinding[] = acceptedFindings,
) => {
  const used = new Set(
    findings.flatMap((one) =>
      accepted.flatMap((finding, index) => {
        const pattern = acceptingPattern(finding, ruleOf(one), one.path);
        return pattern === undefined ? [] : [`${index} ${ruleOf(one)} on ${pattern}`];
      }),
    ),
  );
  return accepted.flatMap(({ rules: names, resources }, index) =>
    names
      .filter(rules)
      .flatMap((rule) =>
        resources.map((pattern) => `${index} ${rule} on ${pattern}`).filter((name) => !used.has(name)),
      ),
  );
};

const examples = resolve(import.meta.dirname, '../../../../examples');
const configurations = new Map<string, unknown>([
  ['cdk', cdkContext().lockstep],
  ...readdirSync(examples)
    .filter((file) => file.endsWith('.json'))
    .map((file): [string, unknown] => [
      file.replace(/\.json$/, ''),
      JSON.parse(readFileSync(join(examples, file), 'utf8')),
    ]),
]);

/** Everything is synthesized once. */
const directory = temporaryDirectory();
const bundles = markerBundles(directory);
const texts: Record<string, string> = {};
const found: Finding[] = [];
const acknowledged: Pick<Finding, 'rule' | 'path'>[] = [];
mkdirSync(join(directory, 'templates'));
for (const [name, lockstep] of configurations) {
  const context = { ...cdkContext(), lockstep, 'aws:cdk:enable-path-metadata': true };
  const app = createLockstepApp({ context, outdir: join(directory, name), bundles, validate: false });
  for (const { stackName, template } of app.synth().stacks) {
    const file = `${name}--${stackName}.json`;
    texts[file] = JSON.stringify(template, null, 1);
    writeFileSync(join(directory, 'templates', file), texts[file]);
  }
  found.push(...nagFindings(app));
  acknowledged.push(...acknowledgements(app));
}

describe('cdk-nag, with the rules of AWS Solutions and NIST 800-53 R5,', () => {
  it('finds nothing in any configuration that is not accepted by name', () => {
    expect(found.length).toBeGreaterThan(100);
    expect(unexplained(found)).toEqual([]);
  });

  it('still finds everything that is accepted', () => {
    expect(stale(found, (rule) => !isScanners(rule))).toEqual([]);
  });

  it('still finds each permission that is acknowledged beside it, in one of the configurations', () => {
    const isFound = ({ rule, path }: Pick<Finding, 'rule' | 'path'>) =>
      found.some((one) => one.rule === rule && `${one.path}/`.startsWith(`${path}/`));
    expect(acknowledged.length).toBeGreaterThan(50);
    expect([
      ...new Set(
        acknowledged
          .filter(
            (one) =>
              !acknowledged.some((same) => same.path === one.path && same.rule === one.rule && isFound(same)),
          )
          .map(({ rule, path }) => `${rule} on ${path}`),
      ),
    ]).toEqual([]);
  });
});

describe('cfn-lint and checkov', () => {
  let scanned: readonly Finding[] = [];
  beforeAll(async () => {
    if (programs) scanned = await scan(programs, { directory: join(directory, 'templates'), texts });
  });

  withScanners('find nothing in any configuration that is not accepted by name', () => {
    expect(scanned.length).toBeGreaterThan(100);
    expect(unexplained(scanned)).toEqual([]);
  });

  withScanners('still find everything that is accepted', () => {
    expect(stale(scanned, isScanners)).toEqual([]);
  });
});

describe("pyspdxtools, which reads an image's SPDX document,", () => {
  const document = spdx(
    sampleInventory({ packages: [...manyPackages(300), { name: 'libstdc++', version: '1:11.4~rc1^git' }] }),
  );

  withScanners.each([
    ['takes it', document, 0, ''],
    [
      'rejects one whose image contains a package that is not there',
      document.replace('-Package-7-', '-Other-7-'),
      1,
      'did not find the referenced spdx_id',
    ],
  ])('%s', (_, text, status, said) => {
    const file = join(directory, 'image.spdx.json');
    writeFileSync(file, text);
    const read = spawnSync(join(programs ?? '', 'pyspdxtools'), ['--infile', file], { encoding: 'utf8' });
    expect([read.status, `${read.stdout}${read.stderr}`]).toEqual([
      status,
      said === '' ? '' : expect.stringContaining(said),
    ]);
  });
});

describe('accepted findings', () => {
  const finding = (rule: string, path: string): Finding => ({ rule, path, message: 'no' });
  const accepted = [{ rules: ['W1', 'CKV_AWS_2'], resources: ['A/*/Logs', 'B'], reason: 'Why.' }];

  it.each([
    ['W1', 'Stack/A/One/Logs/Resource', true],
    ['CKV_AWS_2', 'Stack/B', true],
    ['W1', 'Stack/A/One/LogsOther/Resource', false],
    ['W1', 'Stack/C/B/Resource', false],
    ['W2', 'Stack/B/Resource', false],
  ])('%s on %s is accepted: %s', (rule, path, isAccepted) => {
    expect(unexplained([finding(rule, path)], accepted)).toEqual(
      isAccepted ? [] : [`${rule} on ${path}: no`],
    );
  });

  it('are stale rule by rule and resource by resource', () => {
    const one = [finding('W1', 'Stack/B/Resource')];
    expect(stale(one, isScanners, accepted)).toEqual([
      '0 W1 on A/*/Logs',
      '0 CKV_AWS_2 on A/*/Logs',
      '0 CKV_AWS_2 on B',
    ]);
  });

  it('each say why, and name no rule twice for one resource', () => {
    const names = acceptedFindings.flatMap(({ rules, resources }) =>
      rules.flatMap((rule) => resources.map((pattern) => `${rule} on ${pattern}`)),
    );
    expect(new Set(names).size).toBe(names.length);
    for (const { reason } of acceptedFindings) expect(reason).toMatch(/^[A-Z].{20,}\.$/s);
  });
});
