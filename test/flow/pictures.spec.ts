import { crc32, inflateSync } from 'node:zlib';
import { decodeQR } from 'qr/decode.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Screen } from '../support/actors.js';
import { type RunningApp, startApp } from '../support/app.js';

let server: RunningApp;
beforeAll(async () => {
  server = await startApp();
});
afterAll(() => server.close());

async function openedScreen(): Promise<Screen> {
  const screen = new Screen(server.url);
  await screen.open();
  return screen;
}

async function pictureOf({ uuid }: Screen, kind: 'png' | 'svg') {
  const response = await fetch(`${server.url}/v1/tickets/${uuid}/qr.${kind}`);
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    bytes: Buffer.from(await response.arrayBuffer()),
  };
}

/** The chunks of a PNG by type, with their checksums verified. */
function chunksOf(png: Buffer): Record<string, Buffer> {
  expect(png.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
  const chunks: Record<string, Buffer> = {};
  for (let at = 8; at < png.length;) {
    const end = at + 8 + png.readUInt32BE(at);
    chunks[png.toString('latin1', at + 4, at + 8)] = png.subarray(at + 8, end);
    expect(png.readUInt32BE(end)).toBe(crc32(png.subarray(at + 4, end)));
    at = end + 4;
  }
  return chunks;
}

/** A PNG with one bit per pixel, as input for a QR decoder. */
function pixelsOf(png: Buffer) {
  const { IHDR, IDAT } = chunksOf(png);
  const [width, height] = [IHDR!.readUInt32BE(0), IHDR!.readUInt32BE(4)];
  expect([...IHDR!.subarray(8)], 'one bit, greyscale, not interlaced').toEqual([1, 0, 0, 0, 0]);
  const lines = inflateSync(IDAT!);
  const data = new Uint8ClampedArray(4 * width * height).fill(255);
  const bytesALine = 1 + width / 8;
  expect(lines).toHaveLength(bytesALine * height);
  for (let y = 0; y < height; y += 1) {
    expect(lines[y * bytesALine], 'no filter').toBe(0);
    for (let x = 0; x < width; x += 1) {
      const bit = (lines[y * bytesALine + 1 + (x >> 3)]! >> (7 - (x & 7))) & 1;
      data.fill(bit * 255, 4 * (y * width + x), 4 * (y * width + x) + 3);
    }
  }
  return { width, height, data };
}

describe('the picture of a code', () => {
  it("is a PNG that encodes the ticket's URL", async () => {
    const screen = await openedScreen();
    const { status, type, bytes } = await pictureOf(screen, 'png');
    expect({ status, type }).toEqual({ status: 200, type: 'image/png' });
    const pixels = pixelsOf(bytes);
    expect(pixels.width).toBeGreaterThanOrEqual(200);
    expect(decodeQR(pixels)).toBe(screen.qrUrl);
  });

  it('is also an SVG', async () => {
    const { status, type, bytes } = await pictureOf(await openedScreen(), 'svg');
    expect({ status, type }).toEqual({ status: 200, type: 'image/svg+xml' });
    expect(bytes.toString()).toMatch(/^<svg .*<path stroke="#000000"/s);
  });

  it('is the same for every request, also for concurrent ones', async () => {
    const screen = await openedScreen();
    const pictures = await Promise.all(Array.from({ length: 20 }, () => pictureOf(screen, 'png')));
    for (const { bytes } of pictures) expect(bytes).toEqual(pictures[0]!.bytes);
    const other = await pictureOf(await openedScreen(), 'png');
    expect(other.bytes).not.toEqual(pictures[0]!.bytes);
  });

  it('is gone with its ticket, even right after it was shown', async () => {
    const screen = await openedScreen();
    for (const kind of ['png', 'svg'] as const) expect((await pictureOf(screen, kind)).status).toBe(200);
    await screen.cancel();
    for (const kind of ['png', 'svg'] as const) expect((await pictureOf(screen, kind)).status).toBe(404);
  });

  it('is drawn for many new tickets at once, and requests that would wait too long are refused at once', async () => {
    const screens = await Promise.all(Array.from({ length: 300 }, openedScreen));
    const pictures = await Promise.all(screens.map((screen) => pictureOf(screen, 'png')));
    const statuses = pictures.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(150);
    for (const status of statuses) expect([200, 503]).toContain(status);
  });
});
