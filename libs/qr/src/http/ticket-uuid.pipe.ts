import { isUuid, Problem } from '@scan-login/nest/common';
import { Injectable, type PipeTransform } from '@nestjs/common';

/** The ticket's name from the path. One that cannot be a ticket's is answered as one that is not. */
@Injectable()
export class TicketUuidPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    const uuid = value.toLowerCase();
    if (!isUuid(uuid)) throw new Problem('ticket_not_found');
    return uuid;
  }
}
