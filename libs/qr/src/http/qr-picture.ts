import QRCode from 'qrcode';
import { pngOfBits } from './png.js';

/** Higher levels would make the code larger; with M a seventh of it may be unreadable. */
const LEVEL = { errorCorrectionLevel: 'M' } as const;
/**
 * The full quiet zone. Scanners need it, as they need black on white whatever the colors of the page.
 * @see ISO/IEC 18004 §6.3.8
 */
const MARGIN = 4;
/** Pixels of a module in the PNG. */
const SCALE = 8;

export function svgOf(text: string): Promise<string> {
  const color = { dark: '#000000', light: '#ffffff' };
  return QRCode.toString(text, { ...LEVEL, margin: MARGIN, color, type: 'svg' });
}

/** The library's own PNG takes fifteen times as long: it is drawn in JavaScript with four bytes a pixel. */
export function pngOf(text: string): Buffer {
  const { modules } = QRCode.create(text, LEVEL);
  const isDark = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < modules.size && y < modules.size && modules.get(y, x) === 1;
  const side = modules.size + 2 * MARGIN;
  return pngOfBits(side, SCALE, (x, y) => isDark(x - MARGIN, y - MARGIN));
}
