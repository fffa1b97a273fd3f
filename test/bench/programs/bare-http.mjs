// The wire contract over bare node:http, with nothing behind it: what HTTP itself costs on this machine. Polls are held
// in a map, where the phone's calls ring them. It checks and stores nothing.
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { answers } from '../support/answering.mjs';

/** @type {Map<string, { response: http.ServerResponse, timer: NodeJS.Timeout, known: string }>} */
const held = new Map();
/** @type {Map<string, string>} */
const statuses = new Map();
const HOLD_MS = 300_000;
const SECRET = 's'.repeat(43);
const TOKENS = {
  tokenType: 'Bearer',
  accessToken: 'x'.repeat(480),
  expiresIn: 600,
  refreshToken: SECRET,
  refreshExpiresIn: 1800,
  session: { id: randomUUID() },
  account: { id: randomUUID(), displayName: 'Ada Lovelace', avatarUrl: null },
};
const CODES = { pending: 408, scanned: 201, confirmed: 200 };

function send(response, status, body) {
  const text = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}

function tell(response, status) {
  send(response, 200, { code: CODES[status], status, expiresIn: 60 });
}

function hold(uuid, known, response) {
  const leave = () => {
    clearTimeout(timer);
    if (held.get(uuid)?.response === response) held.delete(uuid);
  };
  const timer = setTimeout(() => {
    leave();
    send(response, 200, { code: 408, status: known, expiresIn: 60 });
  }, HOLD_MS);
  held.set(uuid, { response, timer, known });
  response.on('close', leave);
}

function move(uuid, status) {
  statuses.set(uuid, status);
  const waiting = held.get(uuid);
  if (!waiting || waiting.known === status) return;
  held.delete(uuid);
  clearTimeout(waiting.timer);
  tell(waiting.response, status);
}

const OPENED = { secret: SECRET, status: 'pending', expiresAt: new Date().toISOString(), expiresIn: 120, holdFor: 25 };
const SCREEN = { type: 'web', name: 'Office PC', browser: 'Firefox 145', os: 'Linux', ip: '127.0.0.1' };
const SCANNED = { scanToken: SECRET, expiresIn: 60, screen: SCREEN, requires: { number: false } };

function answer(uuid, call, response) {
  if (call === 'scan') {
    move(uuid, 'scanned');
    send(response, 200, SCANNED);
  } else if (call === 'confirm') {
    move(uuid, 'confirmed');
    send(response, 204);
  } else if (call === 'redeem') {
    statuses.delete(uuid);
    send(response, 200, TOKENS);
  } else {
    const fresh = randomUUID();
    statuses.set(fresh, 'pending');
    send(response, 201, { uuid: fresh, qrUrl: `http://localhost/l/${fresh}`, ...OPENED });
  }
}

function poll(uuid, known, response) {
  const status = statuses.get(uuid) ?? 'pending';
  if (status === known) hold(uuid, known, response);
  else tell(response, status);
}

const server = http.createServer((request, response) => {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const [, , , uuid = '', call] = path.split('/');
  if (call === 'status') {
    poll(uuid, new URLSearchParams(query).get('known') ?? 'pending', response);
    return;
  }
  const body = [];
  request.on('data', (chunk) => body.push(chunk));
  request.on('end', () => {
    if (body.length > 0) JSON.parse(Buffer.concat(body).toString());
    answer(uuid, call, response);
  });
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 16_384 });

answers({ held: () => held.size });
