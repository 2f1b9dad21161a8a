import { checkScopes } from './check-variable-scopes.ts';
import type { Block, Definition, State } from './definition.ts';
import {
  createProblems,
  type Fields,
  fieldsOf,
  InvalidDefinitionError,
  type Problems,
} from './definition-problems.ts';
import { isJsonObject, type Json } from './json.ts';
import { MAX_SECONDS, STATE_NAME_CHARACTERS } from './limits.ts';
import { languageOf, type Reading, reportUnknown } from './parse-fields.ts';
import { parseState } from './parse-state.ts';

const MACHINE_FIELDS = ['Comment', 'StartAt', 'States', 'QueryLanguage', 'TimeoutSeconds', 'Version'];
const BLOCK_FIELDS = ['Comment', 'StartAt', 'States', 'ProcessorConfig'];

const targetsOf = (state: State): readonly (readonly [string, string])[] => {
  const targets: [string, string][] = [];
  if ('next' in state && state.next !== undefined) targets.push([state.next, 'Next']);
  if ('catch' in state) {
    for (const [i, catcher] of state.catch.entries()) targets.push([catcher.next, `Catch[${i}]/Next`]);
  }
  if (state.type === 'Choice') {
    for (const [i, rule] of state.choices.entries()) targets.push([rule.next, `Choices[${i}]/Next`]);
    if (state.default !== undefined) targets.push([state.default, 'Default']);
  }
  return targets;
};

const checkTransitions = ({ startAt, states }: Block, fields: Fields, problems: Problems): void => {
  if (startAt !== '' && !states.has(startAt)) {
    problems.target(`Missing 'StartAt' target: ${startAt}`, fields.at('StartAt'));
  }
  const reached = new Set([startAt]);
  for (const name of reached) {
    const state = states.get(name);
    for (const [target, field] of state ? targetsOf(state) : []) {
      if (states.has(target)) reached.add(target);
      else
        problems.target(
          `Missing '${field.split('/').at(-1)}' target: ${target}`,
          `${fields.at('States')}/${name}/${field}`,
        );
    }
  }
  for (const name of states.keys()) {
    if (!reached.has(name))
      problems.target(`State "${name}" is not reachable.`, `${fields.at('States')}/${name}`);
  }
};

/**
 * Reads and checks a definition in the Amazon States Language. States must use JSONata; where a machine's own
 * language is JSONPath, only Pass, Wait, Succeed and Fail states that use none of its fields may rely on it.
 * @throws InvalidDefinitionError naming everything that is wrong, with its JSON path
 */
export const parseDefinition = (text: string): Definition => {
  const notAnObject = (problem: string) =>
    new InvalidDefinitionError([{ code: 'INVALID_JSON_DESCRIPTION', text: problem, path: '/' }]);
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch (error) {
    throw notAnObject((error as Error).message);
  }
  if (!isJsonObject(json)) throw notAnObject('The definition must be a JSON object');

  const problems = createProblems();
  const blocks: Block[] = [];
  const names = new Set<string>();
  const machine = fieldsOf(json, '/', problems);
  const language = languageOf(machine, 'JSONPath', problems);

  const readStates = (fields: Fields, reading: Reading): Map<string, State> => {
    const states = new Map<string, State>();
    const listed = fields.nested('States');
    for (const name of Object.keys(listed?.object ?? {})) {
      const state = listed?.nested(name);
      if (!state) continue;
      if (name.length > STATE_NAME_CHARACTERS) {
        problems.schema(`State names have at most ${STATE_NAME_CHARACTERS} characters`, state.path);
      }
      if (names.has(name)) problems.schema(`State names must be unique: '${name}' stands twice`, state.path);
      names.add(name);
      const parsed = parseState(name, state, reading);
      if (parsed) states.set(name, parsed);
    }
    if (listed && Object.keys(listed.object).length === 0) {
      problems.schema('At least one state is required', listed.path);
    }
    return states;
  };

  const readBlock = (fields: Fields, known: readonly string[]): number => {
    const found = problems.list.length;
    reportUnknown(fields, known, problems);
    fields.require('StartAt', 'States');
    const index = blocks.length;
    blocks.push({ startAt: '', states: new Map() });
    const reading: Reading = { problems, language, block: (inner) => readBlock(inner, BLOCK_FIELDS) };
    const block = { startAt: fields.string('StartAt') ?? '', states: readStates(fields, reading) };
    blocks[index] = block;
    // Transitions of a block with other faults would only repeat them.
    if (problems.list.length === found) checkTransitions(block, fields, problems);
    return index;
  };

  readBlock(machine, MACHINE_FIELDS);
  const version = machine.string('Version');
  if (version !== undefined && version !== '1.0') {
    problems.schema(`Expected '1.0', but got '${version}'`, '/Version');
  }
  const definition: Definition = {
    comment: machine.string('Comment'),
    timeoutSeconds: machine.integer('TimeoutSeconds', 1, MAX_SECONDS),
    blocks,
  };
  if (problems.list.length === 0) checkScopes(definition, problems);
  if (problems.list.length > 0) throw new InvalidDefinitionError(problems.list);
  return definition;
};
