// Gives a copy of a 64-bit Linux program another dynamic linker and a library folder, in place:
// nothing in the file moves, since Node's text does not survive that.

const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT_STRTAB = 5n;
const DT_RPATH = 15n;
const DT_DEBUG = 21n; // for debuggers only: its place is taken
const DT_RUNPATH = 29n; // a linker that sees it ignores DT_RPATH

/** @typedef {{ at: number, type: number, offset: number, address: bigint, size: number }} Segment */

/** @param {Buffer} elf @returns {Segment[]} */
const readSegments = (elf) => {
  const start = Number(elf.readBigUInt64LE(0x20));
  const size = elf.readUInt16LE(0x36);
  return Array.from({ length: elf.readUInt16LE(0x38) }, (_, index) => {
    const at = start + index * size;
    const field = (/** @type {number} */ offset) => elf.readBigUInt64LE(at + offset);
    const [offset, fileSize] = [Number(field(0x08)), Number(field(0x20))];
    return { at, type: elf.readUInt32LE(at), offset, address: field(0x10), size: fileSize };
  });
};

/** @param {Segment[]} segments @param {number} type */
const find = (segments, type) => {
  const segment = segments.find((candidate) => candidate.type === type);
  if (!segment) throw new Error(`patchElf: expected a segment of type ${type}, found none`);
  return segment;
};

/** File offsets of the dynamic entries by tag. @param {Buffer} elf @param {Segment} segment */
const readDynamic = (elf, { offset, size }) => {
  /** @type {Map<bigint, number>} */
  const entries = new Map();
  for (let at = offset; at < offset + size; at += 16) entries.set(elf.readBigInt64LE(at), at);
  return entries;
};

/**
 * @param {Buffer} source a dynamically linked x86-64 program
 * @param {{ linker: string, libraries: string }} paths absolute path of the linker; folder of
 * libraries, at most 27 characters ($ORIGIN: the program's own folder)
 * @returns {Buffer}
 */
export const patchElf = (source, { linker, libraries }) => {
  const elf = Buffer.concat([source, Buffer.from(`${linker}\0`)]);
  if (elf.readUInt32BE(0) !== 0x7f454c46 || elf[4] !== 2 || elf.readUInt16LE(0x12) !== 62) {
    throw new Error('patchElf: expected an x86-64 ELF program');
  }
  const segments = readSegments(elf);
  const interpreter = find(segments, PT_INTERP);
  if (libraries.length >= interpreter.size) throw new Error('patchElf: library folder too long');

  // The kernel reads the linker's path by file offset: from the end, now.
  elf.writeBigUInt64LE(BigInt(source.length), interpreter.at + 0x08);
  elf.writeBigUInt64LE(BigInt(linker.length + 1), interpreter.at + 0x20);
  // Where the path was, in mapped memory, is room for the library folder.
  elf.fill(0, interpreter.offset, interpreter.offset + interpreter.size);
  elf.write(libraries, interpreter.offset, 'latin1');

  const dynamic = readDynamic(elf, find(segments, PT_DYNAMIC));
  const strings = dynamic.get(DT_STRTAB);
  const free = dynamic.get(DT_RUNPATH) ?? dynamic.get(DT_RPATH) ?? dynamic.get(DT_DEBUG);
  if (strings === undefined || free === undefined) {
    throw new Error('patchElf: expected DT_STRTAB and DT_DEBUG in the dynamic section');
  }
  // Counted from the string table, which comes later: it wraps, as the linker's own sum does.
  const distance = interpreter.address - elf.readBigUInt64LE(strings + 8);
  elf.writeBigInt64LE(DT_RPATH, free);
  elf.writeBigUInt64LE(BigInt.asUintN(64, distance), free + 8);
  return elf;
};
