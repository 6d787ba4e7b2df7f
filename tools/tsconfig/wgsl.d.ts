/** A shader imported as its text, by tsup's text loader and by the vitest plugin of the same kind. */
declare module '*.wgsl' {
  const source: string;
  export default source;
}
