const NAME = 'scan-login.phone.scans';

/** Tells the other tabs of this phone that one of them scans a ticket, which ends what the others could decide. */
export class Tabs {
  private readonly channel = globalThis.BroadcastChannel && new BroadcastChannel(NAME);

  /** @param onScan called with the uuid that another tab scans */
  constructor(onScan: (uuid: string) => void) {
    this.channel?.addEventListener('message', ({ data }: MessageEvent<unknown>) => onScan(String(data)));
  }

  scan(uuid: string): void {
    this.channel?.postMessage(uuid);
  }

  close(): void {
    this.channel?.close();
  }
}
