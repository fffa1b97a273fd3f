import { Reflector } from '@nestjs/core';

/**
 * Who may call a route. Every route must declare it; a test checks all of them.
 * - `public`: every client · `ticket-secret`: the screen that opened the ticket · `session`: a token with its device
 * - `refresh-token`: the token in the body
 */
export const Auth = Reflector.createDecorator<'public' | 'ticket-secret' | 'session' | 'refresh-token'>();
