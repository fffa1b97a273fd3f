import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const BITS_A_PIXEL = 1;
/** Each line holds its pixels, not their difference from the line above. */
const UNFILTERED = 0;

/**
 * A square picture in black and white.
 * @param side in modules
 * @param scale pixels of a module; eight make each module one whole byte of a line
 * @returns a PNG of one bit a pixel
 * @see PNG (Third Edition) §5, §11.2
 */
export function pngOfBits(side: number, scale: 8, isDark: (x: number, y: number) => boolean): Buffer {
  const line = Buffer.alloc(1 + side);
  const lines: Buffer[] = [];
  line[0] = UNFILTERED;
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) line[1 + x] = isDark(x, y) ? 0x00 : 0xff;
    const written = Buffer.from(line);
    for (let times = 0; times < scale; times += 1) lines.push(written);
  }
  // width, height, bits, greyscale, deflate, adaptive filters, not interlaced
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side * scale, 0);
  header.writeUInt32BE(side * scale, 4);
  header[8] = BITS_A_PIXEL;
  const pixels = deflateSync(Buffer.concat(lines), { level: 1 });
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

/** Length, type, content, and a checksum of the latter two. */
function chunk(type: string, content: Buffer): Buffer {
  const whole = Buffer.alloc(12 + content.length);
  whole.writeUInt32BE(content.length, 0);
  whole.write(type, 4, 'latin1');
  content.copy(whole, 8);
  whole.writeUInt32BE(crc32(whole.subarray(4, 8 + content.length)), 8 + content.length);
  return whole;
}
