import {
  DeleteParameterCommand,
  GetParameterCommand,
  ParameterAlreadyExists,
  ParameterNotFound,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { lookAfter, pointAtImage } from '../../../tasks/images/point-at-image.ts';
import { createSsmImageParameters } from '../../../tasks/images/ssm-image-parameters.ts';
import { createMemoryLedger } from '../doubles/memory-ledger.ts';
import { aPromotion, PROMOTION_ID } from '../doubles/samples.ts';
import { because, double, offline, on } from '../doubles/sdk.ts';

/** A parameter that takes a new value only at the nth write, as if the AMI were unknown until then. */
const parameterStore = (value: string | undefined, acceptedAt: number) => {
  let stored = value;
  let writes = 0;
  return double(
    new SSMClient(offline),
    on(GetParameterCommand, ({ Name }) => {
      if (stored === undefined) throw new ParameterNotFound(because(`${Name} not found`));
      return { Parameter: { Name, Value: stored } };
    }),
    on(PutParameterCommand, ({ Value }) => {
      writes += 1;
      if (writes >= acceptedAt) stored = Value;
      return { Version: writes };
    }),
  );
};
const point = async (store: ReturnType<typeof parameterStore>) => {
  const ledger = createMemoryLedger();
  await ledger.addPromotion(aPromotion());
  const waits: number[] = [];
  const output = pointAtImage({
    parameters: createSsmImageParameters(store.client),
    ledger,
    wait: async (milliseconds) => {
      waits.push(milliseconds);
    },
  })({
    promotionId: PROMOTION_ID,
    environment: 'prod',
    parameterName: '/shop/prod/image',
    imageId: 'ami-new',
  });
  return { output: await output.catch((error: unknown) => error), waits, ledger };
};
const writes = (store: ReturnType<typeof parameterStore>) =>
  store.sent.filter(({ command }) => command === 'PutParameterCommand');

describe('pointing an environment at an image', () => {
  it('notes the image with the promotion before it writes, and that Prod must be restored', async () => {
    const ledger = createMemoryLedger();
    await ledger.addPromotion(
      aPromotion({
        prodRestored: { redrives: 0, imageId: 'ami-old', at: '2026-11-22T11:00:00.000Z' },
      }),
    );
    const crash = pointAtImage({
      parameters: {
        read: async () => 'ami-old',
        write: async () => {
          throw new Error('killed');
        },
      },
      ledger,
      wait: async () => {},
    })({ promotionId: PROMOTION_ID, environment: 'prod', parameterName: '/p', imageId: 'ami-new' });
    await expect(crash).rejects.toThrow('killed');
    expect(await ledger.promotion(PROMOTION_ID)).toEqual(aPromotion({ images: { prod: 'ami-new' } }));
  });

  it('ends when the parameter reads the new image, and notes it with the promotion', async () => {
    const store = parameterStore('ami-old', 1);
    const { output, ledger } = await point(store);
    expect(output).toEqual({ imageId: 'ami-new' });
    expect(writes(store).map(({ input }) => input)).toEqual([
      {
        Name: '/shop/prod/image',
        Value: 'ami-new',
        Type: 'String',
        DataType: 'aws:ec2:image',
        Overwrite: true,
      },
    ]);
    expect((await ledger.promotion(PROMOTION_ID))?.images).toEqual({ prod: 'ami-new' });
  });

  it('writes again when AWS silently kept the old image (T53)', async () => {
    const store = parameterStore('ami-old', 3);
    const { output, waits } = await point(store);
    expect(output).toEqual({ imageId: 'ami-new' });
    expect(waits).toEqual([100, 200, 400, 800, 1_600, 3_000, 3_000]);
  });

  it('writes a parameter that does not exist yet', async () => {
    expect((await point(parameterStore(undefined, 1))).output).toEqual({ imageId: 'ami-new' });
  });

  it('writes nothing when it points there already', async () => {
    const store = parameterStore('ami-new', 1);
    expect((await point(store)).output).toEqual({ imageId: 'ami-new' });
    expect(writes(store)).toEqual([]);
  });

  it('fails with ImageNotPointedAt when the image is never accepted', async () => {
    const { output, waits } = await point(parameterStore('ami-old', Number.POSITIVE_INFINITY));
    expect(output).toMatchObject({
      name: 'ImageNotPointedAt',
      message: expect.stringMatching(/\/shop\/prod\/image still reads ami-old instead of ami-new/),
    });
    expect(waits).toEqual(lookAfter);
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBe(63_100);
  });
});

describe('image parameters', () => {
  it('add leaves one that exists, and remove one that does not', async () => {
    const { client, sent } = double(
      new SSMClient(offline),
      on(PutParameterCommand, () => {
        throw new ParameterAlreadyExists(because('exists'));
      }),
      on(DeleteParameterCommand, () => {
        throw new ParameterNotFound(because('gone'));
      }),
    );
    const parameters = createSsmImageParameters(client);
    await parameters.add('/shop/qat/image', 'ami-base');
    await parameters.remove('/shop/qat/image');
    expect(sent.map(({ input }) => input)).toEqual([
      {
        Name: '/shop/qat/image',
        Value: 'ami-base',
        Type: 'String',
        DataType: 'aws:ec2:image',
        Overwrite: false,
      },
      { Name: '/shop/qat/image' },
    ]);
  });
});
