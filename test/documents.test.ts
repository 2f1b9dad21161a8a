import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');

const documents = [
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'RUNBOOK.md'],
  ...fs
    .readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];

/** Targets of links and of images, but those on the web and those within the document. */
const linksIn = (document: string): string[] =>
  [...fs.readFileSync(path.join(root, document), 'utf8').matchAll(/\]\(([^)\s]+)\)|\bsrc="([^"]+)"/g)]
    .map(([, link, source]) => link ?? source ?? '')
    .filter((target) => !/^(?:https?:|#)/.test(target));

it.each(documents)('%s links only files that there are', (document) => {
  const missing = linksIn(document).filter(
    (target) => !fs.existsSync(path.join(root, path.dirname(document), target.replace(/#.*/, ''))),
  );
  expect(missing).toEqual([]);
});
