import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { sampleEntries } from '../../scripts/events/samples.ts';
import { eventsSchema } from '../../scripts/events/schema.ts';
import { sampleEvents, withEvents } from '../../scripts/events/table.ts';
import { detailTypes, eventTypes, unknownType } from '../../tasks/events/event-types.ts';

const docs = path.resolve(import.meta.dirname, '../../docs');
const read = (file: string) => fs.readFileSync(path.join(docs, file), 'utf8');

describe('the documents of the events', () => {
  it('are those of the types: npm run events writes them', () => {
    const document = read('events.md');
    expect(document).toBe(withEvents(document));
    expect(read('events.schema.json')).toBe(`${JSON.stringify(eventsSchema(), null, 2)}\n`);
  });

  it('name each type once, and have an example of each kind of entry', () => {
    expect(new Set(detailTypes).size).toBe(detailTypes.length);
    expect(sampleEntries.map(({ key }) => key)).toEqual(Object.keys(eventTypes));
    expect([...sampleEvents.map(({ detailType }) => detailType), unknownType.detailType]).toEqual(
      detailTypes,
    );
    for (const type of detailTypes) expect(read('events.md')).toContain(`| \`${type}\` |`);
  });

  it('have examples that the schema accepts, and the schema rejects what is no event', () => {
    const schema = z.fromJSONSchema(JSON.parse(read('events.schema.json')));
    const asSent = sampleEvents.map(({ detailType, ...event }) => ({ ...event, 'detail-type': detailType }));
    for (const event of asSent) expect(schema.safeParse(event)).toMatchObject({ success: true });
    const [event] = asSent;
    for (const wrong of [
      { ...event, source: 'other' },
      { ...event, 'detail-type': 'Something Else' },
      { ...event, detail: { ...event?.detail, id: 'evt_1' } },
      { ...event, detail: { ...event?.detail, sequence: 0 } },
      { ...event, detail: { ...event?.detail, actor: { type: 'person' } } },
      { ...event, detail: { ...event?.detail, data: { commitAuthor: 1 } } },
    ])
      expect(schema.safeParse(wrong)).toMatchObject({ success: false });
  });
});
