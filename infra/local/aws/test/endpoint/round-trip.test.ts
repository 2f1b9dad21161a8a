import { isDeepStrictEqual } from 'node:util';
import { protocols } from '../../endpoint/protocols.ts';
import type { OperationModel } from '../../endpoint/shapes.ts';
import { AwsError } from '../../host.ts';
import { comparable, echoService, loadClient, serve } from './fixture.ts';
import { sampleStructure } from './sample.ts';

/** S3 has its own test: its client checks and rewrites what a sample would hold. */
const services = Object.keys(protocols).filter((name) => protocols[name]?.client && name !== 's3');

/** Not served by the emulator: answers that are event streams, and calls without a signature. */
const left: Readonly<Record<string, RegExp>> = {
  // What people do for themselves goes without a signature; left are an administrator's operations.
  'cognito-idp': /^(?!Admin)/,
  lambda: /^InvokeWithResponseStream$/,
  logs: /^(GetLogObject|StartLiveTail)$/,
  sts: /^AssumeRoleWith/,
  // Of EC2's 800 operations those around instances, images and networks.
  ec2: /^(?!.*(Instance|Image|LaunchTemplate|Tags|Subnet|Vpcs|SecurityGroup|Volume))/,
};

/** What a client rejects by itself. */
const adjust: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  PutEvents: { EndpointId: undefined },
};

const inputOf = (operation: OperationModel): Record<string, unknown> => ({
  ...sampleStructure(operation.input),
  ...adjust[operation.name],
});

describe.each(services)('%s', (name) => {
  it('carries inputs and outputs of every operation between the SDK client and the service', async () => {
    const { model, createClient, createCommand } = await loadClient(name);
    let received: unknown;
    let output: unknown;
    const served = await serve(
      echoService(name, model, (operation, input) => {
        received = { operation, input };
        return output;
      }),
    );
    const client = createClient(served);
    const failures: unknown[] = [];
    const operations = [...model.operations.values()].filter(
      (operation) => !left[name]?.test(operation.name),
    );
    for (const operation of operations) {
      const input = inputOf(operation);
      output = sampleStructure(operation.output);
      received = undefined;
      const answer = await client
        .send(createCommand(operation.name, input))
        .catch((error: unknown) => ({ error }));
      const expected = { received: { operation: operation.name, input }, answer: output };
      if (!isDeepStrictEqual(comparable({ received, answer }), comparable(expected))) {
        failures.push({ operation: operation.name, expected, actual: { received, answer } });
      }
    }
    client.destroy();
    await served.close();
    expect(failures).toEqual([]);
    expect(operations.length).toBeGreaterThan(5);
  });

  it('carries every error of the model with its name, message and members', async () => {
    const { model, createClient, createCommand } = await loadClient(name);
    const operation = [...model.operations.values()].find(({ input }) => !left[name]?.test(input.name));
    let thrown = new AwsError('None', 'none');
    const served = await serve(
      echoService(name, model, () => {
        throw thrown;
      }),
    );
    const client = createClient(served);
    const failures: unknown[] = [];
    for (const error of new Set(model.errors.values())) {
      // The client's own base error, which no service sends.
      if (error.name.endsWith('ServiceException') && error.shape.members.length === 0) continue;
      thrown = new AwsError(error.name, 'It is <wrong> & "so".');
      const caught = await client
        .send(createCommand(operation?.name ?? '', inputOf(operation as OperationModel)))
        .catch((reason: Error) => ({ name: reason.name, message: reason.message }));
      if (!isDeepStrictEqual(caught, { name: error.name, message: thrown.message })) {
        failures.push({ thrown: error.name, caught });
      }
    }
    client.destroy();
    await served.close();
    expect(failures).toEqual([]);
  });
});
