import type { FC } from 'hono/jsx';
import type { HolderSeat, Seat, TurnBoard, WaitingSeat } from '../../tasks/turns/board.ts';
import { environmentTitles } from '../../tasks/turns/texts.ts';
import { shortCommit } from '../format.ts';
import { StatusIcon } from '../graph/drawing.tsx';
import type { StepStatus } from '../graph/steps.ts';
import { Moment } from './parts.tsx';

const isFree = ({ holder, waiting }: TurnBoard): boolean => holder === undefined && waiting.length === 0;

/** What is read out when turns change: who has what, and how many wait. */
export const turnsSummary = (boards: readonly TurnBoard[]): string =>
  boards
    .filter((board) => !isFree(board))
    .map(({ application, environment, holder, waiting }) => {
      const name = `${environmentTitles[environment]} of ${application}`;
      const who = holder === undefined ? `${name} is free` : `${shortCommit(holder.commitId)} has ${name}`;
      return waiting.length === 0 ? `${who}.` : `${who}, ${waiting.length} waiting.`;
    })
    .join(' ');

/** Who works on which environment of which application, and who waits for it. */
export const Turns: FC<{ boards: readonly TurnBoard[] }> = ({ boards }) => {
  if (boards.length === 0) return null;
  const applications = [...new Set(boards.map(({ application }) => application))];
  return (
    <section class="turns" aria-labelledby="turns-title">
      <h2 id="turns-title" class="unseen">
        Turns
      </h2>
      {applications.map((application) => (
        <section class="card turns-of" aria-label={`Turns of ${application}`}>
          <h3>
            <bdi>{application}</bdi>
          </h3>
          <div>
            {boards
              .filter((board) => board.application === application)
              .map((board) => (
                <Environment board={board} />
              ))}
          </div>
        </section>
      ))}
    </section>
  );
};

const Environment: FC<{ board: TurnBoard }> = ({ board }) => {
  const { environment, holder, waiting } = board;
  return (
    <div class="turn" data-turn={environment}>
      <h4>{environmentTitles[environment]}</h4>
      {holder === undefined ? <p class="muted">Free</p> : <Holder holder={holder} />}
      {waiting.length === 0 ? null : (
        <ol class="queue" aria-label={`Waiting for ${environmentTitles[environment]}, in order`}>
          {waiting.map((seat) => (
            <Waiting seat={seat} />
          ))}
        </ol>
      )}
    </div>
  );
};

const signs: Readonly<Record<HolderSeat['kind'], StepStatus>> = {
  works: 'running',
  asks: 'waiting',
  leaves: 'failed',
  ended: 'idle',
};

const SeatLink: FC<{ seat: Seat }> = ({ seat }) => (
  <a href={`/promotions/${encodeURIComponent(seat.promotionId)}`}>{seat.title}</a>
);

const Holder: FC<{ holder: HolderSeat }> = ({ holder }) => (
  <div class="seat">
    <StatusIcon status={signs[holder.kind]} />
    <div>
      <p>
        <SeatLink seat={holder} /> {holder.doing}
      </p>
      <p class="muted">
        <code>{shortCommit(holder.commitId)}</code> · since <Moment at={holder.since} />
      </p>
    </div>
  </div>
);

const Waiting: FC<{ seat: WaitingSeat }> = ({ seat }) => (
  <li class="seat">
    <StatusIcon status="waiting" />
    <div>
      <p>
        <SeatLink seat={seat} />{' '}
        {seat.place === 1 || !seat.behind ? (
          'is next'
        ) : (
          <>
            follows <code>{shortCommit(seat.behind.commitId)}</code>
          </>
        )}
      </p>
      <p class="muted">{seat.because}</p>
      <p class="muted">
        <code>{shortCommit(seat.commitId)}</code> · waits since <Moment at={seat.since} />
      </p>
    </div>
  </li>
);
