// What a caller can get wrong, the sentence that says so.

import type { Device } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { forgettingAttention } from './forgetting-attention.ts';

const [B, T, H, D] = [1, 12, 2, 16];

const zeros =
  (device: Device) =>
  (shape: number[], dtype: 'f32' | 'f16' | 'i32' = 'f32') =>
    device.zeros(shape, { dtype });

gpuSuite('forgettingAttention arguments', (device) => {
  /** The message of what `call` throws. */
  const messageOf = (call: (make: ReturnType<typeof zeros>) => unknown): string => {
    try {
      device().scope(() => {
        call(zeros(device()));
      });
    } catch (error) {
      return `${(error as Error).name}: ${(error as Error).message}`;
    }
    return 'nothing thrown';
  };

  test('shapes', () => {
    expect(
      messageOf((make) =>
        forgettingAttention(make([B, T, H, D]), make([B, T, H, 32]), make([B, T, H, D]), null),
      ),
    ).toMatchInlineSnapshot(
      `"ShapeError: forgettingAttention: expected k [B, N, Hkv, D] with B=1, D=16, got [1, 12, 2, 32]."`,
    );
    expect(
      messageOf((make) => {
        const x = make([B, T, H, 48]);
        return forgettingAttention(x, x, x, null);
      }),
    ).toMatchInlineSnapshot(
      `"ShapeError: forgettingAttention: expected head dim D to be 16, 32, 64 or 128, got [1, 12, 2, 48]. Choose another number of heads, or pad with zeros and set smScale."`,
    );
    expect(
      messageOf((make) =>
        forgettingAttention(make([B, T, H, D]), make([B, 5, H, D]), make([B, 5, H, D]), null),
      ),
    ).toMatchInlineSnapshot(
      `"ShapeError: forgettingAttention: expected at most as many queries as keys, got M=12 and N=5. Queries stand at the last M key positions."`,
    );
    expect(
      messageOf((make) => {
        const x = make([B, T, H, D]);
        return forgettingAttention(x, x, x, make([B, H, T]));
      }),
    ).toMatchInlineSnapshot(
      `"ShapeError: forgettingAttention: expected logFgate [B, N, H] with B=1, N=12, H=2, got [1, 2, 12]."`,
    );
    expect(
      messageOf((make) => {
        const kv = make([B, T, 4, D]);
        return forgettingAttention(make([B, T, 6, D]), kv, kv, null);
      }),
    ).toMatchInlineSnapshot(
      `"ShapeError: forgettingAttention: expected the heads of q to be a multiple of those of k and v, got H=6 and Hkv=4. Each key head serves H / Hkv query heads."`,
    );
  });

  test('types and options', () => {
    expect(
      messageOf((make) => {
        const x = make([B, T, H, D]);
        return forgettingAttention(x, make([B, T, H, D], 'i32'), x, null);
      }),
    ).toMatchInlineSnapshot(
      `"DTypeError: forgettingAttention: expected k f32, got i32[1, 12, 2, 16]. Cast it before the call."`,
    );
    expect(
      messageOf((make) => {
        const x = make([B, T, H, D]);
        return forgettingAttention(make([B, T, H, D], 'f16'), x, x, null);
      }),
    ).toMatchInlineSnapshot(
      `"DTypeError: forgettingAttention: expected k f16, got f32[1, 12, 2, 16]. Cast it before the call."`,
    );
    expect(
      messageOf((make) => {
        const x = make([B, T, H, D]);
        return forgettingAttention(x, x, x, null, { logitBound: make([H]) });
      }),
    ).toMatchInlineSnapshot(
      `"ShapeError: forgettingAttention: expected logitBound [B, H] with B=1, H=2, got [2]."`,
    );
    expect(
      messageOf((make) => {
        const x = make([B, T, H, D]);
        return forgettingAttention(x, x, x, null, { logLambda: make([B, H, T, 2], 'i32') });
      }),
    ).toMatchInlineSnapshot(
      `"ArgumentError: forgettingAttention: expected logFgate along with logLambda, got null. Pass the gates that logLambda was made of."`,
    );
    expect(
      messageOf((make) => {
        const x = make([B, T, H, D]);
        const ranges = {
          blocks: { blockM: 8, blockN: 8 },
          startIndex: make([B, H, 2], 'i32'),
          endIndex: make([B, H, 3], 'i32'),
        };
        return forgettingAttention(x, x, x, null, { ranges });
      }),
    ).toMatchInlineSnapshot(
      `"ShapeError: forgettingAttention: expected ranges.endIndex [1, 2, 2], got [1, 2, 3]."`,
    );
    expect(
      messageOf((make) => {
        const x = make([B, T, H, D]);
        return forgettingAttention(x, x, x, null, { smScale: Number.NaN });
      }),
    ).toMatchInlineSnapshot(
      `"ArgumentError: forgettingAttention: expected a finite smScale, got NaN. Leave it out for 1/sqrt(D)."`,
    );
  });

  test('what excludes each other', () => {
    const blocks = { blockM: 8, blockN: 8 };
    expect(
      messageOf((make) => {
        const x = make([B, T, H, D]);
        return forgettingAttention(x, x, x, null, {
          visibility: make([B, T, 2], 'i32'),
          windowSize: 4,
        });
      }),
    ).toMatchInlineSnapshot(
      `"ArgumentError: forgettingAttention: expected either visibility or windowSize, got both. Make the visibility of all of them with tokenVisibility."`,
    );
    expect(
      messageOf((make) => {
        const x = make([B, T, H, D]);
        const startIndex = make([B, H, 2], 'i32');
        return forgettingAttention(x, x, x, null, {
          ranges: { blocks, startIndex, endIndex: startIndex },
          stopRule: { blocks, logPruningTolerance: -10, blockBounds: make([B, H, 2, 2]) },
        });
      }),
    ).toMatchInlineSnapshot(
      `"ArgumentError: forgettingAttention: expected either ranges or a stopRule, got both. Choose one way to prune."`,
    );
    expect(
      messageOf((make) => {
        const x = make([B, T, H, D]);
        return forgettingAttention(x, x, x, null, { visibility: make([B, T], 'i32') });
      }),
    ).toMatchInlineSnapshot(
      `"ShapeError: forgettingAttention: expected visibility [B, N, 2] with B=1, N=12, got [1, 12]."`,
    );
  });
});
