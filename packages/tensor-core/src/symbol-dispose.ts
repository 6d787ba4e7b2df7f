// `using` needs Symbol.dispose, which some browsers lack; import this before a class that names it.

const symbols = Symbol as { dispose?: symbol };
symbols.dispose ??= Symbol.for('Symbol.dispose');

export {};
