/** Variables of a process; `process.env` is one. Spelled out, so that no consumer needs Node's types. */
export type Environment = Readonly<Record<string, string | undefined>>;
