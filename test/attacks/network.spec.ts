import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type Phone, Screen, signedInPhone } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';
import { call } from '../support/http.js';
import { attack } from './support/attack.js';

// What the phone is told of the network must warn where it can, and must never reassure by mistake: it says "same" only
// where the two addresses prove it.

type Case = [what: string, screen: string | undefined, phone: string | undefined, network: string];

/** Server configurations, and the network that each derives from the addresses it sees. */
const SETUPS: Record<string, { environment: Record<string, string>; cases: Case[] }> = {
  'a server on the Internet': {
    environment: { PUBLIC_URL: 'https://login.example.org', TRUST_PROXY: 'loopback,192.0.2.8/29,2001:db8:8::/48' },
    cases: [
      ['one public address', '203.0.113.7', '203.0.113.7', 'same'],
      ['two public addresses', '198.51.100.66', '203.0.113.7', 'different'],
      ['neighbours of one public /24', '203.0.113.8', '203.0.113.7', 'different'],
      ['one IPv6 /64', '2001:db8:1:2::3', '2001:db8:1:2:ffff::4', 'same'],
      ['two IPv6 /64', '2001:db8:1:2::3', '2001:db8:1:3::3', 'different'],
      ['an IPv4 address that is written as IPv6', '::ffff:203.0.113.7', '203.0.113.7', 'same'],
      ['IPv4 and IPv6', '203.0.113.7', '2001:db8:1:2::3', 'unknown'],
      ['one private address, as of a container network', '10.89.42.1', '10.89.42.1', 'unknown'],
      ['one private /24', '192.168.1.5', '192.168.1.6', 'unknown'],
      ['a private and a public address', '192.168.1.5', '203.0.113.7', 'unknown'],
      ['one address of carrier-grade NAT', '100.64.1.2', '100.64.1.2', 'unknown'],
      ['one link-local IPv6 network', 'fe80::1', 'fe80::2', 'unknown'],
      ['one unique local IPv6 network', 'fd00:1:2:3::4', 'fd00:1:2:3::5', 'unknown'],
      ["the proxy's own address", undefined, undefined, 'unknown'],
      ["the proxy's own address, and a client's", undefined, '203.0.113.7', 'unknown'],
      ['two proxies of a trusted network', '192.0.2.9', '192.0.2.9', 'unknown'],
      ['two proxies of a trusted IPv6 network', '2001:db8:8::1', '2001:db8:8::1', 'unknown'],
      ['an address that cannot be read', '_hidden', '_hidden', 'unknown'],
      ['an address that cannot be read, and another', '203.0.113.7', 'nonsense', 'unknown'],
      ['IPv4 clients behind one IPv6 translator', '64:ff9b::cb00:7107', '64:ff9b::c633:6442', 'unknown'],
    ],
  },
  'a server at a public address': {
    environment: { PUBLIC_URL: 'http://198.51.100.1:3000' },
    cases: [['a proxy on this machine that is not trusted', '203.0.113.7', '198.51.100.66', 'unknown']],
  },
  'a server in the local network': {
    environment: { PUBLIC_URL: 'http://192.168.1.2:3000', TRUST_PROXY: 'loopback' },
    cases: [
      ['one private /24', '192.168.1.5', '192.168.1.6', 'same'],
      ['two private /24', '192.168.1.5', '192.168.2.6', 'different'],
      ['a private and a public address', '192.168.1.5', '203.0.113.7', 'different'],
      ['one unique local IPv6 network', 'fd00:1:2:3::4', 'fd00:1:2:3::5', 'same'],
      ['one link-local IPv6 network', 'fe80::1', 'fe80::2', 'same'],
      ['one address of carrier-grade NAT', '100.64.1.2', '100.64.1.2', 'unknown'],
      ['one private address for two devices, as of a container network', '172.17.0.1', '172.17.0.1', 'unknown'],
      ["the proxy's own address", undefined, undefined, 'unknown'],
    ],
  },
  'a server in the local network, by a name of it': {
    environment: { PUBLIC_URL: 'http://nas.local:3000', TRUST_PROXY: 'loopback' },
    cases: [['one private /24', '192.168.1.5', '192.168.1.6', 'same']],
  },
  'a server behind proxies of named ranges': {
    environment: { PUBLIC_URL: 'http://192.168.1.2:3000', TRUST_PROXY: 'loopback,uniquelocal,linklocal' },
    cases: [
      ['one private /24', '192.168.1.5', '192.168.1.6', 'unknown'],
      ['one link-local IPv6 network', 'fe80::1', 'fe80::2', 'unknown'],
      ['one unique local IPv6 network', 'fd00:1:2:3::4', 'fd00:1:2:3::5', 'unknown'],
    ],
  },
  'a server on this machine': {
    environment: {},
    cases: [['screen and phone on this machine', undefined, undefined, 'same']],
  },
};

for (const [setup, { environment, cases }] of Object.entries(SETUPS)) {
  describe(`the network of a screen, as ${setup} sees it`, () => {
    let server: RunningApp;
    let phone: Phone;
    beforeAll(async () => {
      server = await startApp(environment);
      phone = await signedInPhone(server.url);
    });
    afterAll(() => server.close());

    for (const [what, screenAddress, phoneAddress, network] of cases) {
      attack(`${what}: the phone is told "${network}"`, {
        given: () => openedFrom(server.url, screenAddress),
        when: (screen) =>
          phone.as('POST', `/v1/tickets/${screen.uuid}/scan`, undefined, { 'x-forwarded-for': phoneAddress }),
        then: ({ body }) => expect(body.screen).toMatchObject({ network }),
      });
    }
  });
}

/** A screen whose proxy states this address; without one, or where the proxy is not trusted, it is this machine. */
async function openedFrom(url: string, address: string | undefined): Promise<Screen> {
  const screen = new Screen(url);
  const { body } = await call('POST', `${url}/v1/tickets`, {
    json: { device: { id: screen.id, type: 'web' } },
    headers: { 'x-forwarded-for': address },
  });
  return Object.assign(screen, { uuid: body.uuid, secret: body.secret });
}
