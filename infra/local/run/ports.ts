import net from 'node:net';
import { PortInUseError, type Ports } from '@lockstep/aws-emulator';
import { pause } from './follow.ts';

const purposes: readonly (readonly [keyof Ports, string])[] = [
  ['endpoint', 'the AWS endpoint'],
  ['approvals', 'the approvals site'],
  ['signIn', 'the sign-in pages'],
  ['overview', 'the overview and mail outbox'],
  ['qat', 'the QAT application'],
  ['prod', 'the Prod application'],
  ['forge', 'the git forge'],
];

/** Listens for a moment. @returns the port, or undefined if it is taken */
const tryPort = (port: number): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined);
      else reject(error);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address() as net.AddressInfo;
      server.close(() => resolve(address.port));
    });
  });

/** How long an earlier run that is ending may take to give its ports free, in ms. */
const PATIENCE_MS = 5_000;

/**
 * The ports of a run: the endpoint's and the six behind it.
 * @throws PortInUseError naming the first that is taken, what it is for, and the remedy
 */
export const portsFrom = async (first: number, patienceMs = PATIENCE_MS): Promise<Ports> => {
  const ports: Partial<Record<keyof Ports, number>> = {};
  const deadline = Date.now() + patienceMs;
  for (const [index, [name, purpose]] of purposes.entries()) {
    let port = await tryPort(first + index);
    while (port === undefined && Date.now() < deadline) {
      await pause(100);
      port = await tryPort(first + index);
    }
    if (port === undefined) {
      throw new PortInUseError(
        first + index,
        purpose,
        `start with another --port (now ${first}; it and the ${purposes.length - 1} behind it must be free)`,
      );
    }
    ports[name] = port;
  }
  return ports as Ports;
};
