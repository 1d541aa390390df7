// Where the paper lies on the stage. A view is {scale, x, y}: a point of the paper times scale, plus (x, y), is where
// it is seen, in CSS pixels from the stage's corner. A stage is {width, height}. Nothing here is changed in place.

export const SIDE = 1024; // pixels of the paper, both ways
export const CLOSEST = 8; // times the size at which the whole paper fits

/** The whole paper in the middle of the stage. */
export function whole(stage) {
  const scale = Math.min(stage.width, stage.height) / SIDE;
  return { scale, x: (stage.width - SIDE * scale) / 2, y: (stage.height - SIDE * scale) / 2 };
}

/** The point of the paper that is seen at a point of the stage. */
export function toPaper(view, { x, y }) {
  return { x: (x - view.x) / view.scale, y: (y - view.y) / view.scale };
}

/** Where a point of the paper is seen on the stage. */
export function toStage(view, { x, y }) {
  return { x: x * view.scale + view.x, y: y * view.scale + view.y };
}

/** `factor` times as close, with what is seen at `at` staying there. */
export function zoomed(view, at, factor, stage) {
  const least = whole(stage).scale;
  const scale = Math.min(Math.max(view.scale * factor, least), least * CLOSEST);
  const ratio = scale / view.scale;
  return held({ scale, x: at.x - (at.x - view.x) * ratio, y: at.y - (at.y - view.y) * ratio }, stage);
}

/** Moved along, as far as the paper reaches. */
export function moved(view, dx, dy, stage) {
  return held({ scale: view.scale, x: view.x + dx, y: view.y + dy }, stage);
}

/** What two fingers that went from `before` to `after` (two points each) make of it. */
export function pinched(view, before, after, stage) {
  const [from, to] = [middle(before), middle(after)];
  const spread = apart(before);
  const closer = zoomed(view, from, spread > 0 ? apart(after) / spread : 1, stage);
  return moved(closer, to.x - from.x, to.y - from.y, stage);
}

/** Brings the paper back where it covers the stage, or into its middle where it is smaller. */
export function held(view, stage) {
  const size = SIDE * view.scale;
  const along = (at, room) => (size <= room ? (room - size) / 2 : Math.min(0, Math.max(room - size, at)));
  return { scale: view.scale, x: along(view.x, stage.width), y: along(view.y, stage.height) };
}

/** The same middle and closeness on a stage that has another size now. */
export function resized(view, before, after) {
  const closeness = view.scale / whole(before).scale;
  const centre = toPaper(view, { x: before.width / 2, y: before.height / 2 });
  const scale = whole(after).scale * closeness;
  return held({ scale, x: after.width / 2 - centre.x * scale, y: after.height / 2 - centre.y * scale }, after);
}

const middle = ([one, other]) => ({ x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 });
const apart = ([one, other]) => Math.hypot(one.x - other.x, one.y - other.y);
