import { start, T0 } from './drive.ts';

const evaluate = async (expression: string, input: unknown = {}) => {
  const drive = await start({ P: { Type: 'Pass', Output: `{% ${expression} %}`, End: true } }, input);
  return drive.outcome();
};

const prefix = "An error occurred while executing the state 'P' (entered at the event id #2). ";

describe('functions of Step Functions', () => {
  it.each([
    ['$partition([1,2,3,4,5], 2)', [[1, 2], [3, 4], [5]]],
    ['$partition([1], 2)', [[1]]],
    ['$range(1, 7, 2)', [1, 3, 5, 7]],
    ['$range(3, 1, -1)', [3, 2, 1]],
    ['$range(1, 9, 9)', 1],
    ['$hash("abc", "SHA-256")', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['$hash("abc", "MD5")', '900150983cd24fb0d6963f7d28e17f72'],
    ['$parse(\'{"a":[1]}\')', { a: [1] }],
    ['$random(7) = $random(7)', true],
    ['$random() >= 0 and $random() < 1', true],
    ['$random() = $random()', false],
    [
      '$match($uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/) ~> $exists()',
      true,
    ],
    ['$uuid() = $uuid()', false],
    ['$sort($shuffle([1, 2, 3]))', [1, 2, 3]],
    ['$millis()', T0],
    ['$now()', '2026-11-22T10:00:00.000Z'],
    ['$now("[Y]/[M01]")', '2026/11'],
    ['$toMillis("12:30", "[H01]:[m01]")', Date.UTC(2026, 10, 22, 12, 30)],
    ['$toMillis("2026-11-22T10:00:00.000Z")', T0],
  ])('%s', async (expression, result) => {
    expect(await evaluate(expression)).toEqual(result);
  });

  it.each([
    ['$eval("1")', 'D3137: Step Functions does not support the function "eval"'],
    [
      '$partition([1], 0)',
      'D3137: The second argument of function "partition" must be a positive integer, got 0',
    ],
    ['$range(1, 2, 0)', 'D3137: The third argument of function "range" must not be 0'],
    ['$range(1, 1001, 1)', 'D3137: Function "range" makes at most 1000 items, and 1001 were asked for'],
    ['$hash("abc", "CRC")', 'D3137: Function "hash" knows MD5, SHA-1, SHA-256, SHA-384, SHA-512, got "CRC"'],
    ['$parse("{")', 'D3137: The argument of function "parse" is not valid JSON'],
  ])('fails at %s', async (expression, message) => {
    expect(await evaluate(expression)).toMatchObject({
      error: 'States.QueryEvaluationError',
      cause: expect.stringContaining(message),
    });
  });
});

describe('an expression that fails', () => {
  it.each([
    [
      'gives nothing',
      '$states.input.none',
      "The JSONata expression '$states.input.none' specified for the field 'Output' returned nothing (undefined).",
    ],
    [
      'throws',
      '"a" + 1',
      `The JSONata expression '"a" + 1' specified for the field 'Output' threw an error during evaluation. T2001: The left side of the "+" operator must evaluate to a number`,
    ],
    [
      'gives a function',
      'function($x) { $x }',
      "The JSONata expression 'function($x) { $x }' specified for the field 'Output' returned an unsupported result type.",
    ],
    [
      'holds a function',
      '{"f": $sum}',
      `The JSONata expression '{"f": $sum}' specified for the field 'Output' returned an unsupported result type.`,
    ],
  ])('%s (F30)', async (_what, expression, reason) => {
    expect(await evaluate(expression)).toEqual({
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause: `${prefix}${reason}`,
    });
  });

  it('names the field that holds it, and hangs on the last event', async () => {
    const drive = await start({ P: { Type: 'Pass', Output: { a: { b: '{% $no %}' } }, End: true } });
    expect(drive.lines(3)).toEqual(['3 EvaluationFailed←2', '4 ExecutionFailed←3']);
    expect(drive.details('EvaluationFailed')).toMatchObject({ location: 'Output/a/b', state: 'P' });
  });

  it('recurses without end', async () => {
    expect(await evaluate('($f := function($n) { 1 + $f($n) }; $f(1))')).toMatchObject({
      cause: expect.stringContaining('D1011: Stack overflow'),
    });
  });
});

describe('results', () => {
  it('keep their lists, also in variables', async () => {
    const drive = await start(
      {
        A: {
          Type: 'Pass',
          Assign: { found: '{% $states.input.rows[n > 1] %}', one: '{% [$states.input.rows[n = 2]] %}' },
          Next: 'B',
        },
        B: { Type: 'Pass', Output: '{% {"count": $count($found), "one": $one} %}', End: true },
      },
      { rows: [{ n: 1 }, { n: 2 }, { n: 3 }] },
    );
    expect(drive.outcome()).toEqual({ count: 2, one: [{ n: 2 }] });
  });

  it('cannot reach what the interpreter hides', async () => {
    expect(await evaluate('$keys($states)')).toEqual(['context', 'input']);
  });

  it('keep names that mean something to JavaScript', async () => {
    expect(await evaluate('$states.input', JSON.parse('{"constructor":1,"toString":2}'))).toEqual({
      constructor: 1,
      toString: 2,
    });
  });
});
