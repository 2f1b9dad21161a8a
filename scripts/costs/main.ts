import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot, synthesize } from '../../infra/local/run/synthesize.ts';
import { PriceListError, readPriceList } from '../../tasks/prices/price-list.ts';
import { readTemplates } from '../templates.ts';
import { costSection, costSummary, withCosts } from './document.ts';

function write(document: string, section: string): void {
  const file = path.join(projectRoot, document);
  fs.writeFileSync(file, withCosts(fs.readFileSync(file, 'utf8'), section));
}

const templatesOf = async (lockstep?: unknown) => {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'lockstep-costs-'));
  try {
    await synthesize(directory, lockstep);
    return readTemplates(directory);
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
};

/** Writes the documents by our own prices, or prints the tables by those of a file. */
async function run(): Promise<void> {
  const { values } = parseArgs({ options: { prices: { type: 'string' } } });
  // npm changes to the project's root; the path is relative to where it was called.
  const file = values.prices && path.resolve(process.env.INIT_CWD ?? process.cwd(), values.prices);
  const list = file ? readPriceList(fs.readFileSync(file, 'utf8'), file) : undefined;
  const templates = await templatesOf();
  const example = path.join(projectRoot, 'examples/no-internet.json');
  const withoutInternet = await templatesOf(JSON.parse(fs.readFileSync(example, 'utf8')));
  if (list) {
    console.log(costSection(templates, withoutInternet, list));
    return;
  }
  write('docs/deploy-to-aws.md', costSection(templates, withoutInternet));
  write('README.md', costSummary(templates));
}

await run().catch((error: unknown) => {
  const isUsage = error instanceof Error && (error instanceof PriceListError || 'code' in error);
  if (!isUsage) throw error;
  console.error(`costs: ${error.message}`);
  process.exitCode = 1;
});
