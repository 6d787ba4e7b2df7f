/** A shader imported as its text, by tsup's text loader and by the twin vitest plugin. */
declare module '*.wgsl' {
  const source: string;
  export default source;
}
