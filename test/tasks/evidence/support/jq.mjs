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
/** Names of what the record tells to be built. @param {any} record */
const named = ({ entries }) => {
  const { application, commitId } = entries[0].what;
  return entries.flatMap((/** @type {any} */ { kind, what }) => {
    const built =
      kind === 'go-back'
        ? what.built
        : kind === 'job-ended' && what.status === 'SUCCEEDED'
          ? what.output
          : undefined;
    if (built?.statement) {
      const { bucket, key, version, sha256, statement } = built;
      return [
        `archive s3://${bucket}/${key}?versionId=${version} ${sha256} ${application} ${commitId} ${statement}`,
      ];
    }
    return built?.inventory ? [`image ${built.imageId} ${built.inventory} ${application}`] : [];
  });
};
/** What a statement is about. @param {any} statement */
const about = ({ subject: [of], predicate: { buildDefinition } }) => {
  const { application, commitId } = buildDefinition.externalParameters;
  return buildDefinition.buildType === 'urn:lockstep:revision-build:1'
    ? [`archive ${of.name} ${of.digest.sha256} ${application} ${commitId}`]
    : [`image ${of.name} ${of.digest.sha256} ${application}`];
};
/** Filters by how they begin. @type {Record<string, (record: any) => any[]>} */
const long = { '.entries[0].what as $of': named, '.subject[0] as $of': about };
/** @type {Record<string, (record: any) => any[]>} */
const filters = {
  '{format, promotionId}': ({ format, promotionId }) => [{ format, promotionId }],
  '.entries[]': ({ entries }) => entries,
  '.statements // [] | .[]': ({ statements = [] }) => statements,
  '.signatures[0].sig': ({ signatures }) => [signatures[0].sig],
  'del(.hash)': (entry) => [without(entry, 'hash')],
  '{format, promotionId} + (.seals[-1] | del(.signature))': ({ format, promotionId, seals }) => [
    { format, promotionId, ...without(seals.at(-1), 'signature') },
  ],
};
/** @param {any} value */
const field = (value) => [
  filter.startsWith('.seals[-1].') ? value.seals.at(-1)[filter.slice(11)] : value[filter.slice(1)],
];
const whole = filters[filter] ?? Object.entries(long).find(([start]) => filter.startsWith(start))?.[1];
for (const result of (whole ?? field)(input)) {
  const text = options.includes('r') && typeof result === 'string' ? result : JSON.stringify(sorted(result));
  process.stdout.write(options.includes('j') ? text : `${text}\n`);
}
