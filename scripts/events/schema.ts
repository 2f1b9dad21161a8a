import {
  EVENT_SOURCE,
  EVENT_VERSION,
  type EventType,
  eventTypes,
  type FieldType,
  unknownType,
} from '../../tasks/events/event-types.ts';

type Schema = Readonly<Record<string, unknown>>;

const text = (description?: string): Schema => ({ type: 'string', ...(description && { description }) });
const shared = (name: string): Schema => ({ $ref: `#/$defs/${name}` });

const fieldSchemas: Readonly<Record<FieldType, Schema>> = {
  text: { type: 'string' },
  time: shared('time'),
  number: { type: 'number' },
  texts: { type: 'object', additionalProperties: { type: 'string' } },
};

const object = (properties: Readonly<Record<string, Schema>>, description?: string): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  ...(description && { description }),
});

const constant = (value: string): Schema => ({ const: value });

const actor: Schema = {
  description: 'Who did it.',
  oneOf: [
    object({ type: constant('person'), name: text() }),
    object({ type: constant('identity'), arn: text() }),
    object({ type: constant('lockstep') }),
  ],
};

/** The whole event: EventBridge's envelope with Lockstep's detail. */
const eventSchema = (kinds: readonly string[], { detailType, meaning, fields }: EventType): Schema => ({
  title: detailType,
  description: meaning,
  ...object({
    source: constant(EVENT_SOURCE),
    'detail-type': constant(detailType),
    time: text('When it happened.'),
    resources: { type: 'array', items: { type: 'string' }, description: "The execution's ARN." },
    detail: object({
      version: constant(EVENT_VERSION),
      id: { type: 'string', pattern: '^evt_[0-9a-f]{32}$', description: 'Tells repeats.' },
      application: text(),
      promotionId: text(),
      sequence: { type: 'integer', minimum: 1, description: "Place in the promotion's record." },
      kind: kinds.length > 0 ? { enum: kinds } : { type: 'string' },
      at: shared('time'),
      actor: shared('actor'),
      commit: shared('commit'),
      url: text("The promotion's page."),
      data: {
        type: 'object',
        properties: Object.fromEntries(
          Object.entries(fields).map(([name, type]) => [name, fieldSchemas[type]]),
        ),
      },
    }),
  }),
});

/** Every type of event with the kinds of entries that become it. */
export const typesOfEvents: readonly { readonly kinds: readonly string[]; readonly type: EventType }[] = [
  ...Object.entries(eventTypes).map(([key, type]) => ({ kinds: [key.split(' ')[0] ?? key], type })),
  { kinds: [], type: unknownType },
];

/** JSON Schema of every event, as docs/events.schema.json holds it. */
export const eventsSchema = (): Schema => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Events of Lockstep',
  description: `Version ${EVENT_VERSION}. Consumers ignore fields and types that they do not know.`,
  $defs: {
    time: { type: 'string', description: 'ISO 8601, UTC.' },
    actor,
    commit: object({ id: text(), branch: text(), title: text() }, 'What is promoted.'),
  },
  oneOf: typesOfEvents.map(({ kinds, type }) => eventSchema(kinds, type)),
});
