import fs from 'node:fs';
import path from 'node:path';
import { configuration } from '../../infra/config/schema.ts';
import { configurationDocument } from './table.ts';

const file = path.resolve(import.meta.dirname, '../../docs/configuration.md');
fs.writeFileSync(file, configurationDocument(configuration));
