import { createServer, type ListenOptions, type Server } from 'node:net';

const FIRST_PORT = 20_000;
const PORTS = 12_000;

/**
 * A port of the loopback interface that nothing listens on now, and that no other call gives out, in this process or
 * another, as long as this process lives. Below those that the kernel gives to outgoing connections (32768 and up): one
 * of them could take it before the server does.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    const reservation = await listening({ path: `\0skep-test-port-${port}` });
    if (!reservation) continue;
    const listener = await listening({ port, host: '127.0.0.1' });
    if (!listener) {
      reservation.close();
      continue;
    }
    reservation.unref();
    await new Promise((resolve) => listener.close(resolve));
    return port;
  }
}

/** Undefined when someone else listens there. An abstract socket is gone with its process, however that ends. */
function listening(where: ListenOptions): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(where, () => resolve(server));
  });
}
