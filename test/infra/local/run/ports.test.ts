import net from 'node:net';
import { PortInUseError } from '@lockstep/aws-emulator';
import { portsFrom } from '../../../../infra/local/run/ports.ts';
import { freePorts } from '../../../support/ports.ts';

const listen = (port: number): Promise<net.Server> =>
  new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });

describe('ports', () => {
  it('fails on a port in use, naming it, its purpose and the remedy', async () => {
    const { endpoint } = await freePorts();
    const blocker = await listen(endpoint + 1);
    try {
      await expect(portsFrom(endpoint, 0)).rejects.toThrow(PortInUseError);
      await expect(portsFrom(endpoint, 0)).rejects.toThrow(
        `Port ${endpoint + 1} on 127.0.0.1 is in use, and it is for the approvals site`,
      );
      await expect(portsFrom(endpoint, 0)).rejects.toThrow('--port');
    } finally {
      blocker.close();
    }
  });

  it('are the one asked for and the six behind it', async () => {
    const { endpoint } = await freePorts();
    expect(Object.values(await portsFrom(endpoint))).toEqual(
      [0, 1, 2, 3, 4, 5, 6].map((index) => endpoint + index),
    );
  });
});
