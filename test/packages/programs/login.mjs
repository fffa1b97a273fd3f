// A screen and a phone in one program, with the client from npm and nothing else.
import { phone, screenLogin, session } from '@scan-login/client';

const [server, username, password] = process.argv.slice(2);

const own = session({ server, device: { type: 'phone', name: 'A phone' } });
await own.signIn(username, password);

let ticket;
for await (const state of screenLogin({
  server,
  device: { type: 'cli', name: 'A program' },
  confirmAccount: () => true,
})) {
  console.log(state.at);
  if (state.at === 'waiting') ticket = await phone(own).scan(state.qrUrl);
  if (state.at === 'scanned') await ticket.confirm(state.number);
  if (state.at === 'signed-in') console.log(`Signed in: ${state.tokens.account.displayName}`);
}
await own.signOut();
