// The moves of a ticket, one in a file, in the order of a login. Each is one conditional UPDATE with every check in its
// condition: of two callers at once only one succeeds, and a second query asks why the other did not (refusals.ts).
export { TicketOpening } from './open.js';
export { TicketScan } from './scan.js';
export { TicketConfirm } from './confirm.js';
export { TicketDenial } from './deny.js';
export { TicketCancel } from './cancel.js';
export { OrphanedTickets } from './orphan.js';
export { TicketRedeem } from './redeem.js';
export { TicketNews } from './ticket-news.js';
