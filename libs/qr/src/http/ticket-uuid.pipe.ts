import { isUuid, Problem } from '@scan-login/nest/common';
import { Injectable, type PipeTransform } from '@nestjs/common';

/** The uuid of the ticket in the path. Text that is not a uuid gets the same response as an unknown uuid. */
@Injectable()
export class TicketUuidPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    const uuid = value.toLowerCase();
    if (!isUuid(uuid)) throw new Problem('ticket_not_found');
    return uuid;
  }
}
