import { Problems } from '@scan-login/nest/common';
import type { Proof } from '@scan-login/nest/token';
import {
  applyDecorators,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  type PipeTransform,
} from '@nestjs/common';
import { ApiProof } from './api-headers.js';
import { ProvenKeys, type ProvenRequest } from './proven-keys.js';

/** For a call that asks for tokens: with a proof the tokens are bound to its key, without one they are not. */
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

/** Documents that the route takes a proof and binds the tokens to its key. */
export function MayProveKey(): MethodDecorator {
  return applyDecorators(
    ApiProof('A proof (RFC 9449) of the key that the tokens are, or will be, bound to'),
    Problems('proof_invalid'),
  );
}

/** Controller parameter: the proof of the key that the tokens will be bound to, if the client sent one. */
export const ProvenKey = () => Presented(ProofPipe);
