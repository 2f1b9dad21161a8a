import { serializationError } from './text-values.ts';

/** Whether a body comes in S3's own chunks, as uploads of unknown checksum do. */
export const isAwsChunked = (headers: Readonly<Record<string, string | string[] | undefined>>): boolean =>
  String(headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-') ||
  String(headers['content-encoding'] ?? '').includes('aws-chunked');

/**
 * Takes the chunks' frames and trailers off a body: `<hex size>[;signature]\r\n<bytes>\r\n … 0\r\n<trailers>`.
 * @throws AwsError `SerializationException` for a frame that does not fit
 */
export const decodeAwsChunked = (body: Buffer): Buffer => {
  const chunks: Buffer[] = [];
  let at = 0;
  while (at < body.length) {
    const end = body.indexOf('\r\n', at);
    const head = body.toString('latin1', at, end === -1 ? body.length : end);
    const size = Number.parseInt(head, 16);
    if (end === -1 || !/^[0-9a-fA-F]+(;|$)/.test(head) || end + 2 + size > body.length) {
      throw serializationError(`The aws-chunked body has a bad frame at byte ${at}.`);
    }
    if (size === 0) break;
    chunks.push(body.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return Buffer.concat(chunks);
};
