import { batchedRows, poolOf, rows, sql, transaction } from '@scan-login/nest/common';
import pino from 'pino';
import { firstValueFrom, Subject } from 'rxjs';
import { DataSource } from 'typeorm';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dataSourceOptions } from '../../apps/server/src/database/data-source-options.js';
import { openDataSource } from '../../apps/server/src/database/data-source.js';
import { createDatabase, query } from '../support/database.js';

// How statements are sent: small reads of one turn together, and COMMIT with the last statement of its transaction.

const log = pino({ level: 'silent' });
let url: string;
let db: DataSource;

beforeAll(async () => {
  url = await createDatabase();
  await query(url, 'CREATE TABLE kept (id int PRIMARY KEY)');
});
beforeEach(async () => {
  db = await openDataSource(url, { pool: 4 }, log);
  return () => db.destroy();
});

type Who = { pid: number; asked: number };
const whoOf = (asked: number) => sql`SELECT pg_backend_pid() AS pid, ${asked}::int AS asked`;
const who = (asked: number) => batchedRows<Who>(db, 'numbers', whoOf(asked));
const kept = async () => (await query(url, 'SELECT id FROM kept ORDER BY id')).map(({ id }) => id);

describe('small reads of one turn', () => {
  it('go over one connection, and each gets its own result', async () => {
    const answers = (await Promise.all(Array.from({ length: 50 }, (_, asked) => who(asked)))).flat();
    expect(answers.map(({ asked }) => asked)).toEqual(Array.from({ length: 50 }, (_, asked) => asked));
    expect(new Set(answers.map(({ pid }) => pid)).size).toBe(1);
    expect(poolOf(db).totalCount).toBe(1);
  });

  it('do not fail with the one among them that does', async () => {
    const [before, failed, after] = await Promise.allSettled([
      who(1),
      batchedRows(db, 'numbers', sql`SELECT 1 / ${0}::int`),
      who(3),
    ]);
    expect(failed).toMatchObject({ status: 'rejected', reason: { code: '22012' } });
    expect([before, after]).toMatchObject([{ status: 'fulfilled' }, { status: 'fulfilled' }]);
  });

  it('wait for a locked table only with those on the same table', async () => {
    let waiting: Promise<unknown[]> | undefined;
    let isAnswered = false;
    await transaction(db, async (tx) => {
      await rows(tx, sql`LOCK TABLE kept`);
      waiting = batchedRows(db, 'kept', sql`SELECT id FROM kept WHERE id = ${1}`).finally(() => (isAnswered = true));
      expect(await who(1)).toMatchObject([{ asked: 1 }]);
      expect(isAnswered).toBe(false);
    });
    expect(await waiting).toEqual([]);
  });

  it('all fail when their connection breaks, and the next ones get another', async () => {
    const [first] = await who(0);
    const { pid } = first!;
    const asked = Promise.allSettled([batchedRows(db, 'numbers', sql`SELECT pg_sleep(20)`), who(1), who(2)]);
    await expect
      .poll(() => query(url, `SELECT state FROM pg_stat_activity WHERE pid = ${pid}`))
      .toEqual([{ state: 'active' }]);
    await query(url, `SELECT pg_terminate_backend(${pid})`);
    expect((await asked).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(await who(3)).toMatchObject([{ asked: 3 }]);
  });

  it('all fail when no connection is available', async () => {
    const open = await openDataSource(url, { pool: 1 }, log);
    poolOf(open).options.connectionTimeoutMillis = 100;
    await transaction(open, async (tx) => {
      await rows(tx, sql`SELECT 1`);
      const asked = await Promise.allSettled([1, 2].map((each) => batchedRows(open, 'numbers', whoOf(each))));
      expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    });
    expect(await batchedRows(open, 'numbers', whoOf(3))).toMatchObject([{ asked: 3 }]);
    await open.destroy();
  });

  it('are sent one by one where nothing is prepared, for poolers without prepared statements', async () => {
    const open = await openDataSource(url, { prepare: false, pool: 4 }, log);
    const answers = await Promise.all([1, 2, 3].map((each) => batchedRows<Who>(open, 'numbers', whoOf(each))));
    expect(new Set(answers.map(([row]) => row!.pid)).size).toBe(3);
    await open.destroy();
  });
});

describe.each([
  { whose: "the server's", extra: dataSourceOptions('').extra as object },
  { whose: "an embedding application's, which says nothing of pipelines", extra: {} },
])('a transaction that is complete, on a data source that is $whose', ({ extra }) => {
  beforeEach(async () => {
    await query(url, 'DELETE FROM kept');
    await db.destroy();
    db = await new DataSource({ ...dataSourceOptions(url), extra }).initialize();
  });

  it('is committed by the time that it resolves', async () => {
    const [row] = await transaction(db, (tx) =>
      tx.last(() => rows<{ id: number }>(tx, sql`INSERT INTO kept VALUES (${1}) RETURNING id`)),
    );
    expect(row).toEqual({ id: 1 });
    expect(await kept()).toEqual([1]);
  });

  it('writes nothing when one of its statements fails, the last or another', async () => {
    for (const ids of [
      [1, 2, 2],
      [1, 1, 2],
    ]) {
      const writing = transaction(db, (tx) =>
        tx.last(() => Promise.all(ids.map((id) => rows(tx, sql`INSERT INTO kept VALUES (${id})`)))),
      );
      await expect(writing).rejects.toMatchObject({ code: '23505' });
      expect(await kept()).toEqual([]);
    }
    expect(await rows(db, sql`SELECT 1 AS one`)).toEqual([{ one: 1 }]);
  });

  it('takes no further statement', async () => {
    const late = transaction(db, async (tx) => {
      await tx.last(() => rows(tx, sql`INSERT INTO kept VALUES (1)`));
      await rows(tx, sql`INSERT INTO kept VALUES (2)`);
    });
    await expect(late).rejects.toThrow('complete');
    expect(await kept()).not.toContain(2);
  });

  it('takes none after it was rolled back either, when its connection may be in use elsewhere', async () => {
    let late: Promise<unknown> | undefined;
    const refused = transaction(db, async (tx) => {
      await rows(tx, sql`SELECT 1`);
      late = refused.catch(() => rows(tx, sql`INSERT INTO kept VALUES (1)`));
      throw new Error('refused');
    });
    await expect(refused).rejects.toThrow('refused');
    await expect(late).rejects.toThrow('complete');
    expect(await kept()).toEqual([]);
  });
});

describe('transactions', () => {
  it('leave a connection for what is read beside them, however many there are', async () => {
    await Promise.all(
      Array.from({ length: 12 }, () =>
        transaction(db, async (tx) => {
          await rows(tx, sql`SELECT 1`);
          await rows(db, sql`SELECT 2`);
        }),
      ),
    );
    expect(poolOf(db).idleCount).toBe(poolOf(db).totalCount);
  });

  it('whose turn does not come are refused after the time in which they would get a connection', async () => {
    poolOf(db).options.connectionTimeoutMillis = 100;
    const going = new Subject<void>();
    const open = Array.from({ length: 3 }, () =>
      transaction(db, async (tx) => {
        await rows(tx, sql`SELECT 1`);
        await firstValueFrom(going);
      }),
    );
    await expect(transaction(db, (tx) => rows(tx, sql`SELECT 1`))).rejects.toThrow('timeout exceeded');
    going.next();
    await Promise.all(open);
    expect(await transaction(db, (tx) => rows(tx, sql`SELECT 1 AS one`))).toEqual([{ one: 1 }]);
  });
});
