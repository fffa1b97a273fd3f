import { ScanLoginError } from '../error.js';
import { throwIfAborted } from '../http/abort.js';
import { parse, send } from '../http/call.js';
import { wait } from '../http/wait.js';
import type { ByteReader } from '../platform.js';
import type { TicketStatus } from '../wire.js';
import { Poll, type Transport } from './poll.js';
import type { Ticket } from './ticket.js';

const OPEN_MS = 10_000;
/** The server sends something every 15 seconds: a stream that is silent for longer than this is dead. */
const SILENT_MS = 40_000;

type Chunk = Awaited<ReturnType<ByteReader['read']>>;

/** Server-sent events: one stream, which is opened again after it has ended. Without streams it uses long polls. */
export class Events implements Transport {
  private reader?: ByteReader;
  private reading?: Promise<Chunk>;
  private decoder?: { decode(bytes?: Uint8Array, options?: { stream: boolean }): string };
  private text = '';
  private heardAt = 0;
  private fallback?: Poll;

  constructor(private readonly ticket: Ticket) {}

  async ask(known: TicketStatus['status'], heldMs: number, signal: AbortSignal): Promise<TicketStatus> {
    const { clock } = this.ticket.platform;
    const until = clock.now() + (heldMs || OPEN_MS);
    // a stream begins with the present status
    if (heldMs === 0) this.close();
    if (!this.reader && !this.fallback) await this.open(signal);
    if (this.fallback) return this.fallback.ask(known, heldMs, signal);
    for (;;) {
      const status = this.take();
      if (status && (heldMs === 0 || status.status !== known)) return status;
      if (status) continue;
      const now = clock.now();
      if (now - this.heardAt > SILENT_MS) throw this.broken();
      // like the response of a poll at its end
      if (now >= until) return { code: 408, status: known, expiresIn: 0 };
      await this.read(until - now, signal);
    }
  }

  close(): void {
    this.reader?.cancel().catch(() => undefined);
    this.reader = undefined;
    this.reading = undefined;
  }

  private async open(signal: AbortSignal): Promise<void> {
    const { platform } = this.ticket;
    const request = this.ticket.withSecret({ headers: { Accept: 'text/event-stream' }, timeout: OPEN_MS, signal });
    this.reader = await send(platform, this.ticket.at('/events'), request, (response) => {
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
      return isStream ? Promise.resolve(response.body?.getReader()) : Promise.reject(this.broken());
    });
    if (!this.reader) this.fallback = new Poll(this.ticket);
    this.decoder = new TextDecoder();
    this.text = '';
    this.heardAt = platform.clock.now();
  }

  /** Waits for more of the stream, for at most `ms` milliseconds. */
  private async read(ms: number, signal: AbortSignal): Promise<void> {
    this.reading ??= this.reader!.read();
    const waited = new AbortController();
    const late = wait(this.ticket.platform, ms, waited.signal).catch(() => undefined);
    const stop = () => {
      this.close();
      waited.abort();
    };
    signal.addEventListener('abort', stop);
    const chunk = await Promise.race([this.reading, late]).catch((cause: unknown) => {
      throwIfAborted(signal);
      throw this.broken(cause);
    });
    signal.removeEventListener('abort', stop);
    waited.abort();
    throwIfAborted(signal);
    if (!chunk) return;
    this.reading = undefined;
    if (chunk.done) throw this.broken();
    this.heardAt = this.ticket.platform.clock.now();
    this.text += this.decoder!.decode(chunk.value, { stream: true }).replaceAll('\r', '');
  }

  /** The next complete event; comments are skipped. @see https://html.spec.whatwg.org, 9.2.6 */
  private take(): TicketStatus | undefined {
    for (;;) {
      const end = this.text.indexOf('\n\n');
      if (end < 0) return undefined;
      const lines = this.text.slice(0, end).split('\n');
      this.text = this.text.slice(end + 2);
      const data = lines.filter((line) => line.startsWith('data:')).map((line) => line.slice(5));
      if (data.length === 0) continue;
      const status = parse<TicketStatus>(data.join('\n'));
      if (typeof status?.status === 'string') return status as TicketStatus;
    }
  }

  private broken(cause?: unknown): ScanLoginError {
    this.close();
    return new ScanLoginError({ code: 'offline', status: 0 }, { cause });
  }
}
