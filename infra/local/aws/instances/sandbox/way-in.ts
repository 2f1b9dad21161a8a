import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { PLAIN_ENVIRONMENT } from './namespaces.ts';

/**
 * The program that leads connections into a sandbox. It is one process of the machine but for its network, which is the sandbox's: it
 * takes connections of a socket that this process listens on, and makes others in there. Nothing in the sandbox sees it.
 */
const PROGRAM = `
const net = require('node:net');
process.on('disconnect', () => process.exit());
process.on('message', (port, server) => {
  server.on('connection', (client) => {
    const application = net.connect({ port, host: '127.0.0.1', noDelay: true });
    client.setNoDelay(true);
    const end = () => { client.destroy(); application.destroy(); };
    for (const one of [client, application]) one.on('error', end).on('close', end);
    client.pipe(application).pipe(client);
  });
  process.send('open');
});`;

/** Leads connections to an instance's port. */
export interface WayIn {
  readonly close: () => Promise<void>;
}

/**
 * Listens on a port of 127.0.0.1 and leads each connection to a port of 127.0.0.1 in the network of a process.
 * @param pid the process, whose user namespace is another one as well
 * @throws Error if the port is taken or the program cannot be started
 */
export const openWayIn = async (pid: number, port: number, inside: number): Promise<WayIn> => {
  const server = net.createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const enter = ['--target', String(pid), '--user', '--net', '--preserve-credentials'];
  const child = spawn('nsenter', [...enter, process.execPath, '-e', PROGRAM], {
    env: PLAIN_ENVIRONMENT,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    detached: true,
  });
  let said = '';
  child.stderr?.on('data', (bytes: Buffer) => {
    said += bytes.toString('utf8');
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  const opened = new Promise<boolean>((resolve) => {
    child.once('message', () => resolve(true));
    void ended.then(() => resolve(false));
  });
  child.send(inside, server, (error) => {
    if (error) said += error.message;
  });
  const isOpen = await opened;
  await new Promise((resolve) => server.close(resolve));
  if (!isOpen) throw new Error(`Nothing leads to the instance's network: ${said.trim()}`);
  return {
    close: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
};
