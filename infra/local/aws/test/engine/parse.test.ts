import { parseDefinition } from '../../engine/parse.ts';
import { block, lambda, start } from './drive.ts';

const failure = (definition: unknown): string => {
  try {
    parseDefinition(typeof definition === 'string' ? definition : JSON.stringify(definition));
  } catch (error) {
    expect((error as Error).name).toBe('InvalidDefinition');
    return (error as Error).message;
  }
  throw new Error('The definition was accepted.');
};

const jsonata = (states: object, rest: object = {}) => ({
  QueryLanguage: 'JSONata',
  StartAt: Object.keys(states)[0],
  States: states,
  ...rest,
});
const end = { Type: 'Pass', End: true };

describe('a definition is invalid', () => {
  it('as AWS words it (F52)', () => {
    expect(failure({ StartAt: 'A' })).toBe(
      "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'",
    );
  });

  it.each<[string, unknown, string]>([
    ['that is not JSON', '{', 'INVALID_JSON_DESCRIPTION: '],
    ['that is not an object', [], 'INVALID_JSON_DESCRIPTION: The definition must be a JSON object at /'],
    ['without StartAt', { States: { A: end } }, 'These fields are required: [StartAt] at /'],
    ['without states', jsonata({}, { StartAt: 'A' }), 'At least one state is required at /States'],
    [
      'with an unknown field',
      jsonata({ A: { ...end, Foo: 1 } }),
      "Field is not supported: 'Foo' at /States/A/Foo",
    ],
    ['with an unknown field of the machine', jsonata({ A: end }, { Foo: 1 }), "'Foo' at /Foo"],
    ['with an unknown type', jsonata({ A: { Type: 'Job' } }), "Unknown state type 'Job'"],
    [
      'starting nowhere',
      jsonata({ A: end }, { StartAt: 'B' }),
      "MISSING_TRANSITION_TARGET: Missing 'StartAt' target: B at /StartAt",
    ],
    [
      'going nowhere',
      jsonata({ A: { Type: 'Pass', Next: 'B' } }),
      "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next",
    ],
    [
      'catching into nowhere',
      jsonata({ A: lambda({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'B' }] }) }),
      "Missing 'Next' target: B at /States/A/Catch[0]/Next",
    ],
    [
      'with a state that nothing leads to',
      jsonata({ A: end, B: end }),
      'MISSING_TRANSITION_TARGET: State "B" is not reachable. at /States/B',
    ],
    [
      'with neither Next nor End',
      jsonata({ A: { Type: 'Pass' } }),
      'State \'A\' needs either Next or "End": true at /States/A',
    ],
    ['with both Next and End', jsonata({ A: { ...end, Next: 'A' } }), 'needs either Next or'],
    ['with a name too long', jsonata({ ['A'.repeat(81)]: end }), 'at most 80 characters'],
    [
      'with a name that stands twice',
      jsonata({ P: { Type: 'Parallel', Branches: [block({ A: end }), block({ A: end })], End: true } }),
      "State names must be unique: 'A' stands twice at /States/P/Branches[1]/States/A",
    ],
    [
      'with an expression that does not parse',
      jsonata({ A: { ...end, Output: { x: '{% $sum( %}' } } }),
      "The JSONata expression '$sum(' does not parse: S0",
    ],
    [
      'with a bad variable name',
      jsonata({ A: { ...end, Assign: { 'a-b': 1 } } }),
      "'a-b' is not a valid variable name",
    ],
    [
      'assigning $states',
      jsonata({ A: { ...end, Assign: { states: 1 } } }),
      "'states' is not a valid variable name",
    ],
    [
      'shadowing an outer variable',
      jsonata({
        A: { Type: 'Pass', Assign: { x: 1 }, Next: 'P' },
        P: { Type: 'Parallel', Branches: [block({ B: { ...end, Assign: { x: 2 } } })], End: true },
      }),
      "The variable 'x' is assigned in an outer scope already",
    ],
    [
      'with Seconds and Timestamp',
      jsonata({ A: { Type: 'Wait', Seconds: 1, Timestamp: 'x', End: true } }),
      'Exactly one of Seconds and Timestamp',
    ],
    [
      'with negative Seconds',
      jsonata({ A: { Type: 'Wait', Seconds: -1, End: true } }),
      'Expected an integer from 0 to 99999999, but got -1',
    ],
    [
      'with a timeout of 0',
      jsonata({ A: lambda({ TimeoutSeconds: 0 }) }),
      'Expected an integer from 1 to 99999999, but got 0 at /States/A/TimeoutSeconds',
    ],
    [
      'with a heartbeat not below the timeout',
      jsonata({ A: lambda({ TimeoutSeconds: 5, HeartbeatSeconds: 5 }) }),
      'HeartbeatSeconds must be smaller than TimeoutSeconds',
    ],
    [
      'with a retrier’s field misspelt',
      jsonata({ A: lambda({ Retry: [{ ErrorEquals: ['E'], Interval: 1 }] }) }),
      "'Interval' at /States/A/Retry[0]/Interval",
    ],
    [
      'with States.ALL in company',
      jsonata({ A: lambda({ Retry: [{ ErrorEquals: ['States.ALL', 'E'] }] }) }),
      'States.ALL must stand alone',
    ],
    [
      'with a distributed Map',
      jsonata({
        A: {
          Type: 'Map',
          ItemProcessor: { ...block({ B: end }), ProcessorConfig: { Mode: 'DISTRIBUTED' } },
          End: true,
        },
      }),
      'Map mode DISTRIBUTED is not supported',
    ],
    [
      'calling a function directly',
      jsonata({ A: lambda({ Resource: 'arn:aws:lambda:us-east-1:000000000000:function:f' }) }),
      "The resource 'arn:aws:lambda:us-east-1:000000000000:function:f' is not supported",
    ],
    [
      'waiting by .sync',
      jsonata({ A: lambda({ Resource: 'arn:aws:states:::codebuild:startBuild.sync' }) }),
      'is not supported',
    ],
  ])('%s', (_what, definition, text) => {
    expect(failure(definition)).toContain(text);
  });

  it.each([
    ['InputPath', end],
    ['OutputPath', end],
    ['ResultPath', end],
    ['Parameters', end],
    ['Result', end],
    ['ResultSelector', lambda()],
    ['TimeoutSecondsPath', lambda()],
    ['ItemsPath', { Type: 'Map', ItemProcessor: block({ B: end }), End: true }],
    ['SecondsPath', { Type: 'Wait', Seconds: 1, End: true }],
    ['ErrorPath', { Type: 'Fail' }],
  ])('with the JSONPath field %s, by state and field', (field, state) => {
    expect(failure(jsonata({ 'Deploy it': { ...state, [field]: '$.a' } }))).toContain(
      `State 'Deploy it' uses the JSONPath field '${field}', which is not supported: use JSONata with`,
    );
  });

  it('with a JSONPath rule in a Choice', () => {
    const choice = { Type: 'Choice', Choices: [{ Variable: '$.a', IsNull: true, Next: 'B' }] };
    expect(failure(jsonata({ A: choice, B: end }))).toContain("State 'A' uses the JSONPath field 'Variable'");
  });

  it.each([
    ['the machine', { StartAt: 'A', States: { A: lambda() } }, "State 'A' of type Task uses JSONPath"],
    [
      'a state',
      jsonata({ A: { ...end, QueryLanguage: 'JSONPath' } }),
      "State 'A' cannot use JSONPath in a JSONata state machine",
    ],
  ])('whose language is JSONPath, said by %s', (_who, definition, text) => {
    expect(failure(definition)).toContain(text);
  });

  it('with every fault named at once', () => {
    const message = failure(jsonata({ A: { ...end, Foo: 1, InputPath: '$' }, B: { Type: 'Job' } }));
    expect(message).toContain("'Foo'");
    expect(message).toContain("'InputPath'");
    expect(message).toContain("'Job'");
  });
});

describe('a machine whose own language is JSONPath', () => {
  it('may hold states that say JSONata, and Pass states that use no JSONPath field', async () => {
    const states = {
      A: { Type: 'Pass', Assign: { x: '{% 1 %}', 'y.$': '$.list[1].z' }, Next: 'B' },
      B: { Type: 'Pass', QueryLanguage: 'JSONata', Output: '{% [$x, $y] %}', End: true },
    };
    const drive = await start(states, { list: [0, { z: 7 }] }, { QueryLanguage: 'JSONPath' });
    expect(drive.outcome()).toEqual(['{% 1 %}', 7]);
  });

  it('fails where a path leads nowhere', async () => {
    const states = { A: { Type: 'Pass', Assign: { 'y.$': '$.none' }, End: true } };
    const drive = await start(states, {}, { QueryLanguage: 'JSONPath' });
    expect(drive.outcome()).toMatchObject({ cause: expect.stringContaining("'$.none' could not be found") });
  });
});
