import { Problems } from '@scan-login/nest/common';
import type { Proof } from '@scan-login/nest/token';
import {
  applyDecorators,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  type PipeTransform,
} from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { ProvenKeys, type ProvenRequest } from './proven-keys.js';

/** Of a caller that asks for tokens: with a proof they are bound to its key, without one they are not. */
@Injectable()
class ProofPipe implements PipeTransform<ProvenRequest, Promise<Proof | undefined>> {
  constructor(private readonly keys: ProvenKeys) {}

  async transform(request: ProvenRequest): Promise<Proof | undefined> {
    return request.headers['dpop'] === undefined ? undefined : this.keys.of(request);
  }
}

const Presented = createParamDecorator((_: unknown, context: ExecutionContext): ProvenRequest =>
  context.switchToHttp().getRequest<ProvenRequest>(),
);

/** The route takes a proof, and binds to its key what it hands out. */
export function MayProveKey(): MethodDecorator {
  return applyDecorators(
    ApiHeader({
      name: 'DPoP',
      required: false,
      description: 'A proof (RFC 9449) of the key that the tokens are, or are to be, bound to',
    }),
    Problems('proof_invalid'),
  );
}

/** As a parameter: the proof of the key that the tokens asked for are to be bound to, if the caller wants that. */
export const ProvenKey = () => Presented(ProofPipe);
