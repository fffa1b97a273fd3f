import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a proxy does with X-Forwarded-For: states its client's address, passes on what that sent, or omits it. */
export type Forwarding = 'tells' | 'passes on' | 'keeps silent';

export interface HttpProxy {
  url: string;
  close(): Promise<void>;
}

/** The server sees the proxy at this address; clients of the proxy are at 127.0.0.1. */
export const PROXY_ADDRESS = '127.0.0.2';

/** A plain HTTP proxy in front of a server. */
export async function startHttpProxy(target: string, forwarding: Forwarding): Promise<HttpProxy> {
  const proxy = http.createServer((request, response) => {
    const { 'x-forwarded-for': given, ...headers } = request.headers;
    const said = { tells: request.socket.remoteAddress, 'passes on': given, 'keeps silent': undefined }[forwarding];
    const onward = http.request(`${target}${request.url}`, {
      method: request.method,
      headers: { ...headers, ...(said !== undefined && { 'x-forwarded-for': said }) },
      localAddress: PROXY_ADDRESS,
    });
    onward.on('response', (upstream) => {
      response.writeHead(upstream.statusCode!, upstream.headers);
      upstream.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(proxy, 'close');
      proxy.close();
      proxy.closeAllConnections();
      await closed;
    },
  };
}
