import { lintSource } from '@secretlint/core';
import { creator } from '@secretlint/secretlint-rule-preset-recommend';
import { MOST_BYTES, type NotScanned, type SecretFinding } from './secret-scan.ts';

/** Git takes a file for binary if there is a zero within so many bytes (`buffer_is_binary`). */
const LOOKED_AT_FOR_ZERO = 8_000;

/** With this in a comment, the library leaves out the file, or parts of it. */
const TURNED_OFF = 'secretlint-disable';

const PRESET = '@secretlint/secretlint-rule-preset-recommend';
const RULE_PREFIX = '@secretlint/secretlint-rule-';

/** What a file holds that looks like a secret, and what keeps it from being scanned wholly. */
export interface ScannedFile {
  readonly findings: readonly Omit<SecretFinding, 'path'>[];
  readonly notScanned?: NotScanned['why'];
}

/**
 * Looks for secrets in a file. What it returns has places and rules, and nothing of the file's text.
 * @param content undefined of what is too large to be read, or no plain file
 */
export async function findSecrets(content: Uint8Array | undefined): Promise<ScannedFile> {
  if (content === undefined || content.length > MOST_BYTES)
    return { findings: [], notScanned: 'too large, or no plain file' };
  if (content.subarray(0, LOOKED_AT_FOR_ZERO).includes(0)) return { findings: [], notScanned: 'binary' };
  const text = new TextDecoder().decode(content);
  // No rule depends on the file's name, and no other file is read for it.
  const { messages } = await lintSource({
    source: { content: text, filePath: 'file', ext: '', contentType: 'text' },
    options: {
      config: { rules: [{ id: PRESET, rule: creator, rules: [], options: {} }] },
      maskSecrets: true,
      noPhysicFilePath: true,
    },
  });
  const findings = messages.map(({ ruleId, messageId, loc }) => ({
    line: loc.start.line,
    rule: `${ruleId.replace(RULE_PREFIX, '')}/${messageId}`,
  }));
  return { findings, ...(text.includes(TURNED_OFF) && { notScanned: 'a comment turns the scan off' }) };
}
