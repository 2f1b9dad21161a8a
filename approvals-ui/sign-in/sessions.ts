import { createHash, randomBytes } from 'node:crypto';
import type { Context } from 'hono';
import type { Person } from '../../tasks/ledger/items.ts';
import type { CookieJar } from './cookies.ts';

/** Seconds after which a person must sign in again. */
export const SESSION_SECONDS = 8 * 60 * 60;
const ID_BYTES = 32;
const ID_PATTERN = /^[\w-]{43}$/;

/** A signed-in person's session. */
export interface Session {
  /** With the groups of the sign-in. */
  readonly person: Person;
  /** When the person proved who they are, in ms since the epoch; 0 if the provider did not say. */
  readonly signedInAt: number;
}

/** A session as it is kept. */
export interface SessionRecord extends Session {
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Keeps sessions by the hash of their id: a reader of the store cannot use one. */
export interface SessionStore {
  readonly add: (key: string, record: SessionRecord) => Promise<void>;
  /** Undefined if there is none or it was ended. It may have expired. */
  readonly read: (key: string) => Promise<SessionRecord | undefined>;
  /** Ends a session for good; nothing if there is none. @param forgetAt ms since the epoch */
  readonly end: (key: string, forgetAt: number) => Promise<void>;
}

/** The sessions of the browsers that ask. */
export interface Sessions {
  /** Under which key the request's session is kept, if its cookie could be one. */
  readonly keyOf: (context: Context) => string | undefined;
  readonly read: (context: Context) => Promise<Session | undefined>;
  /** Begins a session in this browser, and ends the one that it had. */
  readonly begin: (context: Context, session: Session) => Promise<void>;
  /** Ends the session everywhere: copies of its cookie are worth nothing from now on. */
  readonly end: (context: Context) => Promise<void>;
}

/** Sessions whose cookie has only a random id, and whose record is in a store. */
export function createSessions(cookies: CookieJar, store: SessionStore, now: () => number): Sessions {
  const cookie = cookies('lockstep', SESSION_SECONDS);
  const keyOf = (context: Context): string | undefined => {
    const id = cookie.read(context);
    return id !== undefined && ID_PATTERN.test(id) ? hashOf(id) : undefined;
  };
  const endRecord = async (context: Context): Promise<void> => {
    const key = keyOf(context);
    if (key !== undefined) await store.end(key, now() + SESSION_SECONDS * 1000);
  };
  return {
    keyOf,
    read: async (context) => {
      const key = keyOf(context);
      const record = key === undefined ? undefined : await store.read(key);
      // The table deletes expired records late.
      if (record === undefined || record.expiresAt <= now()) return undefined;
      return { person: record.person, signedInAt: record.signedInAt };
    },
    begin: async (context, session) => {
      await endRecord(context);
      const id = randomBytes(ID_BYTES).toString('base64url');
      await store.add(hashOf(id), { ...session, expiresAt: now() + SESSION_SECONDS * 1000 });
      cookie.write(context, id);
    },
    end: async (context) => {
      await endRecord(context);
      cookie.clear(context);
    },
  };
}

const hashOf = (id: string): string => createHash('sha256').update(id).digest('base64url');
