import { describe, expect, test } from 'vitest';
import { checkNode, isNodeNewEnough } from './node-version.mjs';
import { root, userFolder } from './paths.mjs';

describe('Node version', () => {
  test.each([
    ['v20.11.0', true],
    ['v20.10.9', false],
    ['v22.0.0', true],
    ['v18.20.4', false],
    ['v20.11.0-nightly', true],
  ])('%s is new enough: %s', (version, expected) => {
    expect(isNodeNewEnough(version, '20.11.0')).toBe(expected);
  });

  test('the message names what is needed and what is there', () => {
    expect(checkNode('start', 'v18.20.4')).toMatchInlineSnapshot(
      `"vulpes: needs Node 20.11.0 or newer, this is v18.20.4. Install the current LTS of Node.js."`,
    );
    expect(checkNode('test', 'v20.12.0')).toContain('needs Node 20.19.0');
    expect(checkNode('start', 'v20.12.0')).toBeNull();
  });
});

describe('userFolder', () => {
  test('is where the user called npm', () => {
    const env = { npm_lifecycle_event: 'verify', INIT_CWD: '/home/me' };
    expect(userFolder(env, root)).toBe('/home/me');
  });

  test('ignores an INIT_CWD left over from an npm further out', () => {
    const env = { npm_lifecycle_event: 'other', INIT_CWD: '/home/me' };
    expect(userFolder(env, '/tmp')).toBe('/tmp');
    expect(userFolder({ INIT_CWD: '/home/me' }, root)).toBe(root);
  });
});
