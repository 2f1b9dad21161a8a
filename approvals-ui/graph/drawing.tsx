import type { FC } from 'hono/jsx';
import { transitionKey } from '../../tasks/executions/progress.ts';
import { hasDetail, layOut, type PlacedState, type Point } from './layout.ts';
import type { PromotionGraph, Step, StepStatus } from './steps.ts';

/** Drawn within 16 × 16 pixels; the shape tells what the colour tells. */
const iconPaths: Record<StepStatus, string> = {
  done: 'M4.4 8.3l2.4 2.4 4.9-5.2',
  running: 'M6.4 5.2v5.6L11 8z',
  waiting: 'M8 4.6v3.6l2.3 1.5',
  failed: 'M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2',
  stopped: 'M5.6 5.6h4.8v4.8H5.6z',
  idle: '',
};

/** What the icons mean, for the legend and for screen readers. */
export const statusNames: Record<StepStatus, string> = {
  done: 'done',
  running: 'running',
  waiting: 'waiting for a person',
  failed: 'failed',
  stopped: 'ended',
  idle: 'not reached',
};

/** The circle and sign of a status, with its upper left corner at the given point of a drawing. */
export const StatusSign: FC<{ status: StepStatus; x?: number; y?: number }> = ({ status, x = 0, y = 0 }) => (
  <g class={`sign is-${status}`} transform={`translate(${x} ${y})`}>
    <circle cx="8" cy="8" r="7.25" />
    {iconPaths[status] === '' ? null : <path d={iconPaths[status]} />}
  </g>
);

/** The sign as an image of its own beside text that says the same. */
export const StatusIcon: FC<{ status: StepStatus }> = ({ status }) => (
  <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
    <StatusSign status={status} />
  </svg>
);

/** The machine's graph, coloured by how far the promotion is. */
export const GraphDrawing: FC<{ promotion: PromotionGraph; label: string }> = ({ promotion, label }) => {
  const { graph, progress, steps } = promotion;
  const plan = layOut(graph);
  const stepOf = new Map(steps.map((step) => [step.name, step]));
  // Ways that were taken are drawn last, above the others.
  const ways = plan.transitions
    .map((way) => ({ ...way, isTaken: progress.taken.has(transitionKey(way.from, way.to)) }))
    .sort((a, b) => Number(a.isTaken) - Number(b.isTaken));
  return (
    <svg
      class="graph"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${plan.width} ${plan.height}`}
      width={plan.width}
      height={plan.height}
    >
      <defs>
        <Arrow id="arrow" />
        <Arrow id="arrow-taken" />
      </defs>
      {ways.map(({ points, isTaken, isCatch }) => (
        <path
          class={`way${isTaken ? ' is-taken' : ''}${isCatch ? ' is-catch' : ''}`}
          d={curve(points)}
          marker-end={`url(#${isTaken ? 'arrow-taken' : 'arrow'})`}
        />
      ))}
      {plan.states.map((state) => (
        <Node state={state} step={stepOf.get(state.name)} />
      ))}
    </svg>
  );
};

const Arrow: FC<{ id: string }> = ({ id }) => (
  <marker id={id} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
    <path d="M0.5 0.8L7.2 4 0.5 7.2z" />
  </marker>
);

const Node: FC<{ state: PlacedState; step: Step | undefined }> = ({ state, step }) => {
  const status = step?.status ?? 'idle';
  const { x, y, width, height, lines } = state;
  const detail = hasDetail(state.type) ? step?.detail : undefined;
  const firstBaseline = detail === undefined ? height / 2 - (lines.length - 1) * 9 + 4.5 : 23;
  return (
    <g class={`node is-${status}`} transform={`translate(${round(x)} ${round(y)})`} data-state={state.name}>
      <rect width={round(width)} height={round(height)} rx={detail === undefined ? round(height / 2) : 10} />
      <StatusSign status={status} x={12} y={round(detail === undefined ? height / 2 - 8 : 10.5)} />
      <text class="node-name">
        {lines.map((line, index) => (
          <tspan x="37" y={round(firstBaseline + index * 18)}>
            {line}
          </tspan>
        ))}
      </text>
      {detail === undefined ? null : (
        <text class="node-detail" x="37" y={round(height - 13)}>
          {detail}
        </text>
      )}
    </g>
  );
};

/** A line through dagre's points whose corners are rounded: from middle to middle, bent at the point between. */
const curve = (points: readonly Point[]): string => {
  const [first, ...rest] = points;
  const last = rest.pop();
  if (!first || !last) return '';
  let path = `M${round(first.x)} ${round(first.y)}`;
  rest.forEach((point, index) => {
    const next = rest[index + 1] ?? last;
    const middle = { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    path += `Q${round(point.x)} ${round(point.y)} ${round(middle.x)} ${round(middle.y)}`;
  });
  return `${path}L${round(last.x)} ${round(last.y)}`;
};

const round = (value: number): number => Math.round(value * 10) / 10;
