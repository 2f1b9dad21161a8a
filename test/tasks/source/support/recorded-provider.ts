import { createProviderApi, type Provider, type ProviderApi } from '../../../../tasks/source/provider-api.ts';

/** A token that must not be in an error. */
export const TOKEN = 'github_pat_secret';

/** One answer of a provider. */
export interface Recorded {
  /** 0: no connection. @default 200 */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Not JSON. */
  readonly text?: string;
}

/** Answers by path: one after the other; the last stays. */
export type RecordedAnswers = Readonly<Record<string, Recorded | readonly Recorded[]>>;

/** A provider's API that answers as recorded, and 404 to anything else. */
export const recordedProvider = (
  provider: Provider,
  apiUrl: string,
  answers: RecordedAnswers,
): {
  readonly api: ProviderApi;
  readonly asked: string[];
  readonly waits: number[];
  readonly authorizations: string[];
} => {
  const asked: string[] = [];
  const waits: number[] = [];
  const given = new Map<string, number>();
  let now = Date.parse('2026-11-22T12:00:00Z');
  const tokens = [TOKEN, 'github_pat_renewed'];
  const authorizations: string[] = [];
  const api = createProviderApi(provider, {
    apiUrl: `${apiUrl}/`,
    token: async (isRejected) => (isRejected ? tokens[1] : tokens[0]) ?? '',
    wait: async (ms) => {
      waits.push(ms);
      now += ms;
    },
    now: () => now,
    fetch: async (input, init) => {
      const path = String(input).slice(apiUrl.length);
      expect(String(input)).toBe(`${apiUrl}${path}`);
      expect(init).toMatchObject({ redirect: 'manual' });
      authorizations.push(new Headers(init?.headers).get('authorization') ?? '');
      asked.push(path);
      const all = [answers[path] ?? { status: 404 }].flat();
      const place = given.get(path) ?? 0;
      given.set(path, place + 1);
      const { status = 200, headers = {}, body = {}, text } = all[Math.min(place, all.length - 1)] ?? {};
      if (status === 0) throw new TypeError(`fetch failed with Bearer ${TOKEN}`);
      return new Response(text ?? JSON.stringify(body), { status, headers });
    },
  });
  return { api, asked, waits, authorizations };
};

/** The text of the error that work fails with. */
export const unreadable = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => undefined,
    (reason: Error) => reason,
  );
  expect(error).toMatchObject({ name: 'RepositoryUnreadable' });
  expect(`${error?.message} ${error?.stack}`).not.toContain(TOKEN);
  return error?.message ?? '';
};
