import { toldByDefault } from '../../tasks/events/event-types.ts';
import { promotionEvent } from '../../tasks/events/promotion-event.ts';
import { SAMPLE_SITE, sampleEntries, samplePromotion } from './samples.ts';
import { typesOfEvents } from './schema.ts';

/** The events of the samples, by the name of their type. */
export const sampleEvents = sampleEntries.map(({ entry }) =>
  promotionEvent(samplePromotion.promotionId, entry, samplePromotion, SAMPLE_SITE),
);

const BEGIN = '<!-- events: npm run events writes this -->';
const END = '<!-- end of events -->';

const fieldsText = (fields: Readonly<Record<string, string>>): string =>
  Object.keys(fields)
    .map((name) => `\`${name}\``)
    .join(', ') || '(none)';

/** Every type of event in a table, then an example of each. */
export function eventsTable(): string {
  const rows = typesOfEvents.map(({ kinds, type: { detailType, meaning, fields } }) => {
    const told = toldByDefault.includes(detailType) ? 'yes' : '';
    return `| \`${detailType}\` | ${kinds.map((kind) => `\`${kind}\``).join(', ')} | ${meaning} | ${fieldsText(fields)} | ${told} |`;
  });
  const examples = sampleEvents.map(
    ({ detailType, detail: { kind, actor, data } }) =>
      `| \`${detailType}\` | \`${JSON.stringify({ kind, actor, data }).replaceAll('|', '\\|')}\` |`,
  );
  const [first] = sampleEvents.filter(({ detailType }) => detailType === 'Decision Made');
  const envelope = first && {
    version: '0',
    id: '7bf73129-1428-4cd3-a780-95db273d1602',
    'detail-type': first.detailType,
    source: first.source,
    account: '111122223333',
    time: first.time.replace('.000Z', 'Z'),
    region: 'us-east-1',
    resources: first.resources,
    detail: first.detail,
  };
  return [
    '### Types',
    '',
    '| detail-type | kind | when | fields of `data` | told by default |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    '### A whole event',
    '',
    '```json',
    JSON.stringify(envelope, null, 2),
    '```',
    '',
    '### An example of each type',
    '',
    '| detail-type | kind, actor and data |',
    '| --- | --- |',
    ...examples,
  ].join('\n');
}

/** The document with these tables in place of its old ones. @throws Error if it has no place for them */
export function withEvents(document: string): string {
  const [start, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`docs/events.md needs the lines ${BEGIN} and ${END}.`);
  return `${document.slice(0, start)}${BEGIN}\n\n${eventsTable()}\n\n${document.slice(end)}`;
}
