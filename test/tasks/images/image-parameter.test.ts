import { type ImageParameterStore, imageParameter } from '../../../tasks/images/image-parameter.ts';

const name = '/lockstep/orders/qat/image';

/** Parameters of which a written one becomes visible after some looks, as AWS validates images. */
const store = (before: Record<string, string> = {}, looksUntilVisible = 0) => {
  const values = new Map(Object.entries(before));
  const written = new Map<string, { value: string; looks: number }>();
  const parameters: ImageParameterStore = {
    add: async (key, value) => {
      if (!values.has(key)) written.set(key, { value, looks: looksUntilVisible });
    },
    read: async (key) => {
      const entry = written.get(key);
      if (entry && entry.looks <= 0) values.set(key, entry.value);
      else if (entry) entry.looks -= 1;
      return values.get(key);
    },
    remove: async (key) => void values.delete(key),
  };
  const pauses: number[] = [];
  return {
    values,
    pauses,
    handle: imageParameter(parameters, async (ms) => void pauses.push(ms)),
  };
};

const event = (
  RequestType: 'Create' | 'Update' | 'Delete',
  properties: Record<string, unknown> = { ParameterName: name, InitialImageId: 'ami-base' },
) => ({ RequestType, ResourceProperties: { ServiceToken: 'arn', ...properties } });

it('creates the parameter with the base image and waits until AWS has accepted it', async () => {
  const { handle, values, pauses } = store({}, 2);
  await expect(handle(event('Create'))).resolves.toEqual({ PhysicalResourceId: name });
  expect(values.get(name)).toBe('ami-base');
  expect(pauses).toEqual([100, 200]);
});

it.each(['Create', 'Update'] as const)('T11: %s leaves the image of a promotion alone', async (type) => {
  const { handle, values } = store({ [name]: 'ami-promoted' });
  await handle(event(type, { ParameterName: name, InitialImageId: 'ami-newer-base' }));
  expect(values.get(name)).toBe('ami-promoted');
});

it('an update to another name creates that parameter under another physical id', async () => {
  const { handle, values } = store({ [name]: 'ami-promoted' });
  const response = await handle(event('Update', { ParameterName: '/other', InitialImageId: 'ami-base' }));
  expect(response).toEqual({ PhysicalResourceId: '/other' });
  expect(Object.fromEntries(values)).toEqual({ [name]: 'ami-promoted', '/other': 'ami-base' });
});

it('deletes the parameter, also when it is gone already', async () => {
  const { handle, values } = store({ [name]: 'ami-promoted' });
  await handle(event('Delete'));
  await handle(event('Delete'));
  expect(values.size).toBe(0);
});

it('fails when AWS does not accept the image, naming parameter and image', async () => {
  const { handle, pauses } = store({}, Number.POSITIVE_INFINITY);
  await expect(handle(event('Create'))).rejects.toMatchObject({
    name: 'ImageParameterNotCreated',
    message: expect.stringMatching(new RegExp(`${name} .*ami-base`)),
  });
  const seconds = pauses.reduce((sum, ms) => sum + ms, 0) / 1000;
  // The function ends after two minutes.
  expect(seconds).toBeGreaterThan(55);
  expect(seconds).toBeLessThan(70);
});

it.each(['ParameterName', 'InitialImageId'])('fails without %s, naming it', async (missing) => {
  const { handle } = store();
  const properties = { ParameterName: name, InitialImageId: 'ami-base', [missing]: '' };
  await expect(handle(event('Create', properties))).rejects.toMatchObject({
    name: 'ImageParameterProperty',
    message: expect.stringContaining(missing),
  });
});
