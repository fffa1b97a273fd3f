import { unwatchFile, watchFile } from 'node:fs';
import { ConfigurationError } from '@scan-login/nest/common';
import { Places } from '@scan-login/nest/device-auth';
import { Logger, type OnModuleDestroy } from '@nestjs/common';
import { type CityResponse, open, type Reader } from 'maxmind';
import { reasonOf } from '../reason-of.js';

type Database = Reader<CityResponse>;

/** How often to look whether the file was replaced, in milliseconds. */
const LOOK_EVERY = 2_000;

/**
 * Places from a database file in MaxMind's format. When the file is replaced, the new one is used, but one that cannot be
 * read is not: then the places are those of the last one that could be.
 */
export class GeoipPlaces extends Places implements OnModuleDestroy {
  private readonly log = new Logger(GeoipPlaces.name);
  // the library can watch the file too, but a file that it cannot read would end the process
  private readonly reload = () => void this.replace();

  private constructor(
    private readonly file: string,
    private database: Database,
  ) {
    super();
    watchFile(file, { persistent: false, interval: LOOK_EVERY }, this.reload);
  }

  /** @throws ConfigurationError if the file cannot be read, or is no database of places */
  static async in(file: string): Promise<GeoipPlaces> {
    return new GeoipPlaces(file, await openDatabase(file));
  }

  override of(ip: string): string | null {
    try {
      const { city, country } = this.database.get(ip) ?? {};
      return [city, country].flatMap((each) => each?.names.en ?? []).join(', ') || null;
    } catch {
      // a damaged record, or an address for which the database has no tree: a hint must not stop a login
      return null;
    }
  }

  onModuleDestroy(): void {
    unwatchFile(this.file, this.reload);
  }

  private async replace(): Promise<void> {
    try {
      this.database = await openDatabase(this.file);
      this.log.log({ event: 'places.replaced', madeAt: this.database.metadata.buildEpoch });
    } catch (error) {
      this.log.warn({ event: 'places.unreadable', msg: reasonOf(error) });
    }
  }
}

/** @throws ConfigurationError */
export async function openDatabase(file: string): Promise<Database> {
  const database = await open<CityResponse>(file).catch((error: unknown) => {
    throw unusable(
      error instanceof Error && 'code' in error
        ? `${file} cannot be read: ${reasonOf(error)}`
        : `${file} is not a database in MaxMind's format, or is incomplete`,
    );
  });
  const { databaseType } = database.metadata;
  if (/city|country|enterprise/i.test(databaseType)) return database;
  throw unusable(`${file} is a database without cities and countries (${databaseType})`);
}

function unusable(reason: string): ConfigurationError {
  return new ConfigurationError([{ name: 'GEOIP_DATABASE', reason }]);
}
