import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../../infra/local/run/synthesize.ts';
import { testAssembly } from '../support/assembly.ts';

const script = path.join(projectRoot, 'scripts/delete-leftovers.sh');

/** Stands for the AWS CLI: records its calls, and returns listings. */
const awsCommand = `#!/bin/sh
echo "$@" >> "$CALLS"
case "$1 $2" in
  'cloudformation list-stacks') case "$*" in *"'Lockstep-orders'"*) echo arn:orders ;; *Platform*) echo arn:platform ;; *"'Lockstep-orders-Prod'"*|*"starts_with(StackName, 'Lockstep-orders-Artifacts-')"*|*"starts_with(StackName, 'Lockstep-Workloads-')"*) echo "$*" | sed "s/.*'\\(.*\\)'.*/arn:elsewhere:\\1/" ;; esac ;;
  'cloudformation list-stack-resources') case "$*" in *arn:orders*) cat "$ORDERS" ;; *arn:elsewhere:*) [ -z "$ELSEWHERE" ] || echo "$4" | sed 's/arn:elsewhere:/AWS::KMS::Key /' ;; *) cat "$PLATFORM" ;; esac ;;
  'ec2 describe-images') printf 'ami-1\\nami-2\\n' ;;
esac
`;

describe('deleting what stacks leave behind', () => {
  let directory: string;
  beforeEach(() => {
    directory = fs.mkdtempSync(path.join(tmpdir(), 'lockstep-leftovers-'));
    fs.writeFileSync(path.join(directory, 'aws'), awsCommand, { mode: 0o755 });
  });
  afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

  const run = (args: string[], left: { orders?: string; platform?: string; elsewhere?: boolean } = {}) => {
    const files = { CALLS: 'calls', ORDERS: 'orders', PLATFORM: 'platform' };
    fs.writeFileSync(path.join(directory, 'calls'), '');
    fs.writeFileSync(path.join(directory, 'orders'), left.orders ?? '');
    fs.writeFileSync(path.join(directory, 'platform'), left.platform ?? '');
    const { status, stdout, stderr } = spawnSync('sh', [script, ...args], {
      encoding: 'utf8',
      env: {
        PATH: `${directory}:${process.env.PATH}`,
        ELSEWHERE: left.elsewhere ? 'yes' : '',
        ...Object.fromEntries(Object.entries(files).map(([key, file]) => [key, path.join(directory, file)])),
      },
    });
    const calls = fs.readFileSync(path.join(directory, 'calls'), 'utf8').split('\n');
    return {
      status,
      stdout,
      stderr,
      changes: calls.filter((call) => /delete|deregister|update| rb /.test(call)),
    };
  };

  it('lists and changes nothing without the option', () => {
    const { status, stdout, changes } = run(['orders'], { orders: 'AWS::Logs::LogGroup\tlogs-1\n' });
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: 'AWS::Logs::LogGroup logs-1\nimage ami-1\nimage ami-2\n',
    });
    expect(changes).toEqual([]);
  });

  it('T52: finds what stacks of environments elsewhere left in the account and region that it runs in', () => {
    const { status, stdout } = run(['orders'], { elsewhere: true });
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: [
        'AWS::KMS::Key Lockstep-orders-Prod',
        'AWS::KMS::Key Lockstep-orders-Artifacts-',
        'image ami-1',
        'image ami-2',
        'AWS::KMS::Key Lockstep-Workloads-',
        '',
      ].join('\n'),
    });
  });

  it('switches protection off first, and deletes images with their snapshots', () => {
    const { status, changes } = run(['--delete', 'orders'], { platform: 'AWS::DynamoDB::Table\tledger\n' });
    expect(status).toBe(0);
    expect(changes).toEqual([
      'ec2 deregister-image --image-id ami-1 --delete-associated-snapshots',
      'ec2 deregister-image --image-id ami-2 --delete-associated-snapshots',
      'dynamodb update-table --table-name ledger --no-deletion-protection-enabled',
      'dynamodb delete-table --table-name ledger',
    ]);
  });

  it('knows how to delete everything that the templates retain', async () => {
    const assembly = await testAssembly();
    const retained = fs
      .readdirSync(assembly)
      .filter((name) => name.endsWith('.template.json'))
      .flatMap((name) => {
        const { Resources } = JSON.parse(fs.readFileSync(path.join(assembly, name), 'utf8')) as {
          Resources: Record<string, { Type: string; DeletionPolicy?: string }>;
        };
        return Object.values(Resources).flatMap(({ Type, DeletionPolicy = 'Delete' }) =>
          DeletionPolicy === 'Delete' ? [] : [Type],
        );
      });
    expect(retained).toContain('AWS::KMS::Key');
    const types = [...new Set(retained)];
    const { status, stderr } = run(['--delete', 'orders'], {
      orders: types.map((type) => `${type}\tid\n`).join(''),
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('fails, and goes on, when it does not know a type', () => {
    const { status, stderr, changes } = run(['--delete', 'orders'], {
      orders: 'AWS::Other::Thing\tx\nAWS::S3::Bucket\tartifacts\n',
    });
    expect(status).toBe(1);
    expect(stderr).toContain('AWS::Other::Thing x: this script does not know how to delete it.');
    expect(changes).toContain('s3 rb s3://artifacts --force');
  });

  it('fails without an application', () => {
    expect(run([])).toMatchObject({ status: 2, stderr: expect.stringContaining('Name the applications') });
  });
});
