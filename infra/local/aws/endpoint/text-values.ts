import { AwsError } from '../host.ts';
import type { Shape, TimestampFormat } from './shapes.ts';

/** The request is not in the protocol's form. */
export const serializationError = (message: string): AwsError =>
  new AwsError('SerializationException', message);

/**
 * Reads a scalar from text: a header, a label, a query parameter, a form field or an XML element.
 * @throws AwsError `SerializationException` for text that is no such value
 */
export const readText = (shape: Shape, text: string, path: string): unknown => {
  switch (shape.kind) {
    case 'string':
    case 'document':
      return text;
    case 'number':
      return readNumber(text, path);
    case 'boolean':
      if (text === 'true' || text === 'false') return text === 'true';
      throw serializationError(`Expected true or false at '${path}', but found '${text}'.`);
    case 'timestamp':
      return readTime(text, path);
    case 'blob':
      return new Uint8Array(Buffer.from(text, 'base64'));
    default:
      throw serializationError(`Expected a ${shape.kind} at '${path}', but found '${text}'.`);
  }
};

const readNumber = (text: string, path: string): number => {
  const number = Number(text);
  if (text.trim() !== '' && (Number.isFinite(number) || specialNumbers.has(text))) return number;
  throw serializationError(`Expected a number at '${path}', but found '${text}'.`);
};

const specialNumbers = new Set(['NaN', 'Infinity', '-Infinity']);

/** Seconds since the epoch, ISO 8601 or an HTTP date, whichever it is. */
const readTime = (text: string, path: string): Date => {
  const seconds = Number(text);
  const time = new Date(text.trim() !== '' && Number.isFinite(seconds) ? seconds * 1000 : text);
  if (Number.isNaN(time.getTime())) {
    throw serializationError(`Expected a time at '${path}', but found '${text}'.`);
  }
  return time;
};

/** Writes a scalar as text. */
export const writeText = (shape: Shape, value: unknown, defaultFormat: TimestampFormat): string => {
  if (shape.kind === 'timestamp') return writeTime(value as Date, shape.format ?? defaultFormat);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return shape.kind === 'blob' ? Buffer.from(String(value)).toString('base64') : String(value);
};

/** A timestamp in one of the wire's formats; ISO 8601 leaves out a fraction of zero. */
const writeTime = (time: Date, format: TimestampFormat): string => {
  if (format === 'http-date') return time.toUTCString();
  return format === 'date-time' ? time.toISOString().replace('.000Z', 'Z') : String(time.getTime() / 1000);
};
