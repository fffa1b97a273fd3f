import { Problem } from '#libs/common';
import { Injectable, type PipeTransform } from '@nestjs/common';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The ticket's name from the path. One that cannot be a ticket's is answered as one that is not. */
@Injectable()
export class TicketUuidPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    const uuid = value.toLowerCase();
    if (!UUID.test(uuid)) throw new Problem('ticket_not_found');
    return uuid;
  }
}
