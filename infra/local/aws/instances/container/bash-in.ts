import { type RunBash, wordsInput } from '../bash/bash-files.ts';
import type { Engine } from './engine.ts';

/** Runs bash in a container as root, with words at its standard input. */
export const bashIn =
  (engine: Engine, container: string): RunBash =>
  (script, words, { env = {}, ...call } = {}) => {
    const variables = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
    return engine.ask(['exec', '--interactive', ...variables, container, '/bin/bash', '-c', script], {
      ...call,
      input: wordsInput(words),
    });
  };
