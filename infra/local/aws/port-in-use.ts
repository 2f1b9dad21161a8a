/** A port on 127.0.0.1 that is needed belongs to another process. */
export class PortInUseError extends Error {
  override readonly name = 'PortInUseError';

  /**
   * @param purpose what the port is for
   * @param remedy what to do, beside ending what uses the port
   */
  constructor(port: number, purpose: string, remedy = 'choose another port with --port') {
    super(`Port ${port} on 127.0.0.1 is in use, and it is for ${purpose}. Stop what uses it, or ${remedy}.`);
  }
}

/** An error of listening on a port, as the error that a person reads where the port is in use. */
export const asPortInUse = (error: NodeJS.ErrnoException, port: number, purpose: string): Error =>
  error.code === 'EADDRINUSE' ? new PortInUseError(port, purpose) : error;
