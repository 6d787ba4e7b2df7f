// Why a process failed, from what it printed.

/** The line that tells why: the last that names an error, else the last one. */
export function errorLine(printed: string): string {
  const lines = printed.split('\n').filter((line) => line.trim() !== '');
  const named = lines.filter((line) => /(Error|error|fatal)\b.*[:\s]\S/.test(line));
  return (named.at(-1) ?? lines.at(-1) ?? 'it printed nothing').trim();
}
