import fs from 'node:fs';
import { UsageError } from '../../../cli/arguments.ts';

/**
 * Reads a configuration from a file, as cdk.json holds it under `lockstep`. What it says is checked when it is synthesized.
 * @throws UsageError if there is no such file, or it is not JSON
 */
export const readConfigurationFile = (file: string): unknown => {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--config names ${file}, and it cannot be read (${(error as Error).message}).`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`--config names ${file}, and it is not JSON (${(error as Error).message}).`);
  }
};
