// Owns: tickets (their table, statuses and moves), waiting for them (the bell, held polls, event streams), their QR
//   codes, and the routes of screens and phones.
// Does not own: accounts, sessions and the admission of calls, see device-auth; the page behind the QR code.
// May import: device-auth, token, signal, common.
export { Bell } from './waiting/bell.js';
export { describeScanLogin } from './http/describe-scan-login.js';
export { linkFragment, type LinkParts } from './tickets/link-parts.js';
export { QrModule } from './qr.module.js';
export { QrOptions } from './qr.options.js';
export { Ticket } from './tickets/ticket.entity.js';
export { TicketReader } from './waiting/ticket-reader.js';
export { TICKET_STATUSES, type TicketStatus } from './tickets/ticket.moves.js';
export { Waiting } from './waiting/waiting.js';
