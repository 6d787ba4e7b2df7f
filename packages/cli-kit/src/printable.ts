// Text of unknown origin for a terminal.

/** Control characters, which a terminal would obey, are shown as `\x1b`; newlines and tabs stay. */
export const toPrintable = (text: string): string =>
  text.replace(/\p{Cc}/gu, (char) =>
    char === '\n' || char === '\t'
      ? char
      : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
