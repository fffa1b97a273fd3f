import type { ServerResponse } from 'node:http';

/**
 * Calls back once, when a response was sent or its caller is gone.
 *
 * The response tells, and not the request, which is closed as soon as it was read. But while a response waits behind
 * another one on the same connection (pipelining) it has no socket, and Node does not close it together with that.
 */
export function whenClosed(response: ServerResponse, then: () => void): void {
  const { socket } = response.req;
  if (response.destroyed || socket.destroyed) then();
  else if (response.socket) response.on('close', then);
  else {
    const close = () => {
      response.off('close', close);
      socket.off('close', close);
      then();
    };
    response.on('close', close);
    socket.on('close', close);
  }
}
