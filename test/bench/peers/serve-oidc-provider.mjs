// oidc-provider with its device flow, as its own examples set it up: its memory store, and its development pages for
// signing in. A store of one's own would have to be written for it, and would only make it slower.
import http from 'node:http';
import { once } from 'node:events';
import { Provider } from 'oidc-provider';

const server = http.createServer();
server.listen({ port: 0, host: '127.0.0.1', backlog: 16_384 });
await once(server, 'listening');
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: 'screen',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
      response_types: [],
      redirect_uris: [],
    },
  ],
  cookies: { keys: ['only for measuring'] },
  features: { deviceFlow: { enabled: true }, devInteractions: { enabled: true } },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
});
server.on('request', provider.callback());
