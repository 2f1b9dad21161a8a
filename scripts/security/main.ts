import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot, synthesize } from '../../infra/local/run/synthesize.ts';
import { readTemplates } from '../templates.ts';
import { securityTable, withTable } from './table.ts';

const directory = fs.mkdtempSync(path.join(tmpdir(), 'lockstep-security-'));
try {
  await synthesize(directory);
  const file = path.join(projectRoot, 'docs/security.md');
  fs.writeFileSync(file, withTable(fs.readFileSync(file, 'utf8'), securityTable(readTemplates(directory))));
} finally {
  fs.rmSync(directory, { recursive: true, force: true });
}
