// One style for every chart: ink and paper follow the reader's light or dark screen; print is always light.

export const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

/** Stands inside each SVG, so that a picture saved alone looks the same as in its page. */
export const CHART_CSS = `
.vulpes-chart{color:#1f2328;background:#fff;font-family:${FONT}}
.vulpes-chart .paper{fill:#fff}
.vulpes-chart .quiet{fill:#59636e}
.vulpes-chart .halo,.vulpes-chart .numbers{stroke:#fff;stroke-width:2.5;paint-order:stroke}
.vulpes-chart .point{stroke:#fff;stroke-width:.8}
@media screen and (prefers-color-scheme:dark){
.vulpes-chart{color:#e6edf3;background:#14181d}
.vulpes-chart .paper{fill:#14181d}
.vulpes-chart .quiet{fill:#9aa4af}
.vulpes-chart .halo,.vulpes-chart .numbers,.vulpes-chart .point{stroke:#14181d}
}`.trim();

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
