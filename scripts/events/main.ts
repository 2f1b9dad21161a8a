import fs from 'node:fs';
import path from 'node:path';
import { eventsSchema } from './schema.ts';
import { withEvents } from './table.ts';

const docs = path.resolve(import.meta.dirname, '../../docs');
const document = path.join(docs, 'events.md');
fs.writeFileSync(document, withEvents(fs.readFileSync(document, 'utf8')));
fs.writeFileSync(path.join(docs, 'events.schema.json'), `${JSON.stringify(eventsSchema(), null, 2)}\n`);
