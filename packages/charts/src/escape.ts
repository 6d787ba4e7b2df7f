// Text of others inside markup.

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
