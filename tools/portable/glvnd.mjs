// libglvnd (libGL, libEGL and what they load): NVIDIA's Vulkan driver links to it, and a bare container has none.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** By soname, with the Debian package that has it: libglvnd, then the X client libraries that it and NVIDIA's driver load. */
const LIBRARIES = {
  'libGLdispatch.so.0': 'libglvnd0',
  'libGL.so.1': 'libgl1',
  'libEGL.so.1': 'libegl1',
  'libGLX.so.0': 'libglx0',
  'libOpenGL.so.0': 'libopengl0',
  'libGLESv2.so.2': 'libgles2',
  'libX11.so.6': 'libx11-6',
  'libXext.so.6': 'libxext6',
  'libxcb.so.1': 'libxcb1',
  'libXau.so.6': 'libxau6',
  'libXdmcp.so.6': 'libxdmcp6',
  'libbsd.so.0': 'libbsd0',
  'libmd.so.0': 'libmd0',
};

export const GL_PACKAGES = Object.values(LIBRARIES);

const FOLDERS = ['usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu', 'usr/lib64', 'lib64'];

/** @param {string} root @param {string} soname */
const findIn = (root, soname) =>
  FOLDERS.map((folder) => join(root, folder, soname)).find((file) => existsSync(file));

/** Debian's packages, unpacked beside the system. @param {string} folder @param {readonly string[]} names */
const unpackPackages = async (folder, names) => {
  const fetchAll = () => run('apt-get', ['download', ...names], { cwd: folder });
  await fetchAll().catch(async () => {
    await run('apt-get', ['update']);
    await fetchAll();
  });
  for (const file of await readdir(folder)) {
    if (file.endsWith('.deb')) await run('dpkg', ['-x', join(folder, file), folder]);
  }
};

/**
 * Copies the libraries into `target`: this system's, else from Debian's packages.
 * @param {string} target @throws Error where neither has them
 */
export const copyGlvnd = async (target) => {
  await mkdir(target, { recursive: true });
  const sonames = Object.keys(LIBRARIES);
  const missing = sonames.filter((soname) => !findIn('/', soname));
  const unpacked = await mkdtemp(join(tmpdir(), 'vulpes-glvnd-'));
  try {
    const packages = Object.entries(LIBRARIES)
      .filter(([soname]) => missing.includes(soname))
      .map(([, name]) => name);
    if (packages.length > 0) await unpackPackages(unpacked, packages);
    for (const soname of sonames) {
      const file = findIn('/', soname) ?? findIn(unpacked, soname);
      if (!file) throw new Error(`no ${soname}`);
      await copyFile(file, join(target, basename(soname)));
    }
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `portable: expected libglvnd and libX11 on this machine or in Debian's packages, got: ${what}. Install libgl1, libegl1, libopengl0, libgles2 and libxext6.`,
      { cause },
    );
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
};
