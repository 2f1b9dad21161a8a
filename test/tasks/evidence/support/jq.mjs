// Stands in for jq on machines without it: the filters of docs/evidence.md, with -c, -S, -j and -r as jq has them.
import fs from 'node:fs';

const [options = '', ...rest] = process.argv.slice(2);
const [filter = '', file] = options.startsWith('-') ? rest : [options, ...rest];
const input = JSON.parse(fs.readFileSync(file ?? 0, 'utf8'));

/** @param {any} value @returns {any} */
const sorted = (value) => {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, sorted(value[name])]));
};
/** @param {any} value @param {string} field */
const without = (value, field) => {
  const { [field]: _, ...others } = value;
  return others;
};
/** @type {Record<string, (record: any) => any[]>} */
const filters = {
  '{format, promotionId}': ({ format, promotionId }) => [{ format, promotionId }],
  '.entries[]': ({ entries }) => entries,
  'del(.hash)': (entry) => [without(entry, 'hash')],
  '{format, promotionId} + (.seals[-1] | del(.signature))': ({ format, promotionId, seals }) => [
    { format, promotionId, ...without(seals.at(-1), 'signature') },
  ],
};
/** @param {any} value */
const field = (value) => [
  filter.startsWith('.seals[-1].') ? value.seals.at(-1)[filter.slice(11)] : value[filter.slice(1)],
];
for (const result of (filters[filter] ?? field)(input)) {
  const text = options.includes('r') && typeof result === 'string' ? result : JSON.stringify(sorted(result));
  process.stdout.write(options.includes('j') ? text : `${text}\n`);
}
