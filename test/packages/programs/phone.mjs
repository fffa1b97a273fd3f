// A phone that scans a code and confirms.
import { phone, session } from '@scan-login/client';

const [server, username, password, link] = process.argv.slice(2);

const own = session({ server, device: { type: 'phone', name: 'A phone' } });
await own.signIn(username, password);
const ticket = await phone(own).scan(link);
console.log(ticket.screen.name);
await ticket.confirm();
