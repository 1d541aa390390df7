// Marks made visible: how each kind is put on a canvas.
import { getStroke } from "./vendor/perfect-freehand.mjs";
import { fill } from "./fill.js";
import { PAPER } from "./tools.js";

/** The outline of a stroke as points around it. A pen's own pressure is kept; a mouse or finger is given some. */
export function outline(mark) {
  return getStroke(mark.points, {
    size: mark.size,
    thinning: mark.colour === PAPER ? 0 : mark.pressed ? 0.6 : 0.3,
    smoothing: 0.5,
    streamline: 0.25,
    simulatePressure: !mark.pressed,
    last: true,
  });
}

/** Red, green and blue of "#rrggbb", 0 to 255. */
export function channels(colour) {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}

function path(points) {
  const shape = new Path2D();
  if (!points.length) return shape;
  const half = (one, other) => [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];
  shape.moveTo(...half(points.at(-1), points[0]));
  points.forEach((point, at) => shape.quadraticCurveTo(...point, ...half(point, points[(at + 1) % points.length])));
  shape.closePath();
  return shape;
}

function edge(context, mark, shape) {
  context.lineWidth = mark.size;
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = mark.colour;
  context.stroke(shape);
}

const PUT = {
  stroke(context, mark) {
    context.fillStyle = mark.colour;
    context.fill(path(outline(mark)));
  },
  line(context, mark) {
    const shape = new Path2D();
    shape.moveTo(...mark.from);
    shape.lineTo(...mark.to);
    edge(context, mark, shape);
  },
  rectangle(context, mark) {
    const shape = new Path2D();
    shape.rect(...mark.from, mark.to[0] - mark.from[0], mark.to[1] - mark.from[1]);
    edge(context, mark, shape);
  },
  ellipse(context, { from, to, ...mark }) {
    const shape = new Path2D();
    const [rx, ry] = [Math.abs(to[0] - from[0]) / 2, Math.abs(to[1] - from[1]) / 2];
    shape.ellipse((from[0] + to[0]) / 2, (from[1] + to[1]) / 2, rx, ry, 0, 0, 2 * Math.PI);
    edge(context, mark, shape);
  },
  fill(context, mark) {
    const { width, height } = context.canvas;
    const image = context.getImageData(0, 0, width, height);
    if (fill(image, ...mark.at, channels(mark.colour))) context.putImageData(image, 0, 0);
  },
  clear(context) {
    context.fillStyle = PAPER;
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  },
};

/** Puts a mark on a canvas's 2D context. */
export function put(context, mark) {
  PUT[mark.kind](context, mark);
}
