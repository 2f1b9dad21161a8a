import net from 'node:net';

/** One keep-alive connection to the endpoint that costs its process next to nothing, so that the endpoint is what is measured. */
export interface LeanConnection {
  /**
   * Calls a Step Functions operation in the AWS JSON protocol; one call at a time.
   * @param body JSON
   * @returns the answer's JSON
   * @throws Error for every answer but 200
   */
  readonly call: (operation: string, body: string) => Promise<string>;
  readonly close: () => void;
}

const HEAD_END = Buffer.from('\r\n\r\n');

/** The answer at the start of `received`, when all of it is there. */
const answerIn = (received: Buffer): { readonly status: string; readonly body: string } | undefined => {
  const headEnd = received.indexOf(HEAD_END);
  if (headEnd === -1) return undefined;
  const head = received.toString('latin1', 0, headEnd);
  const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1]);
  const start = headEnd + HEAD_END.length;
  if (received.length < start + length) return undefined;
  return { status: head.slice(9, 12), body: received.toString('utf8', start, start + length) };
};

/** Connects to the endpoint on this machine. The signature's form is AWS's; the endpoint reads its credential only. */
export const connectLean = (port: number): LeanConnection => {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  const headers = [
    `Host: 127.0.0.1:${port}`,
    'Content-Type: application/x-amz-json-1.0',
    'X-Amz-Date: 20261122T000000Z',
    'Authorization: AWS4-HMAC-SHA256 Credential=administrator/20261122/us-east-1/states/aws4_request, ' +
      `SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=${'0'.repeat(64)}`,
  ].join('\r\n');
  let received: Buffer = Buffer.alloc(0);
  let pending: { resolve: (body: string) => void; reject: (error: Error) => void } | undefined;
  const settle = (act: (call: NonNullable<typeof pending>) => void) => {
    const call = pending;
    pending = undefined;
    received = Buffer.alloc(0);
    if (call) act(call);
  };
  socket.on('data', (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const answer = answerIn(received);
    if (answer?.status === '200') settle((call) => call.resolve(answer.body));
    else if (answer) settle((call) => call.reject(new Error(`${answer.status}: ${answer.body}`)));
  });
  socket.on('error', (error) => settle((call) => call.reject(error)));
  socket.on('close', () => settle((call) => call.reject(new Error('The endpoint closed the connection.'))));
  return {
    call: (operation, body) =>
      new Promise((resolve, reject) => {
        pending = { resolve, reject };
        const length = Buffer.byteLength(body);
        socket.write(
          `POST / HTTP/1.1\r\n${headers}\r\nX-Amz-Target: AWSStepFunctions.${operation}\r\n` +
            `Content-Length: ${length}\r\n\r\n${body}`,
        );
      }),
    close: () => socket.destroy(),
  };
};
