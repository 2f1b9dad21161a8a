import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');

/** For each folder, the folders of ours that its files may import from. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  tasks: ['tasks'],
  cli: ['cli', 'tasks'],
  workflows: ['workflows', 'tasks'],
  'approvals-ui': ['approvals-ui', 'tasks'],
  'infra/aws': ['infra/aws', 'infra/config.ts', 'workflows', 'tasks', 'approvals-ui'],
  'infra/local/aws/engine': ['infra/local/aws/engine'],
  'infra/local/aws': ['infra/local/aws'],
  'infra/local/aws/test': ['infra/local/aws'],
  'infra/local/run': [
    'infra/local/run',
    'infra/config.ts',
    'tasks',
    'workflows',
    'approvals-ui',
    'cli/arguments.ts',
  ],
};

/** Programs that a revision brings, and tests. */
const notOurs = ['infra/local/run/sample-app', 'infra/local/aws/test'];

const filesBelow = (directory: string): string[] =>
  fs.readdirSync(path.join(root, directory), { withFileTypes: true }).flatMap((entry) => {
    const file = `${directory}/${entry.name}`;
    if (entry.isDirectory()) return notOurs.includes(file) ? [] : filesBelow(file);
    return /\.tsx?$/.test(entry.name) ? [file] : [];
  });

const imports = (file: string): string[] =>
  [...fs.readFileSync(path.join(root, file), 'utf8').matchAll(/\b(?:from|import)\s*\(?\s*'([^']+)'/g)].map(
    ([, name = '']) => name,
  );

/** The file that an import names, from the repository's root. */
const resolve = (file: string, name: string): string =>
  name === '@lockstep/aws-emulator'
    ? 'infra/local/aws/index.ts'
    : path.posix.join(path.posix.dirname(file), name);

/** One circle through each file that closes one, found by walking depth first. */
const circlesIn = (imported: ReadonlyMap<string, readonly string[]>): string[] => {
  const circles: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, way: readonly string[]) => {
    const start = way.indexOf(file);
    if (start >= 0) circles.push([...way.slice(start), file].join(' → '));
    if (start >= 0 || done.has(file)) return;
    for (const next of imported.get(file) ?? []) walk(next, [...way, file]);
    done.add(file);
  };
  for (const file of imported.keys()) walk(file, []);
  return circles;
};

const inside = (target: string, places: readonly string[]) =>
  places.some((place) => target === place || target.startsWith(`${place}/`));

describe('imports', () => {
  it.each(Object.entries(allowed))('of %s point only where they may', (folder, places) => {
    const files = filesBelow(folder);
    expect(files.length).toBeGreaterThan(0);
    const wrong = files.flatMap((file) =>
      imports(file)
        .filter((name) => name.startsWith('.'))
        .map((name) => resolve(file, name))
        .filter((target) => !inside(target, places))
        .map((target) => `${file} → ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('are never circular, at run time or in types', () => {
    const files = [
      'infra',
      ...Object.keys(allowed).filter((folder) => !folder.startsWith('infra')),
      'test',
      'scripts',
    ]
      .flatMap(filesBelow)
      .concat(filesBelow('infra/local/aws/test'));
    const imported = new Map(files.map((file) => [file, imports(file).map((name) => resolve(file, name))]));
    expect(circlesIn(imported)).toEqual([]);
  });

  it('of the emulator come from the local run alone, but for what its agent and its builds say of files', () => {
    const others = ['tasks', 'cli', 'workflows', 'approvals-ui', 'infra/aws'].flatMap(filesBelow);
    const users = others.flatMap((file) =>
      imports(file)
        .filter((name) => name.startsWith('@lockstep/aws-emulator'))
        .map((name) => `${file} → ${name}`),
    );
    // What CodeBuild and CodeDeploy's agent would say is asked of those that the local run has (D-134, D-152).
    expect(users).toEqual([
      'cli/check/check.ts → @lockstep/aws-emulator/codebuild',
      'cli/check/check.ts → @lockstep/aws-emulator/codedeploy-agent',
    ]);
  });

  it('of the engine name no package but jsonata', () => {
    const packages = filesBelow('infra/local/aws/engine').flatMap((file) =>
      imports(file).filter((name) => !name.startsWith('.') && !name.startsWith('node:')),
    );
    expect(new Set(packages)).toEqual(new Set(['jsonata']));
  });

  it('of each service name no other service', () => {
    const wrong = filesBelow('infra/local/aws/services')
      .filter((file) => file.split('/').length > 5)
      .flatMap((file) => {
        const own = file.split('/').slice(0, 5).join('/');
        return imports(file)
          .filter((name) => name.startsWith('.'))
          .map((name) => resolve(file, name))
          .filter(
            (target) =>
              target.startsWith('infra/local/aws/services/') &&
              !inside(target, [own, 'infra/local/aws/services/shared']),
          )
          .map((target) => `${file} → ${target}`);
      });
    expect(wrong).toEqual([]);
  });
});

describe('functions', () => {
  /** They read, or note images and deployments, which jobs' evidence tells as well. */
  const plain = [
    'check-release',
    'confirm-approvers',
    'inspect-image',
    'point-at-image',
    'publish-events',
    'verify-prod',
  ];

  it('that write what evidence is made of do so through the recorded ledger', () => {
    const handlers = [...filesBelow('tasks'), ...filesBelow('approvals-ui')].filter((file) =>
      file.endsWith('.lambda.ts'),
    );
    const using = (name: string) =>
      handlers
        .filter((file) => fs.readFileSync(path.join(root, file), 'utf8').includes(`${name}(`))
        .map((file) => path.basename(file, '.lambda.ts'))
        .sort();
    expect(using('openLedger')).toEqual(plain);
    expect(using('createRecordedLedger').length).toBeGreaterThan(5);
  });
});
