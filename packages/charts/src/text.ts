// Text of charts and pages: numbers in words, markup made safe, room for letters.

/** Powers of two as the field writes lengths: 512, 1k, 64k, 1M (k = 1024). */
export function formatPowerOfTwo(value: number): string {
  if (value >= 1 << 20 && value % (1 << 20) === 0) return `${value / (1 << 20)}M`;
  if (value >= 1024 && value % 1024 === 0) return `${value / 1024}k`;
  return formatNumber(value);
}

/** Three significant digits at most; no exponent between 1e-4 and 1e6. */
export function formatNumber(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e6)
    return value.toExponential(size === 10 ** Math.round(Math.log10(size)) ? 0 : 1);
  if (size >= 1000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Safe as text and inside a quoted attribute, in HTML and in XML; control characters, which XML refuses, become U+FFFD. */
export function escapeText(text: string): string {
  return [...text].map((char) => ENTITIES[char] ?? (isForbidden(char) ? '\ufffd' : char)).join('');
}

function isForbidden(char: string): boolean {
  const code = char.codePointAt(0) as number;
  const isControl = code < 0x20 && char !== '\n' && char !== '\t' && char !== '\r';
  return isControl || (code >= 0xd800 && code <= 0xdfff) || code === 0xfffe || code === 0xffff;
}

/** Widths in pixels of system-ui text: near enough to leave room for it. */
export const textWidth = (text: string, fontSize: number): number => text.length * fontSize * 0.56;

/** Breaks at spaces so that no line is wider than `width` pixels. */
export function wrapText(text: string, width: number, fontSize: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && textWidth(longer, fontSize) > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return line === '' ? lines : [...lines, line];
}
