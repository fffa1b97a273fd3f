import { AccountLimits, Auth, costOf, missing, Problem, ProblemFilter, Problems } from '@scan-login/nest/common';
import {
  applyDecorators,
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Inject,
  Injectable,
  Optional,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import { ApiDeviceId, ApiProof } from '../devices/api-headers.js';
import { ProvenKeys, type ProvenRequest } from '../devices/proven-keys.js';
import { Admission } from './admission.js';
import type { LiveSession } from './live-session.js';

const SESSION = Symbol('session');
const AUTHORIZATION = /^(Bearer|DPoP) ([\w-]+\.[\w-]+\.[\w-]+)$/i;

interface Request extends ProvenRequest {
  [SESSION]?: LiveSession;
}

/**
 * Admits calls with an access token whose session lives on the device that `X-Device-Id` names, and with a proof of the
 * key that the session is bound to, if any.
 */
@Injectable()
export class SessionGuard implements CanActivate {
  private readonly admission: Admission;
  private readonly keys: ProvenKeys;

  /** Nest makes the guard in the module of the controller that uses it, so DeviceAuthModule may be missing there. */
  constructor(
    @Optional() @Inject(Admission) admission: Admission | undefined,
    @Optional() @Inject(ProvenKeys) keys: ProvenKeys | undefined,
    @Optional() @Inject(AccountLimits) private readonly limits?: AccountLimits,
  ) {
    if (!admission || !keys) throw missing('@RequiresSession()', Admission);
    this.admission = admission;
    this.keys = keys;
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request>();
    const [, scheme, accessToken] = AUTHORIZATION.exec(request.headers['authorization'] as string) ?? [];
    if (!scheme || !accessToken) throw new Problem('token_invalid');
    const session = await this.admission.admit(accessToken, {
      deviceId: request.headers['x-device-id'] as string | undefined,
      prove: async () => (/^dpop$/i.test(scheme) ? this.keys.of(request, accessToken) : undefined),
    });
    // counted only after admission: a token of an ended session must not use up the limit of its account. A companion
    // has limits of its own: a hijacked screen must not keep the owner from ending it
    const cost = costOf(context.getHandler());
    if (cost) await this.limits?.take(cost, session.isCompanion ? session.id : session.accountId);
    request[SESSION] = session;
    return true;
  }
}

/** Refuses sessions that began with a scan. It must run after `SessionGuard`. */
class OwnerGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (context.switchToHttp().getRequest<Request>()[SESSION]!.isCompanion) throw new Problem('companion_session');
    return true;
  }
}

/**
 * The route, or every route of the controller, requires a session. Adds the guard and its documentation. Put a guard
 * that needs the session above this decorator, so that it runs after it.
 */
export function RequiresSession(): ClassDecorator & MethodDecorator {
  return applyDecorators(
    Auth('session'),
    UseGuards(SessionGuard),
    UseFilters(ProblemFilter),
    ApiSecurity('session'),
    ApiSecurity('boundSession'),
    ApiDeviceId(),
    ApiProof('A new proof (RFC 9449) for this call, if the session is bound to a key'),
    Problems('token_invalid', 'token_expired', 'session_ended', 'device_mismatch', 'proof_invalid'),
  );
}

/** The same, but a session that began with a scan is refused: only the phone may see or do this. */
export function RequiresOwner(): ClassDecorator & MethodDecorator {
  return applyDecorators(RequiresSession(), UseGuards(OwnerGuard), Problems('companion_session'));
}

/** Controller parameter: the session that the guard admitted. The only source of the caller's identity. */
export const CurrentSession = createParamDecorator((_: unknown, context: ExecutionContext): LiveSession => {
  const session = context.switchToHttp().getRequest<Request>()[SESSION];
  if (!session) throw new Error('CurrentSession stands on a route without RequiresSession');
  return session;
});
