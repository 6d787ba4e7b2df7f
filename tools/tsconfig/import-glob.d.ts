/** Vite's: the modules whose paths match, by path. */
interface ImportMeta {
  glob<T>(pattern: string, options: { readonly eager: true }): Record<string, T>;
}
