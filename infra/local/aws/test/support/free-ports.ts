import net from 'node:net';
import type { Ports } from '../../host.ts';

/**
 * Below the ports that Linux and macOS hand out by themselves (from 32768 and 49152): nothing that listens on "any port", and
 * no outgoing connection, takes one between the look and the use.
 */
const LOWEST = 10_800;
const ROWS = 3_000;
const PORTS_IN_ROW = 7;
const ATTEMPTS = 20;

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });

/**
 * Seven free ports in a row.
 * @throws Error if no row is found in 20 attempts
 */
export const freePorts = async (): Promise<Ports> => {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const first = LOWEST + PORTS_IN_ROW * Math.floor(Math.random() * ROWS);
    const free = await Promise.all(Array.from({ length: PORTS_IN_ROW }, (_, index) => isFree(first + index)));
    if (free.every(Boolean)) {
      return {
        endpoint: first,
        approvals: first + 1,
        signIn: first + 2,
        overview: first + 3,
        qat: first + 4,
        prod: first + 5,
        forge: first + 6,
      };
    }
  }
  throw new Error(`No ${PORTS_IN_ROW} free ports in a row were found in ${ATTEMPTS} attempts.`);
};
