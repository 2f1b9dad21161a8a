import type { BusEvent } from '../../../host.ts';
import { compilePath } from '../../../services/events/json-path.ts';
import { parseSchedule } from '../../../services/events/schedule.ts';
import { compileInput } from '../../../services/events/target-input.ts';

const event: BusEvent = {
  version: '0',
  id: 'e-1',
  'detail-type': 'Push',
  source: 'test',
  account: '000000000000',
  time: '2026-11-22T10:00:00Z',
  region: 'us-east-1',
  resources: ['arn:one'],
  detail: { name: 'say "hi"', count: 3, files: [{ path: 'a' }] },
};
const rule = { arn: 'arn:rule', name: 'rule' };
const now = Date.parse('2026-11-22T10:00:01Z');

describe('a target input', () => {
  it('is the whole event by default', () => {
    expect(JSON.parse(compileInput({}, rule)(event, now))).toEqual(event);
  });

  it('is the constant that the rule gives', () => {
    expect(compileInput({ input: '{"a":1}' }, rule)(event, now)).toBe('{"a":1}');
  });

  it.each([
    ['$.detail', '{"name":"say \\"hi\\"","count":3,"files":[{"path":"a"}]}'],
    ['$.detail.files[0].path', '"a"'],
    ["$['detail-type']", '"Push"'],
    ['$.detail.missing', 'null'],
  ])('is the part at %s', (inputPath, expected) => {
    expect(compileInput({ inputPath }, rule)(event, now)).toBe(expected);
  });

  it('is the template with its placeholders filled in, quoted where they stand alone', () => {
    const inputTransformer = {
      inputPathsMap: {
        name: '$.detail.name',
        count: '$.detail.count',
        files: '$.detail.files',
        gone: '$.detail.gone',
      },
      inputTemplate:
        '{"alone":<name>,"within":"It says <name>, <count> times, <gone>!","files":<files>,"gone":<gone>,"rule":<aws.events.rule-arn>,"at":<aws.events.event.ingestion-time>}',
    };
    expect(JSON.parse(compileInput({ inputTransformer }, rule)(event, now))).toEqual({
      alone: 'say "hi"',
      within: 'It says say "hi", 3 times, !',
      files: [{ path: 'a' }],
      gone: null,
      rule: 'arn:rule',
      at: '2026-11-22T10:00:01.000Z',
    });
  });

  it('fails when a placeholder is not declared, when two settings are given, when the constant is no JSON', () => {
    const undeclared = { inputTransformer: { inputPathsMap: {}, inputTemplate: '{"a":<b>}' } };
    expect(() => compileInput(undeclared, rule)).toThrow('<b>');
    expect(() => compileInput({ input: '1', inputPath: '$' }, rule)).toThrow('Only one');
    expect(() => compileInput({ input: '{' }, rule)).toThrow('JSON');
    expect(() => compilePath('$.a[*]')).toThrow('character 3');
    expect(() => compilePath('a')).toThrow('start with "$"');
  });
});

describe('a schedule', () => {
  const from = Date.parse('2026-11-22T10:07:30Z'); // a Sunday
  it.each([
    ['rate(5 minutes)', '2026-11-22T10:12:30Z'],
    ['rate(1 hour)', '2026-11-22T11:07:30Z'],
    ['cron(0/15 * * * ? *)', '2026-11-22T10:15:00Z'],
    ['cron(0 12 ? * MON-FRI *)', '2026-11-23T12:00:00Z'],
    ['cron(30 9 1 1 ? *)', '2027-01-01T09:30:00Z'],
    ['cron(0 0 29 2 ? *)', '2028-02-29T00:00:00Z'],
    ['cron(5,10 10 * * ? 2026-2027)', '2026-11-22T10:10:00Z'],
    ['cron(0 8 ? DEC 1 *)', '2026-12-06T08:00:00Z'],
    ['cron(0 12 L * ? *)', '2026-11-30T12:00:00Z'],
    ['cron(0 12 29W * ? *)', '2026-11-30T12:00:00Z'],
    ['cron(0 12 ? * 6#3 *)', '2026-12-18T12:00:00Z'],
  ])('%s comes next at %s', (expression, expected) => {
    const next = parseSchedule(expression).next(from);
    expect(next && new Date(next)).toEqual(new Date(expected));
  });

  it('ends when its years are over', () => {
    expect(parseSchedule('cron(0 0 1 1 ? 2020)').next(from)).toBeUndefined();
  });

  it.each([
    'rate(1 minutes)',
    'rate(0 minutes)',
    'rate(5 weeks)',
    'every 5 minutes',
    'cron(0 0 * * *)',
    'cron(0 0 * * * *)',
    'cron(61 * * * ? *)',
    'cron(0 0 ? * 0 *)',
    'cron(0 0 5-1 * ? *)',
  ])('fails for %s', (expression) => {
    expect(() => parseSchedule(expression)).toThrow();
  });
});
