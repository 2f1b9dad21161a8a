import type { Context } from 'aws-lambda';
import { logged, promotionIdIn } from '../../tasks/log.ts';

const guard = (UserParameters: unknown) => ({
  'CodePipeline.job': { data: { actionConfiguration: { configuration: { UserParameters } } } },
});

it.each([
  [{ promotionId: 'p-1', state: 'QC approval' }, 'p-1'],
  [{ detail: { executionArn: 'arn:aws:states:us-east-1:000000000000:execution:lockstep-shop:p-2' } }, 'p-2'],
  [guard('{"promotionId":"p-3"}'), 'p-3'],
  [guard('not JSON'), undefined],
  [guard(undefined), undefined],
  [{ Records: [] }, undefined],
  [{ promotionId: 7 }, undefined],
  [null, undefined],
  ['text', undefined],
])('the promotion of the event %j is %p', (event, promotionId) => {
  expect(promotionIdIn(event)).toBe(promotionId);
});

describe('a logged handler', () => {
  const context = { awsRequestId: 'r-1', functionName: 'fn', memoryLimitInMB: '512' } as Context;
  let lines: string[];
  beforeEach(() => {
    lines = [];
    jest.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
    jest.spyOn(process.stderr, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
  });
  afterEach(() => jest.restoreAllMocks());

  it('gives what the handler gives', async () => {
    expect(await logged(async (event: { n: number }) => event.n + 1)({ n: 1 }, context)).toBe(2);
    expect(lines).toEqual([]);
  });

  it('fails as the handler does, with a line that names error, invocation and promotion', async () => {
    const broken = logged(async (_event: object) => {
      throw Object.assign(new Error('the API is down'), { name: 'GetImageFailed' });
    });
    await expect(broken({ promotionId: 'p-1' }, context)).rejects.toThrow('the API is down');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({
        level: 'ERROR',
        service: 'lockstep',
        promotionId: 'p-1',
        function_request_id: 'r-1',
        error: expect.objectContaining({ name: 'GetImageFailed', message: 'the API is down' }),
      }),
    ]);
  });
});
