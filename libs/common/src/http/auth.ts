import { Reflector } from '@nestjs/core';

/**
 * Who may call a route. Every route says so; a test walks all of them and fails on one that does not.
 * - `public`: anybody · `ticket-secret`: the screen that opened the ticket · `session`: a token with its device
 * - `refresh-token`: the token in the body
 */
export const Auth = Reflector.createDecorator<'public' | 'ticket-secret' | 'session' | 'refresh-token'>();
