import { deviceIdOf } from '../device-id.js';
import { platformOf } from '../platform.js';
import { Login } from './login.js';
import type { ScreenLoginOptions } from './options.js';
import type { ScreenState } from './states.js';

/**
 * Signs in a screen. Yields the states of the login one after the other, up to `signed-in` or `over`.
 *
 * Nothing happens before the first state is requested, or while a state is being handled, so handle it quickly. Leaving
 * the loop, or aborting, cancels the ticket.
 * @throws ScanLoginError for errors that are not transient, such as `session_limit_reached`; the reason of `signal`
 */
export async function* screenLogin(options: ScreenLoginOptions): AsyncGenerator<ScreenState, void, void> {
  const device = { ...options.device, id: options.device.id ?? deviceIdOf() };
  yield* new Login(options, device, platformOf(options)).run();
}
