import type { MakerName } from '../approvals/developers.ts';
import type { Notice, Notices } from './notice.ts';

/** A mail to some of a commit's makers. */
export type MakersMail = Pick<Notice, 'application' | 'subject' | 'message'>;

/** Mails makers. @returns whether one of them is a configured developer, and so has an address */
export type TellMakers = (makers: readonly MakerName[], mail: MakersMail) => Promise<boolean>;

/** Mails those makers who are developers by the configuration: SNS reaches no address that has not subscribed. */
export const tellMakers =
  (notices: Notices, developersAmong: (makers: readonly MakerName[]) => readonly string[]): TellMakers =>
  async (makers, mail) => {
    const recipients = developersAmong(makers);
    if (recipients.length === 0) return false;
    await notices.send({ ...mail, role: 'developer', recipients });
    return true;
  };
