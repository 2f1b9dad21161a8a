import type { FC } from 'hono/jsx';
import type { GraphTransition } from '../../tasks/executions/definition.ts';
import { transitionKey } from '../../tasks/executions/progress.ts';
import { layOut } from './layout.ts';
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

/** The circle and sign of a status, beside text that says the same. */
export const StatusIcon: FC<{ status: StepStatus }> = ({ status }) => (
  <svg class={`icon sign is-${status}`} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
    <circle cx="8" cy="8" r="7.25" />
    {iconPaths[status] === '' ? null : <path d={iconPaths[status]} />}
  </svg>
);

/** The machine's graph, coloured by how far the promotion is: a row a state, the lines on the left. */
export const GraphDrawing: FC<{ promotion: PromotionGraph; label: string }> = ({ promotion, label }) => {
  const { graph, progress, steps } = promotion;
  const stepOf = new Map(steps.map((step) => [step.name, step]));
  const lookOf = (transitions: readonly GraphTransition[]): string =>
    transitions.some(({ from, to }) => progress.taken.has(transitionKey(from, to))) ? ' is-taken' : '';
  return (
    <div class="graph" role="img" aria-label={label}>
      {layOut(graph).map(({ state, fromAbove, cells }) => (
        <div class="graph-row">
          {cells.map((lines) => (
            <span class="cell">
              {lines.map(({ kind, transitions }) => (
                <i class={`line is-${kind}${lookOf(transitions)}`}></i>
              ))}
            </span>
          ))}
          <div class="place">
            {fromAbove ? <i class={`line is-from-above${lookOf([fromAbove])}`}></i> : null}
            <Node name={state.name} type={state.type} step={stepOf.get(state.name)} />
          </div>
        </div>
      ))}
    </div>
  );
};

/** Types whose states take no time: their sign says enough. */
const timeless = ['Choice', 'Succeed', 'Fail', 'Pass'];

const Node: FC<{ name: string; type: string; step: Step | undefined }> = ({ name, type, step }) => {
  const status = step?.status ?? 'idle';
  const isTimeless = timeless.includes(type);
  return (
    <div class={`node is-${status}${isTimeless ? ' is-timeless' : ''}`} data-state={name}>
      <StatusIcon status={status} />
      <span class="node-text">
        <span class="node-name">{name}</span>
        {isTimeless || !step ? null : <span class="node-detail">{step.detail}</span>}
      </span>
    </div>
  );
};
