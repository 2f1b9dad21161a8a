import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot, synthesize } from '../../infra/local/run/synthesize.ts';
import { costSection, withCosts } from './document.ts';
import { readTemplates } from './templates.ts';

const file = path.join(projectRoot, 'docs/deploy-to-aws.md');
const directory = fs.mkdtempSync(path.join(tmpdir(), 'lockstep-costs-'));
try {
  await synthesize(directory);
  fs.writeFileSync(file, withCosts(fs.readFileSync(file, 'utf8'), costSection(readTemplates(directory))));
} finally {
  fs.rmSync(directory, { recursive: true, force: true });
}
