// Flood filling of pixels: `image` is {data, width, height} with four bytes a pixel, as ImageData has it.

const NEAR = 48; // how far a channel may be from the first pixel's, so that the soft edge of a line is filled too

/** Fills the area of one colour around a pixel, and the soft edge around it. Says whether anything changed. */
export function fill(image, x, y, [red, green, blue]) {
  const { data, width, height } = image;
  if (!(x >= 0 && y >= 0 && x < width && y < height)) return false;
  const first = (y * width + x) * 4;
  const from = [data[first], data[first + 1], data[first + 2]];
  if (from[0] === red && from[1] === green && from[2] === blue) return false;
  const area = areaOf(data, width, height, x, y, from);
  const pixels = new Uint32Array(data.buffer, data.byteOffset, area.length);
  const [paint] = new Uint32Array(Uint8Array.of(red, green, blue, 255).buffer);
  for (let at = 0; at < area.length; at++) {
    if (area[at] || touches(area, at, width)) pixels[at] = paint;
  }
  return true;
}

/** One byte a pixel: 1 where it belongs to the area. Fills whole rows at a time. */
function areaOf(data, width, height, x, y, from) {
  const area = new Uint8Array(width * height);
  const [red, green, blue] = from;
  const belongs = (at) =>
    !area[at] &&
    Math.abs(data[at * 4] - red) <= NEAR &&
    Math.abs(data[at * 4 + 1] - green) <= NEAR &&
    Math.abs(data[at * 4 + 2] - blue) <= NEAR;
  const seeds = [y * width + x];
  while (seeds.length) {
    const seed = seeds.pop();
    if (!belongs(seed)) continue;
    const row = seed - (seed % width);
    let left = seed;
    let right = seed;
    while (left > row && belongs(left - 1)) left--;
    while (right < row + width - 1 && belongs(right + 1)) right++;
    for (let at = left; at <= right; at++) area[at] = 1;
    for (const step of [-width, width]) {
      if (row + step < 0 || row + step >= area.length) continue;
      let was = false;
      for (let at = left; at <= right; at++) {
        const is = belongs(at + step);
        if (is && !was) seeds.push(at + step);
        was = is;
      }
    }
  }
  return area;
}

/** Whether one of a pixel's four neighbours belongs to the area. */
function touches(area, at, width) {
  return (
    area[at - width] === 1 ||
    area[at + width] === 1 ||
    (area[at - 1] === 1 && at % width > 0) ||
    (area[at + 1] === 1 && at % width < width - 1)
  );
}
