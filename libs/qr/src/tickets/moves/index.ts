// The moves of a ticket, one in a file, in the order of a login. Each is one conditional UPDATE that holds every check: of
// two callers at once the database lets one through, and only for the other a second query asks why (refusals.ts).
export { TicketOpening } from './open.js';
export { TicketScan } from './scan.js';
export { TicketConfirm } from './confirm.js';
export { TicketDenial } from './deny.js';
export { TicketCancel } from './cancel.js';
export { OrphanedTickets } from './orphan.js';
export { TicketRedeem } from './redeem.js';
export { TicketNews } from './ticket-news.js';
