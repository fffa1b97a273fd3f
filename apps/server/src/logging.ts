import type { LoggerService } from '@nestjs/common';
import pino, { type Logger as Pino } from 'pino';
import pretty from 'pino-pretty';

/** What is logged of an error. Query parameters, which pg and TypeORM attach to their errors, are left out. */
function errorForLog(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    message: error.message,
    code,
    stack: error.stack,
    cause: error.cause === undefined ? undefined : errorForLog(error.cause),
  };
}

/** Logs JSON lines, or readable lines on a terminal. */
export function makeLogger(level: string, output: NodeJS.WriteStream = process.stdout): Pino {
  const options = { level, base: null, serializers: { err: errorForLog } };
  if (!output.isTTY) return pino(options, output);
  return pino(options, pretty({ colorize: true, sync: true, ignore: 'pid,hostname,context', destination: 1 }));
}

/** Contexts in which Nest logs its own start-up. They are logged at debug. */
const FRAMEWORK = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication']);

/** Sends the output of Nest's loggers, including the libs', to pino. Events are objects, the rest is text. */
export function nestLogger(pinoLogger: Pino): LoggerService {
  const write = (level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace') => {
    return (message: unknown, ...more: unknown[]) => {
      const context = more.findLast((part) => typeof part === 'string');
      const fields = typeof message === 'object' && message !== null ? message : { msg: String(message) };
      const as = level === 'info' && FRAMEWORK.has(context ?? '') ? 'debug' : level;
      pinoLogger[as]({ context, ...fields });
    };
  };
  return {
    log: write('info'),
    fatal: write('fatal'),
    error: write('error'),
    warn: write('warn'),
    debug: write('debug'),
    verbose: write('trace'),
  };
}
