// Owns: tickets: their states and moves, the bell, QR pictures, and what screens and phones call.
// Does not own: who may call and what a session is, see device-auth; the pages, see apps/web.
// May import: device-auth, token, signal, common.
export { Bell } from './bell.js';
export { describeScanLogin } from './http/describe-scan-login.js';
export { QrModule } from './qr.module.js';
export { QrOptions } from './qr.options.js';
export { Ticket } from './ticket.entity.js';
export { TicketLooks } from './ticket-looks.js';
export { TICKET_STATUSES, type TicketStatus } from './ticket.moves.js';
export { Waiting } from './waiting.js';
