import QRCode from 'qrcode';
import { pngOfBits } from './png.js';

/** Levels above M would make the code larger; with M a seventh of it may be dirty. */
const LEVEL = { errorCorrectionLevel: 'M' } as const;
/**
 * The full quiet zone. Black on white whatever the page's colours: scanners need both.
 * @see ISO/IEC 18004 §6.3.8
 */
const MARGIN = 4;
/** Pixels of a module in the PNG. */
const SCALE = 8;

export function svgOf(text: string): Promise<string> {
  const color = { dark: '#000000', light: '#ffffff' };
  return QRCode.toString(text, { ...LEVEL, margin: MARGIN, color, type: 'svg' });
}

/** By hand: the library's own PNG is drawn in four bytes a pixel, in JavaScript, and takes fifteen times as long. */
export function pngOf(text: string): Buffer {
  const { modules } = QRCode.create(text, LEVEL);
  const isDark = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < modules.size && y < modules.size && modules.get(y, x) === 1;
  const side = modules.size + 2 * MARGIN;
  return pngOfBits(side, SCALE, (x, y) => isDark(x - MARGIN, y - MARGIN));
}
