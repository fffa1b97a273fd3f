import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

/** Calls back once the caller is gone, or has been answered. */
export type OnHangUp = (then: () => void) => void;

interface NodeResponse {
  destroyed: boolean;
  on(event: 'close', then: () => void): unknown;
}

/**
 * As a parameter: calls back once the caller is gone, or has been answered. The response tells, and not the request:
 * that one is closed as soon as it was read.
 */
export const HangUp = createParamDecorator((_: unknown, context: ExecutionContext): OnHangUp => {
  const response = context.switchToHttp().getResponse<NodeResponse & { raw?: NodeResponse }>();
  const raw = response.raw ?? response;
  return (then) => void (raw.destroyed ? then() : raw.on('close', then));
});
