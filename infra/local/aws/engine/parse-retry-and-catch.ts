import type { Catcher, Retrier } from './definition.ts';
import type { Fields } from './definition-problems.ts';
import { isJsonArray } from './json.ts';
import { MAX_SECONDS } from './limits.ts';
import {
  JSONPATH_FIELDS,
  type Reading,
  readHandover,
  reportJsonPath,
  reportUnknown,
  type StateReading,
} from './parse-fields.ts';

/** Seconds that `MaxDelaySeconds` may name (AWS: less than 31,622,400). */
const MAX_DELAY_SECONDS = 31_622_399;

/** Reads `Retry` and `Catch`. */
export const readGuards = (fields: Fields, reading: StateReading) => ({
  retry: fields.objects('Retry').map((retrier) => readRetrier(retrier, reading)),
  catch: fields.objects('Catch').map((catcher) => readCatcher(catcher, reading)),
});

const readErrors = (fields: Fields, { problems }: Reading): readonly string[] => {
  fields.require('ErrorEquals');
  const value = fields.value('ErrorEquals');
  if (value === undefined) return [];
  if (!isJsonArray(value) || value.length === 0 || !value.every((name) => typeof name === 'string')) {
    problems.schema('Expected a list of at least one error name', fields.at('ErrorEquals'));
    return [];
  }
  if (value.includes('States.ALL') && value.length > 1) {
    problems.schema('States.ALL must stand alone', fields.at('ErrorEquals'));
  }
  return value as readonly string[];
};

const readRetrier = (fields: Fields, reading: StateReading): Retrier => {
  const known = [
    'ErrorEquals',
    'IntervalSeconds',
    'BackoffRate',
    'MaxAttempts',
    'MaxDelaySeconds',
    'JitterStrategy',
  ];
  reportUnknown(fields, [...known, 'Comment'], reading.problems);
  const jitter = fields.string('JitterStrategy');
  if (jitter !== undefined && jitter !== 'FULL' && jitter !== 'NONE') {
    reading.problems.schema(`Expected 'FULL' or 'NONE', but got '${jitter}'`, fields.at('JitterStrategy'));
  }
  return {
    errorEquals: readErrors(fields, reading),
    intervalSeconds: fields.integer('IntervalSeconds', 1, MAX_SECONDS) ?? 1,
    backoffRate: fields.number('BackoffRate', 1) ?? 2,
    maxAttempts: fields.integer('MaxAttempts', 0, MAX_SECONDS) ?? 3,
    maxDelaySeconds: fields.integer('MaxDelaySeconds', 1, MAX_DELAY_SECONDS),
    fullJitter: jitter === 'FULL',
  };
};

const readCatcher = (fields: Fields, reading: StateReading): Catcher => {
  reportJsonPath(reading.name, fields, reading);
  const known = ['ErrorEquals', 'Next', 'Assign', 'Output', 'Comment', ...Object.keys(JSONPATH_FIELDS)];
  reportUnknown(fields, known, reading.problems);
  fields.require('Next');
  return {
    errorEquals: readErrors(fields, reading),
    next: fields.string('Next') ?? '',
    ...readHandover(fields, reading),
  };
};
