import type { FC } from 'hono/jsx';
import { LONGEST_REASON } from '../../tasks/promotions/reason.ts';

interface ReasonFormProps {
  /** Where it is sent. */
  readonly action: string;
  /** Who gets to know the reason beside the record. */
  readonly known: string;
  readonly button: string;
  /** What leads back to the promotion's page instead, and its path. */
  readonly back: { readonly text: string; readonly path: string };
}

/** Asks an operator for the reason of what they are about to do. */
export const ReasonForm: FC<ReasonFormProps> = ({ action, known, button, back }) => (
  <form method="post" action={action}>
    <label for="reason">
      Reason <span class="muted">(stored with your name, {known})</span>
    </label>
    <textarea id="reason" name="reason" rows={3} maxlength={LONGEST_REASON} required></textarea>
    <div class="buttons">
      <button class="danger" type="submit">
        {button}
      </button>
      <a href={back.path}>{back.text}</a>
    </div>
  </form>
);
