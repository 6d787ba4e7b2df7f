/**
 * What makes Node and all its children load `calm-dawn.mjs`.
 * @param {NodeJS.ProcessEnv} [env] @returns {{ NODE_OPTIONS: string }}
 */
export const calmDawnEnv = ({ NODE_OPTIONS = '' } = process.env) => {
  const option = `--import=${new URL('calm-dawn.mjs', import.meta.url).href}`;
  return {
    NODE_OPTIONS: NODE_OPTIONS.includes(option) ? NODE_OPTIONS : `${NODE_OPTIONS} ${option}`.trim(),
  };
};
