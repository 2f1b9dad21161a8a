const FORM = /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

/**
 * Reads an ISO 8601 date-time with an offset, as a Wait state's Timestamp must be. Below milliseconds is cut off.
 * @returns milliseconds since the epoch; undefined for any other text
 */
export const parseTimestamp = (text: string): number | undefined => {
  const match = FORM.exec(text);
  if (!match) return undefined;
  // A day that the month does not have would be taken for one of the next month.
  const day = new Date(`${match[1]}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== match[1]) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
};
