import { applyDecorators } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { DECORATORS } from '@nestjs/swagger';

type Needs = 'public' | 'ticket-secret' | 'session' | 'refresh-token';

const Declared = Reflector.createDecorator<Needs>();

/**
 * Who may call a route. Every route must declare it; a test checks all of them.
 * - `public`: every client · `ticket-secret`: the screen that opened the ticket · `session`: a token with its device
 * - `refresh-token`: the token in the body, or in the cookie
 *
 * For `public` and `refresh-token`, whose calls have no credential in a header, the OpenAPI document gets `security: []`.
 */
export const Auth = Object.assign(
  (needs: Needs) =>
    applyDecorators(
      Declared(needs),
      ...(needs === 'public' || needs === 'refresh-token' ? [withoutSecurity as MethodDecorator] : []),
    ),
  { KEY: Declared.KEY },
) as typeof Declared;

/** Nest drops an empty list of `ApiSecurity`, but not one of the operation itself. */
function withoutSecurity(_target: object, _key: string | symbol, { value }: PropertyDescriptor): void {
  const operation = Reflect.getMetadata(DECORATORS.API_OPERATION, value as object) as object | undefined;
  Reflect.defineMetadata(DECORATORS.API_OPERATION, { ...operation, security: [] }, value as object);
}
