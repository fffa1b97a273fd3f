import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';

/** A network between a program and its server that can be cut, or go silent. */
export interface TcpProxy {
  port: number;
  /** Open connections. */
  readonly open: number;
  /** Resets every connection, and refuses new ones until `restore`. */
  cut(): void;
  /** Keeps every connection, but forwards nothing, like a machine that has vanished. */
  freeze(): void;
  restore(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const pairs = new Set<[net.Socket, net.Socket]>();
  let isCut = false;
  let isFrozen = false;
  const server = net.createServer((near) => {
    if (isCut) {
      near.resetAndDestroy();
      return;
    }
    const far = net.connect(target.port, target.host);
    const pair: [net.Socket, net.Socket] = [near, far];
    pairs.add(pair);
    const carry = (from: net.Socket, to: net.Socket) => {
      from.on('data', (bytes) => {
        // what is sent during the silence is lost, as on a real network
        if (!isFrozen) to.write(bytes);
      });
      from.on('error', () => {});
      from.on('close', () => {
        pairs.delete(pair);
        to.destroy();
      });
    };
    carry(near, far);
    carry(far, near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get open() {
      return pairs.size;
    },
    cut() {
      isCut = true;
      for (const [near, far] of pairs) [near, far].forEach((socket) => socket.resetAndDestroy());
    },
    freeze() {
      isFrozen = true;
    },
    restore() {
      // a connection that lost bytes cannot go on
      if (isFrozen) for (const [near] of pairs) near.resetAndDestroy();
      isCut = false;
      isFrozen = false;
    },
    async close() {
      for (const [near] of pairs) near.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
