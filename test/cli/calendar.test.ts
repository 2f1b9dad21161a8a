import { CALLER, createCommandLine } from './command-line.ts';

const weekend = {
  name: 'weekend',
  from: 'Fri 16:00',
  until: 'Mon 07:00',
  timeZone: 'Europe/Berlin',
  environments: ['prod'],
} as const;
const freeze = {
  name: 'freeze',
  application: 'shop',
  environments: ['qat', 'prod'],
  until: '2026-11-23T18:00',
  reason: 'incident 42',
} as const;

describe('the calendar', () => {
  it('says what holds now, why, until when, and what comes next', async () => {
    const cli = createCommandLine();
    await cli.ledger.noteCalendar('shop', { freezes: [weekend], windows: [] });
    const { text } = await cli.run({ name: 'calendar', application: 'shop' });
    expect(text.split('\n').slice(0, 4)).toEqual([
      'QAT of shop: open',
      'Prod of shop: Frozen until Mon 23 Nov 2026, 07:00 CET: weekend',
      '  Fri 27 Nov 2026, 16:00 CET until Mon 30 Nov 2026, 07:00 CET: weekend',
      '  Fri 4 Dec 2026, 16:00 CET until Mon 7 Dec 2026, 07:00 CET: weekend',
    ]);
    expect((await cli.run({ name: 'calendar' })).text).toContain('Prod of till: open');
    await expect(cli.run({ name: 'calendar', application: 'shpo' })).rejects.toThrow(
      'There is no application "shpo". Give one of: shop, till.',
    );
  });

  it('takes a freeze and its end, with who and why', async () => {
    const cli = createCommandLine();
    expect((await cli.run(freeze)).text).toBe(
      `Declared freeze-1 of QAT and Prod until 23 Nov 2026, 18:00 UTC, by ${CALLER}: incident 42\n` +
        'It holds what has not begun with the environment. To end it early: npm run lockstep -- unfreeze shop freeze-1 --reason TEXT',
    );
    expect((await cli.run({ name: 'calendar', application: 'shop' })).text).toContain(
      'QAT of shop: Frozen until Mon 23 Nov 2026, 18:00 UTC: incident 42',
    );
    expect((await cli.run({ name: 'unfreeze', application: 'shop', reason: 'over' })).text).toContain(
      'Promotions that wait go on within five minutes',
    );
    expect(await cli.ledger.declaredFreezes('shop')).toMatchObject([
      {
        declaredBy: { type: 'identity', arn: CALLER },
        reason: 'incident 42',
        ended: { at: '2026-11-22T12:00:00.000Z', by: { arn: CALLER }, reason: 'over' },
      },
    ]);
    await expect(cli.run({ name: 'unfreeze', application: 'shop', reason: 'over' })).rejects.toThrow(
      'No declared freeze of shop holds now',
    );
  });

  it.each([
    ['2026-02-30T10:00', '"2026-02-30T10:00" is no time in UTC. Give one such as 2026-11-23T12:00.'],
    ['2026-11-22T11:59', 'Sun 22 Nov 2026, 11:59 UTC is over. Give a later time, in UTC.'],
    ['2027-01-22T11:59', 'is in more than 31 days. Give an earlier time.'],
  ])('does not take a freeze until %s', async (until, message) => {
    await expect(createCommandLine().run({ ...freeze, until })).rejects.toThrow(message);
  });

  it('does not take a freeze that with the calendar would hold promotions too long', async () => {
    const cli = createCommandLine();
    const long = (name: string, from: string, until: string) => ({
      ...weekend,
      name,
      from: `${from} 00:00`,
      until: `${until} 00:00`,
    });
    const freezes = [
      long('a', '2026-11-01', '2026-12-01'),
      long('b', '2026-12-01', '2026-12-22'),
      long('c', '2026-12-22', '2027-01-20'),
      long('d', '2027-01-20', '2027-02-19'),
      long('e', '2027-02-19', '2027-03-15'),
    ];
    await cli.ledger.noteCalendar('shop', { freezes, windows: [] });
    await expect(cli.run(freeze)).rejects.toThrow(
      'prod would be frozen for more than 93 days without a break. Give an earlier end.',
    );
  });
});
