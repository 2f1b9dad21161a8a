import fc from 'fast-check';
import { causeText, fitCause, MAX_CAUSE_LENGTH, readCause } from '../../tasks/failure-cause.ts';

const supersededBy = { promotionId: 'b', commitId: 'b'.repeat(40) };

describe('a cause', () => {
  it('names who stopped a promotion, and why, through text', () => {
    const given = {
      cause: 'olga stopped this promotion: wrong branch',
      code: 'StoppedByOperator',
      stopped: { by: 'olga', reason: 'wrong branch' },
    } as const;
    expect(readCause(causeText(given))).toEqual(given);
  });

  it('comes back as it was written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (cause) => {
        const written = { cause, code: 'ScriptFailed', supersededBy } as const;
        expect(readCause(causeText(written))).toEqual(written);
        expect(readCause(causeText({ cause }))).toEqual({ cause });
      }),
    );
  });

  it('comes back from the error that a function threw, without type and trace', () => {
    const thrown = (errorMessage: string) =>
      JSON.stringify({ errorType: 'Superseded', errorMessage, trace: ['at /var/task/index.js:1'] });
    expect(readCause(thrown('no such table'))).toEqual({ cause: 'no such table' });
    expect(readCause(thrown(causeText({ cause: 'newer', supersededBy })))).toEqual({
      cause: 'newer',
      supersededBy,
    });
  });

  it.each(['', 'An error occurred', '{not JSON', '{"Error":"States.TaskFailed"}', '"text"', 'null'])(
    'of AWS stays as it is: %s',
    (text) => expect(readCause(text)).toEqual({ cause: text }),
  );

  it('is shortened until its JSON fits, fields and all', () => {
    fc.assert(
      fc.property(fc.constantFrom('c', '\n', '"', '\u0001', '🚀'), (character) => {
        const text = causeText({ cause: character.repeat(40_000), code: 'StartFailed', supersededBy });
        expect(text.length).toBeLessThanOrEqual(MAX_CAUSE_LENGTH);
        expect(readCause(text)).toMatchObject({ code: 'StartFailed', supersededBy });
      }),
    );
  });
});

describe('fitting a cause', () => {
  it('keeps what fits, and else its head and its tail', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), fc.integer({ min: 10, max: 150 }), (cause, max) => {
        const fitted = fitCause(cause, max);
        expect(fitted.length).toBe(Math.min(cause.length, max));
        if (cause.length <= max) expect(fitted).toBe(cause);
        else expect(cause.startsWith(fitted.split('\n[…]\n')[0] ?? '')).toBe(true);
        expect(cause.endsWith(fitted.slice(-1))).toBe(true);
      }),
    );
  });

  it('cuts between characters, never within one', () => {
    const fitted = [10, 11, 12, 13].map((max) => fitCause('🚀'.repeat(20), max));
    expect(fitted).toEqual(['🚀\n[…]\n🚀', '🚀\n[…]\n🚀', '🚀\n[…]\n🚀🚀', '🚀🚀\n[…]\n🚀🚀']);
  });
});
