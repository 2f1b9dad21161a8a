import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { configuration } from '../../infra/config/schema.ts';
import { configurationDocument } from '../../scripts/configuration/table.ts';

const file = path.resolve(import.meta.dirname, '../../docs/configuration.md');

describe('the table of the configuration', () => {
  it('is that of the schema: npm run configuration writes it', () => {
    expect(fs.readFileSync(file, 'utf8')).toBe(configurationDocument(configuration));
  });

  it('shows value, default and meaning of each key, and an object that two keys share once', () => {
    const place = z.strictObject({ region: z.string().describe('Where it is.') });
    const document = configurationDocument(
      z.strictObject({
        days: z.int().min(1).max(90).default(7).describe('How long.'),
        qat: place.describe('QAT.'),
        prod: place.optional().meta({ description: 'Prod.', fallback: 'as QAT' }),
        applications: z
          .array(z.strictObject({ size: z.enum(['small', 'large']).optional().describe('Its size.') }))
          .describe('All.'),
      }),
    );
    expect(document.match(/^\| `.*$/gm)).toEqual([
      '| `days` | whole number (1 to 90) | `7` | How long. |',
      '| `qat` | object | required | QAT. |',
      '| `qat.region` | text | required | Where it is. |',
      '| `prod` | as `qat` | as QAT | Prod. |',
      '| `applications` | list, each: object | required | All. |',
      '| `applications[].size` | `small`, `large` |  | Its size. |',
    ]);
  });

  it('fails for a key without a meaning', () => {
    expect(() => configurationDocument(z.strictObject({ days: z.int() }))).toThrow(
      'The key days has no meaning: give it one with describe() in infra/config/schema.ts.',
    );
  });
});
