import type { FC } from 'hono/jsx';
import { graphText, shortNumber } from '../../tasks/alarms/alarm-text.ts';
import type { AlarmGraph, FiredAlarm } from '../../tasks/alarms/alarms.ts';
import type { Job } from '../../tasks/ledger/items.ts';
import { clockTime } from '../format.ts';
import { Card, Moment } from './parts.tsx';

/** Size of a graph and of the room around its bars, in the units of the drawing. */
const WIDTH = 360;
const HEIGHT = 150;
const ROOM = { left: 44, right: 12, top: 12, bottom: 24 };
/** A bar of one period among few is no wider than this. */
const WIDEST_BAR = 60;

/** The alarms that stopped deployments of a promotion, each with what it measured then. */
export const FiredAlarms: FC<{ readonly jobs: readonly Job[] }> = ({ jobs }) => {
  const stopped = jobs.filter(({ alarms = [] }) => alarms.length > 0);
  if (stopped.length === 0) return null;
  return (
    <Card id="fired-alarms" title="Alarms that stopped it" class="fired-alarms">
      {stopped.flatMap(({ state, attempt, alarms = [] }) =>
        alarms.map((alarm, index) => (
          <FiredAlarmFigure
            alarm={alarm}
            id={`alarm-${attempt}-${index}`}
            about={`${state}, attempt ${attempt}`}
          />
        )),
      )}
    </Card>
  );
};

const FiredAlarmFigure: FC<{ alarm: FiredAlarm; id: string; about: string }> = ({ alarm, id, about }) => (
  <figure class="fired-alarm">
    <figcaption>
      <strong>{alarm.name}</strong>{' '}
      <span class="muted">
        {about}
        {alarm.since === undefined ? null : (
          <>
            , went off <Moment at={alarm.since} />
          </>
        )}
      </span>
      {alarm.meaning === '' ? null : <div>{alarm.meaning}</div>}
    </figcaption>
    {alarm.graph === undefined ? null : (
      <>
        <Graph graph={alarm.graph} id={id} />
        <p class="muted">{graphText(alarm.graph)}</p>
      </>
    )}
  </figure>
);

const isBreaching = ({ comparison, threshold }: AlarmGraph, value: number): boolean =>
  ({
    '>': value > threshold,
    '≥': value >= threshold,
    '<': value < threshold,
    '≤': value <= threshold,
  })[comparison];

/** A bar for each period that has a value, and a line at the threshold. */
const Graph: FC<{ graph: AlarmGraph; id: string }> = ({ graph, id }) => {
  const { points, threshold, periodSeconds } = graph;
  const first = Date.parse(points[0]?.at ?? '');
  const last = Date.parse(points.at(-1)?.at ?? '');
  if (Number.isNaN(first)) return null;
  const period = periodSeconds * 1000;
  const periods = (last - first) / period + 1;
  const most = Math.max(threshold, ...points.map(({ value }) => value)) * 1.1 || 1;
  const inner = { width: WIDTH - ROOM.left - ROOM.right, height: HEIGHT - ROOM.top - ROOM.bottom };
  const step = Math.min(inner.width / periods, WIDEST_BAR);
  const heightOf = (value: number) => (Math.max(0, value) / most) * inner.height;
  const bottom = ROOM.top + inner.height;
  const line = bottom - heightOf(threshold);
  return (
    <svg
      class="alarm-graph"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-labelledby={`${id}-title`}
      preserveAspectRatio="xMinYMin meet"
    >
      <title id={`${id}-title`}>{graphText(graph)}</title>
      <line class="axis" x1={ROOM.left} y1={bottom} x2={WIDTH - ROOM.right} y2={bottom} />
      {points.map(({ at, value }) => {
        const height = Math.max(1, heightOf(value));
        return (
          <rect
            class={isBreaching(graph, value) ? 'breaching' : 'within'}
            x={ROOM.left + ((Date.parse(at) - first) / period) * step + 1}
            y={bottom - height}
            width={Math.max(1, step - 2)}
            height={height}
          >
            <title>{`${clockTime(Date.parse(at))}: ${shortNumber(value)}`}</title>
          </rect>
        );
      })}
      <line class="threshold" x1={ROOM.left} y1={line} x2={WIDTH - ROOM.right} y2={line} />
      <text class="label" x={ROOM.left - 6} y={line + 4} text-anchor="end">
        {shortNumber(threshold)}
      </text>
      <text class="label" x={ROOM.left - 6} y={bottom} text-anchor="end">
        0
      </text>
      <text class="label" x={ROOM.left} y={HEIGHT - 6}>
        {`${clockTime(first)} UTC`}
      </text>
      {periods > 1 ? (
        <text
          class="label"
          x={ROOM.left + periods * step}
          y={HEIGHT - 6}
          text-anchor={periods * step > 180 ? 'end' : 'start'}
        >
          {clockTime(last)}
        </text>
      ) : null}
    </svg>
  );
};
