import { ticketIn, ticketLink } from '@scan-login/client';
import { describe, expect, it } from 'vitest';

const UUID = '3d6f1b8e-92c4-4a70-b5e8-1f7a0c9d2e46';

describe('a scanned text', () => {
  it.each([
    ['a page of the server', `https://login.example.org/l/${UUID}`],
    ['a page of the team', `https://shop.example.org/sign-in/${UUID}/`],
    ['a page of the team with a query', `https://shop.example.org/sign-in?ticket=${UUID}`],
    ['the link of an app', `shop-app://sign-in/${UUID}`],
    ['the uuid alone, in capitals', ` ${UUID.toUpperCase()}\n`],
  ])('names a ticket where it is %s', (_what, text) => {
    expect(ticketIn(text)).toBe(UUID);
  });

  it.each([
    ['a page without a uuid', 'https://login.example.org/l/now'],
    ['a uuid with more behind it', `https://login.example.org/l/${UUID}/edit`],
    ['a uuid in the middle of a word', `https://login.example.org/l/x${UUID}`],
    ['several lines', `hello\nhttps://login.example.org/l/${UUID}`],
    ['a uuid with more behind it, and a key', `https://login.example.org/l/${UUID}/edit#k=abc`],
    ['nothing', ''],
  ])('names no ticket where it is %s', (_what, text) => {
    expect(ticketIn(text)).toBeUndefined();
  });
});

describe('a link', () => {
  const key = 'NzbLsXh8uDCcd-6MNwXF4W';
  it.each([
    ['of a page of the server', `https://login.example.org/l/${UUID}#k=${key}&c=x_-4Ab12`],
    ['of an app, which wants them in the query', `shop-app://sign-in/${UUID}?k=${key}&c=x_-4Ab12`],
    ['whose uuid is in the query, too', `https://shop.example.org/in?k=${key}&c=x_-4Ab12&ticket=${UUID}`],
    ['without its address', `${UUID}#k=${key}&c=x_-4Ab12`],
  ])('%s names the ticket, the key of the screen and the code', (_what, text) => {
    expect(ticketLink(text)).toEqual({ uuid: UUID, key, code: 'x_-4Ab12' });
    expect(ticketIn(text)).toBe(UUID);
  });

  it('names only the ticket where the screen has no key and its code does not change', () => {
    expect(ticketLink(`https://login.example.org/l/${UUID}?utm=1`)).toEqual({ uuid: UUID });
  });
});
