import type { BuildMachine } from '../../../instances/container/image-workshop.ts';
import { parseComponentDocument } from '../../../services/imagebuilder/component-document.ts';
import { runPhase } from '../../../services/imagebuilder/run-components.ts';

/** A machine whose scripts end as told, in order; then with 0. */
const machineOf = (...codes: (number | 'late')[]) => {
  const done: string[] = [];
  const machine: BuildMachine = {
    bash: async (script, { onOutput }) => {
      done.push(script);
      const code = codes.shift() ?? 0;
      onOutput(Buffer.from(`output of ${script}\n`));
      return code === 'late' ? { code: 124, isLate: true } : { code, isLate: false };
    },
    reboot: async () => void done.push('reboot'),
    commit: async () => 'image',
    remove: async () => undefined,
  };
  return { machine, done };
};

const documentOf = (steps: string, head = '') =>
  parseComponentDocument(
    `name: web\nschemaVersion: 1.0\n${head}phases:\n  - name: build\n    steps:\n${steps}`,
  );
const step = (name: string, command: string, more = '') =>
  `      - { name: ${name}, action: ExecuteBash, ${more}inputs: { commands: ['${command}'] } }\n`;

const run = async (steps: string, codes: (number | 'late')[] = [], head = '') => {
  const { machine, done } = machineOf(...codes);
  const log: string[] = [];
  const failure = await runPhase(machine, [{ arn: 'arn:a', document: documentOf(steps, head) }], 'build', {
    log: (text) => log.push(text),
    put: async () => undefined,
  }).then(
    () => undefined,
    (error: Error) => error.message,
  );
  return { done, failure, log: log.join('') };
};

describe('a phase of components', () => {
  it('runs steps in order and logs their output', async () => {
    const { done, failure, log } = await run(step('a', 'one') + step('b', 'two'));
    expect(done).toEqual(['one', 'two']);
    expect(failure).toBeUndefined();
    expect(log).toContain('output of one');
  });

  it.each([
    [
      'Abort',
      ['one'],
      /^The step a \(ExecuteBash\) of the phase build of the component web failed with exit code 7/,
    ],
    ['Continue', ['one', 'two'], /exit code 7/],
    ['Ignore', ['one', 'two'], undefined],
  ] as const)('onFailure %s', async (onFailure, done, message) => {
    const result = await run(step('a', 'one', `onFailure: ${onFailure}, `) + step('b', 'two'), [7]);
    expect(result.done).toEqual(done);
    if (message) expect(result.failure).toMatch(message);
    else expect(result.failure).toBeUndefined();
  });

  it("a failure holds the end of the step's output", async () => {
    expect((await run(step('a', 'one'), [1])).failure).toMatch(/Its output ends with:\noutput of one$/);
  });

  it('tries a step as often as it says, and no more', async () => {
    expect((await run(step('a', 'one', 'maxAttempts: 3, '), [1, 1])).done).toEqual(['one', 'one', 'one']);
    const { done, failure } = await run(step('a', 'one', 'maxAttempts: 2, '), [1, 1, 0]);
    expect(done).toHaveLength(2);
    expect(failure).toContain('failed with exit code 1, 2 times');
  });

  it('says how long a step was given', async () => {
    expect((await run(step('a', 'one', 'timeoutSeconds: 9, '), ['late'])).failure).toContain(
      'did not end within 9 seconds',
    );
  });

  it('restarts the machine for a script that ends with 194, and runs it again', async () => {
    expect((await run(step('a', 'one'), [194])).done).toEqual(['one', 'reboot', 'one']);
    expect((await run(step('a', 'one'), Array(20).fill(194))).failure).toContain('more than 10 restarts');
  });

  it('restarts the machine for Reboot', async () => {
    expect((await run('      - { name: a, action: Reboot }\n')).done).toEqual(['reboot']);
  });

  it('puts constants and parameters in', async () => {
    const head =
      'constants:\n  - user: { type: string, value: web }\nparameters:\n  - port: { type: string, default: 80 }\n';
    expect((await run(step('a', 'start {{ user }} {{port}}'), [], head)).done).toEqual(['start web 80']);
  });

  it.each([
    [
      'an action that only AWS has',
      "      - { name: a, action: S3Download, inputs: [{ source: 's3://b/k', destination: /x }] }\n",
      /the action S3Download is not executed on this machine; use ExecuteBash/,
    ],
    ['a loop', step('a', 'one', 'loop: { forEach: [1] }, '), /loop is not executed on this machine/],
    [
      'an output of another step',
      step('a', '{{ build.x.outputs.stdout }}'),
      /nor what an earlier step of the document printed/,
    ],
  ])('fails for %s', async (_what, steps, message) => {
    const { done, failure } = await run(steps);
    expect(done).toEqual([]);
    expect(failure).toMatch(message);
  });

  it('passes over a component whose document AWS keeps, and says so', async () => {
    const { machine, done } = machineOf();
    const log: string[] = [];
    const arn = 'arn:aws:imagebuilder:us-east-1:aws:component/stig-build-linux-high/x.x.x';
    await runPhase(machine, [{ arn }], 'build', {
      log: (text) => log.push(text),
      put: async () => undefined,
    });
    expect(done).toEqual([]);
    expect(log.join('')).toContain(`${arn}: AWS keeps its document`);
  });
});

describe('an upload to S3', () => {
  const upload = (source: string, destination: string, more = '') =>
    `      - { name: up, action: S3Upload, maxAttempts: 2, inputs: [{ source: ${source}, destination: '${destination}'${more} }] }\n`;
  const id = step('id', 'tell');

  const runUpload = async (steps: string, put: (address: string, text: string) => void = () => undefined) => {
    const done: string[] = [];
    const machine: BuildMachine = {
      bash: async (script, { onOutput }) => {
        done.push(script);
        if (script.includes('/gone')) return { code: 1, isLate: false };
        onOutput(Buffer.from(script === 'tell' ? 'i-1\n' : 'cmVwb3J0\n'));
        return { code: 0, isLate: false };
      },
      reboot: async () => undefined,
      commit: async () => 'image',
      remove: async () => undefined,
    };
    const log: string[] = [];
    const failure = await runPhase(
      machine,
      [
        {
          arn: 'arn:a',
          document: documentOf(steps, 'parameters: [{ Bucket: { type: string, default: none } }]\n'),
          parameters: { Bucket: 'reports' },
        },
      ],
      'build',
      {
        log: (text) => log.push(text),
        put: async ({ bucket, key }, bytes) => put(`${bucket}/${key}`, Buffer.from(bytes).toString()),
      },
    ).then(
      () => undefined,
      (error: Error) => error.message,
    );
    return { failure, done, log: log.join('') };
  };

  it('puts the file into the bucket that a parameter names, under a key that an earlier step printed', async () => {
    const given: string[][] = [];
    const { failure, done, log } = await runUpload(
      id + upload('/tmp/report', 's3://{{ Bucket }}/x/{{ build.id.outputs.stdout }}.json'),
      (...one) => given.push(one),
    );
    expect(failure).toBeUndefined();
    expect(given).toEqual([['reports/x/i-1.json', 'report']]);
    expect(done).toEqual(['tell', "base64 -- '/tmp/report'"]);
    expect(log).toContain('Uploaded /tmp/report to s3://reports/x/i-1.json.');
  });

  it('fails after its attempts where the role may not', async () => {
    let tries = 0;
    const { failure } = await runUpload(upload('/tmp/report', 's3://reports/x'), () => {
      tries++;
      throw new Error('AccessDenied');
    });
    expect(failure).toMatch(/cannot upload \/tmp\/report to s3:\/\/reports\/x: AccessDenied, 2 times/);
    expect(tries).toBe(2);
  });

  it('fails where the file is not there', async () => {
    const { failure } = await runUpload(upload('/gone', 's3://reports/x'));
    expect(failure).toMatch(/cannot read \/gone/);
  });

  it.each([
    ['/tmp/*', 's3://reports/x/', ''],
    ['/tmp/a', 's3://reports/x/', ''],
    ['/tmp/a', 'reports/x', ''],
    ['/tmp/a', 's3://reports/x', ', recurse: true'],
  ])('of %s to %s%s needs AWS', async (source, destination, more) => {
    const { failure, done } = await runUpload(upload(source, destination, more));
    expect(failure).toMatch(/only of one file to an s3:\/\/ address that names an object/);
    expect(done).toEqual([]);
  });
});
