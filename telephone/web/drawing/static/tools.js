// From points to marks. A mark is plain data: what is kept in the browser and drawn again after a reload.
//   {kind: "stroke", points: [[x, y, pressure]…], size, colour, pressed}   pressed: the pressure was measured
//   {kind: "line" | "rectangle" | "ellipse", from: [x, y], to: [x, y], size, colour}
//   {kind: "fill", at: [x, y], colour}
//   {kind: "clear"}

export const PAPER = "#ffffff";
export const SIZES = Object.freeze([4, 8, 16, 32, 64]);
const STEP = Math.PI / 4;

const round = (value) => Math.round(value * 10) / 10;
const stroke = (point, { size, colour }) => ({
  kind: "stroke",
  points: [[round(point.x), round(point.y), round3(point.pressure)]],
  size,
  colour,
  pressed: point.pressed,
});
const shape = (kind) => (point, { size, colour }) => {
  const at = [round(point.x), round(point.y)];
  return { kind, from: at, to: at, size, colour };
};
const round3 = (value) => Math.round(value * 1000) / 1000;

/** How each tool's mark begins, by the tool's name. */
const BEGIN = {
  pen: stroke,
  eraser: (point, { size }) => stroke(point, { size, colour: PAPER }),
  fill: (point, { colour }) => ({ kind: "fill", at: [Math.floor(point.x), Math.floor(point.y)], colour }),
  line: shape("line"),
  rectangle: shape("rectangle"),
  ellipse: shape("ellipse"),
};

/** The mark that a tool begins at {x, y, pressure, pressed} with {size, colour}; null for a tool that leaves none. */
export function begin(tool, point, style) {
  return BEGIN[tool]?.(point, style) ?? null;
}

/** The mark led on to a point; `even` keeps shapes square and lines at eighths of a turn. */
export function lead(mark, point, even = false) {
  if (mark.kind === "stroke") {
    const next = [round(point.x), round(point.y), round3(point.pressure)];
    const last = mark.points.at(-1);
    if (next[0] === last[0] && next[1] === last[1]) return mark;
    mark.points.push(next);
    return mark;
  }
  if (!mark.from) return mark;
  const to = even ? EVEN[mark.kind](mark.from, point) : point;
  return { ...mark, to: [round(to.x), round(to.y)] };
}

const square = ([x, y], to) => {
  const side = Math.max(Math.abs(to.x - x), Math.abs(to.y - y));
  return { x: x + side * Math.sign(to.x - x || 1), y: y + side * Math.sign(to.y - y || 1) };
};
const EVEN = {
  rectangle: square,
  ellipse: square,
  line: ([x, y], to) => {
    const turn = Math.round(Math.atan2(to.y - y, to.x - x) / STEP) * STEP;
    const length = Math.hypot(to.x - x, to.y - y);
    return { x: x + Math.cos(turn) * length, y: y + Math.sin(turn) * length };
  },
};

/** The size next to another: `by` is 1 for thicker, -1 for thinner. */
export function sizeBeside(size, by) {
  return SIZES[Math.min(SIZES.length - 1, Math.max(0, SIZES.indexOf(size) + by))];
}
