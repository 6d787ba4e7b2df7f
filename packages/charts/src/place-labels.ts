// Small labels beside points, in pixels, so that no label covers another, a point, or what else stands there.

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export interface LabelledPoint {
  x: number;
  y: number;
  /** Of its label, in pixels. */
  width: number;
  height: number;
}

/** Middle of a label; the distance to its point tells whether a line has to join them. */
export interface LabelPlace {
  x: number;
  y: number;
  distance: number;
}

const DISTANCES = [10, 13, 17, 22, 28, 36, 46, 58, 72, 90, 112, 140];
const ANGLES = 16;
/** Half the side of the box that a point's mark fills. */
const MARK = 5;

/**
 * Each label in the nearest free place around its point, in their order.
 * @param area - where labels may stand.
 * @param taken - boxes that stay free of labels; those of the points are added.
 * @returns a place each; null where none is free.
 */
export function placeLabels(
  points: readonly LabelledPoint[],
  area: Box,
  taken: readonly Box[],
): (LabelPlace | null)[] {
  const filled = [...taken, ...points.map(({ x, y }) => boxAround(x, y, 2 * MARK, 2 * MARK))];
  return points.map((point) => {
    const free = candidates(point).find((place) => {
      const box = boxAround(place.x, place.y, point.width, point.height);
      return isInside(box, area) && !filled.some((other) => overlap(box, other));
    });
    if (!free) return null;
    filled.push(boxAround(free.x, free.y, point.width, point.height));
    return free;
  });
}

/** Rings around the point, each beginning at the right of it. */
function candidates({ x, y }: LabelledPoint): LabelPlace[] {
  return DISTANCES.flatMap((distance) =>
    Array.from({ length: ANGLES }, (_, i) => {
      const angle = (2 * Math.PI * i) / ANGLES;
      return { x: x + distance * Math.cos(angle), y: y - distance * Math.sin(angle), distance };
    }),
  );
}

export const boxAround = (x: number, y: number, width: number, height: number): Box => ({
  left: x - width / 2,
  top: y - height / 2,
  right: x + width / 2,
  bottom: y + height / 2,
});

export const overlap = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

const isInside = (box: Box, area: Box): boolean =>
  box.left >= area.left &&
  box.right <= area.right &&
  box.top >= area.top &&
  box.bottom <= area.bottom;
