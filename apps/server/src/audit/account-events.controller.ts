import { rows } from '#libs/common';
import { CurrentSession, type LiveSession, RequiresOwner } from '#libs/device-auth';
import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { AuditWriter } from './audit-writer.js';

const SHOWN = 100;

const AccountEvents = z
  .object({
    events: z.array(
      z.object({
        event: z.string().meta({ examples: ['ticket.confirmed'] }),
        at: z.iso.datetime(),
        ip: z.string().nullable(),
        sessionId: z.uuid().nullable(),
        detail: z.record(z.string(), z.union([z.string(), z.number()])).nullable(),
      }),
    ),
  })
  .meta({ id: 'AccountEvents' });

type AccountEvent = z.infer<typeof AccountEvents>['events'][number];
type Row = Omit<AccountEvent, 'at'> & { at: Date };

/** People see what happened on their account: the first to notice that it was not them. */
@ApiTags('accounts')
@Controller('v1/account/events')
export class AccountEventsController {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly writer: AuditWriter,
  ) {}

  @Get()
  @RequiresOwner()
  @ApiOperation({ summary: 'What happened on the account', description: `The last ${SHOWN} events, the newest first.` })
  @ApiOkResponse({ description: 'The events', standardSchema: AccountEvents })
  async accountEvents(@CurrentSession() { accountId }: LiveSession): Promise<z.infer<typeof AccountEvents>> {
    // what the caller has just done should be there
    await this.writer.flush();
    const found = await rows<Row>(
      this.db,
      `SELECT event, at, ip, session_id AS "sessionId", detail FROM audit_events
       WHERE account_id = $1 ORDER BY id DESC LIMIT ${SHOWN}`,
      [accountId],
    );
    return { events: found.map(viewOf) };
  }
}

function viewOf({ event, at, ip, sessionId, detail }: Row): AccountEvent {
  return { event, at: at.toISOString(), ip, sessionId, detail };
}
