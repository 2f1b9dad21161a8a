/** An answer of the REST API. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
  /** URL of the next page. */
  readonly next?: string;
}

/** What was asked for. */
export const answer = (body: unknown, next?: string): ApiAnswer => ({
  status: 200,
  body,
  ...(next !== undefined && { next }),
});
const LARGEST_PAGE = 100;

/** How many items of a list are asked for. @param usual unless the query says so */
export const pageSize = ({ searchParams }: URL, usual: number): number => {
  const asked = Number.parseInt(searchParams.get('per_page') ?? '', 10);
  return asked > 0 ? Math.min(asked, LARGEST_PAGE) : usual;
};

/** A URL with one parameter of its query changed. */
export const withParameter = (url: URL, name: string, value: string): string => {
  const changed = new URL(url);
  changed.searchParams.set(name, value);
  return changed.href;
};

/** In UTC and whole seconds. */
export const isoTime = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;

/** Which page of a list is asked for, from 1. */
export const pageNumber = ({ searchParams }: URL): number =>
  Math.max(1, Number.parseInt(searchParams.get('page') ?? '1', 10) || 1);
