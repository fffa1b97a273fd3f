// A client that uses all that its limits allow, with one kind of call. The trusted proxy states its address.
import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { answers, ready } from '../support/answering.mjs';
import { Connection } from '../support/connection.mjs';
import { expect, makePeople } from '../support/people.mjs';

const LANES = 24;
const PUBLIC_URL = 'http://127.0.0.1:3000';
const PASSWORD = 'correct horse battery staple';
const DEVICE = { id: 'neighbour', type: 'web' };
/** Close to the size limit of a body, and as slow to parse as possible: many small values in an unknown field. */
const LONG_BODY = JSON.stringify({ x: Array.from({ length: 2_400 }, (_, at) => [at]) });

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = pair.publicKey.export({ format: 'jwk' });

/** A JWT that the client signs itself. */
function signed(header, claims) {
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const signature = sign('sha256', Buffer.from(text), { key: pair.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

function proofOf(method, path, accessToken) {
  const ath = accessToken && createHash('sha256').update(accessToken).digest('base64url');
  const iat = Math.floor(Date.now() / 1000);
  return signed(
    { typ: 'dpop+jwt', alg: 'ES256', jwk },
    { htm: method, htu: PUBLIC_URL + path, jti: randomUUID(), iat, ath },
  );
}

/**
 * What each kind of call sends, as arguments of `Connection.call`. A call that needs an unused object takes it from
 * `stock`, which `stockUp` has filled.
 */
const KINDS = {
  'qr.png of new tickets': { stock: 'tickets', call: ({ uuid }) => ['GET', `/v1/tickets/${uuid}/qr.png`] },
  'qr.svg of new tickets': { stock: 'tickets', call: ({ uuid }) => ['GET', `/v1/tickets/${uuid}/qr.svg`] },
  'status calls': {
    stock: 'tickets',
    call: ({ uuid, secret }) => ['GET', `/v1/tickets/${uuid}/status?wait=0`, { 'X-Ticket-Secret': secret }],
  },
  'event streams': {
    stock: 'tickets',
    stream: ({ uuid, secret }) => ['GET', `/v1/tickets/${uuid}/events`, { 'X-Ticket-Secret': secret }],
  },
  'tickets opened': { call: () => ['POST', '/v1/tickets', {}, { device: { ...DEVICE, name: 'Office PC' } }] },
  'bodies of 16 KiB': {
    call: () => ['POST', '/v1/tickets', { 'Content-Type': 'application/json' }, LONG_BODY],
  },
  'accounts made': {
    call: () => ['POST', '/v1/accounts', {}, { username: `n-${randomUUID()}`, password: PASSWORD }],
  },
  'sign-ins with proofs, refused': {
    call: () => [
      'POST',
      '/v1/sessions',
      { DPoP: proofOf('POST', '/v1/sessions') },
      { username: `n-${randomUUID()}`, password: 'wrong', device: { ...DEVICE, type: 'phone' } },
    ],
  },
  scans: {
    stock: 'tickets',
    call: ({ uuid }, person) => ['POST', `/v1/tickets/${uuid}/scan`, ofPhone(person)],
  },
  'redeems refused, with proofs': {
    stock: 'tickets',
    call: ({ uuid }) => {
      const path = `/v1/tickets/${uuid}/redeem`;
      return ['POST', path, { DPoP: proofOf('POST', path), 'X-Ticket-Secret': 'none', 'X-Device-Id': 'none' }];
    },
  },
  'lists of events': { call: (_, person) => ['GET', '/v1/account/events', ofPhone(person)] },
  'lists of sessions': { call: (_, person) => ['GET', '/v1/sessions', ofPhone(person)] },
  'made-up tokens': {
    call: (_, { phone }) => {
      const [header, claims] = phone.accessToken
        .split('.')
        .slice(0, 2)
        .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
      const token = signed(header, { ...claims, jti: randomUUID() });
      return ['GET', '/v1/account', { Authorization: `Bearer ${token}`, 'X-Device-Id': phone.deviceId }];
    },
  },
  "proofs with another's token": {
    call: (_, { phone }) => {
      const Authorization = `DPoP ${phone.accessToken}`;
      const DPoP = proofOf('GET', '/v1/account', phone.accessToken);
      return ['GET', '/v1/account', { Authorization, DPoP, 'X-Device-Id': phone.deviceId }];
    },
  },
  'pages, the document, a script': {
    call: (nth) => ['GET', ['/', '/openapi.json', '/assets/qr-login.js', '/.well-known/jwks.json'][nth % 4]],
  },
  'readings of the metrics': { call: () => ['GET', '/metrics'] },
};

function ofPhone({ phone }) {
  return { Authorization: `Bearer ${phone.accessToken}`, 'X-Device-Id': phone.deviceId };
}

/** @type {import('../support/people.mjs').Person[]} */
let people = [];
/** @type {any[]} */
let stock = [];
/** @type {(() => Promise<object>) | undefined} */
let stop;

answers({
  kinds: () => Object.keys(KINDS),

  /** Accounts of its own, so that the limit of one account does not slow it down. */
  async signUp({ url, count }) {
    let nth = 0;
    people = await makePeople(url, count, () => ({ 'X-Forwarded-For': `192.0.2.${1 + (nth++ % 200)}` }));
  },

  /** Tickets opened from other addresses, for calls that each need an unused one. */
  async stockUp({ url, kind, count }) {
    stock = [];
    if (!KINDS[kind].stock) return;
    const connection = new Connection(url);
    while (stock.length < count) {
      const from = {
        'X-Forwarded-For': `198.18.${Math.floor(stock.length / 100) % 250}.${Math.floor(Math.random() * 250)}`,
      };
      const { body } = await expect(201, connection.call('POST', '/v1/tickets', from, { device: DEVICE }));
      stock.push(body);
    }
    connection.close();
  },

  /**
   * Sends so many calls a second, evenly, until it is told to end. Where the server is slower, some wait their turn.
   * @param {{ url: string, kind: string, perSecond: number, address: string }} args
   */
  begin({ url, kind, perSecond, address }) {
    const { call, stream } = KINDS[kind];
    const statuses = {};
    let sent = 0;
    const ending = new AbortController();
    const began = performance.now();
    const { signal } = ending;
    const lane = async () => {
      const connection = new Connection(url, { 'X-Forwarded-For': address });
      for (let nth = sent++; !signal.aborted; nth = sent++) {
        // rejects once it is to end
        await sleep(Math.max(0, began + (nth / perSecond) * 1000 - performance.now()), undefined, { signal });
        const item = stock.length > 0 ? stock[nth % stock.length] : nth;
        const [method, path, headers, body] = (call ?? stream)(item, people[nth % people.length]);
        const { status } = await (stream
          ? firstOf(connection, path, headers)
          : connection.call(method, path, headers, body));
        statuses[status] = (statuses[status] ?? 0) + 1;
      }
      connection.close();
    };
    const lanes = Promise.allSettled(Array.from({ length: LANES }, lane));
    stop = async () => {
      ending.abort();
      const seconds = (performance.now() - began) / 1000;
      await lanes;
      const answered = Object.values(statuses).reduce((sum, each) => sum + each, 0);
      return { statuses, perSecond: answered / seconds };
    };
  },

  end: () => stop?.(),
});

/** A stream is closed after its first event; it has a connection of its own. */
async function firstOf({ address, host, always }, path, headers) {
  const socket = net.connect(address);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${always}${lines.join('')}\r\n`);
  try {
    const [said] = await once(socket, 'data');
    return { status: Number(said.toString('latin1', 9, 12)) };
  } finally {
    socket.destroy();
  }
}

ready();
