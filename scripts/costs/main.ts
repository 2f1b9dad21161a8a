import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot, synthesize } from '../../infra/local/run/synthesize.ts';
import { readTemplates } from '../templates.ts';
import { costSection, costSummary, withCosts } from './document.ts';

function write(document: string, section: string): void {
  const file = path.join(projectRoot, document);
  fs.writeFileSync(file, withCosts(fs.readFileSync(file, 'utf8'), section));
}

const directory = fs.mkdtempSync(path.join(tmpdir(), 'lockstep-costs-'));
try {
  await synthesize(directory);
  const templates = readTemplates(directory);
  write('docs/deploy-to-aws.md', costSection(templates));
  write('README.md', costSummary(templates));
} finally {
  fs.rmSync(directory, { recursive: true, force: true });
}
