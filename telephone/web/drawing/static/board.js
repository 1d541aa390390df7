// The stage with the paper on it: the mark that is being drawn, and where one looks.
import { begin, lead } from "./tools.js";
import { put } from "./strokes.js";
import { moved, pinched, resized, toPaper, toStage, whole, zoomed } from "./view.js";

export class Board {
  mark = null; // what is being drawn, not yet on the paper
  #stage;
  #sheet;
  #draft;
  #size;
  #view;
  #due = false;
  #done;

  /** `done` is given every mark that is finished. */
  constructor({ stage, sheet, draft }, done) {
    [this.#stage, this.#sheet, this.#draft, this.#done] = [stage, sheet, draft.getContext("2d"), done];
    this.#size = this.#measured();
    this.#look(whole(this.#size));
    new ResizeObserver(() => this.#resize()).observe(stage);
  }

  /** The point of the paper under a point of the window. */
  under({ clientX, clientY }) {
    return toPaper(this.#view, this.onStage({ clientX, clientY }));
  }

  onStage({ clientX, clientY }) {
    const { left, top } = this.#stage.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }

  /** Where a point of the paper is on the stage. */
  seen(point) {
    return toStage(this.#view, point);
  }

  begin(tool, point, style) {
    this.mark = begin(tool, point, style);
    this.#redraw();
  }

  lead(point, even) {
    if (this.mark) this.mark = lead(this.mark, point, even);
    this.#redraw();
  }

  finish() {
    const { mark } = this;
    this.cancel();
    if (mark) this.#done(mark);
  }

  cancel() {
    this.mark = null;
    this.#redraw();
  }

  zoom(factor, at = { x: this.#size.width / 2, y: this.#size.height / 2 }) {
    this.#look(zoomed(this.#view, at, factor, this.#size));
  }

  move(dx, dy) {
    this.#look(moved(this.#view, dx, dy, this.#size));
  }

  pinch(before, after) {
    this.#look(pinched(this.#view, before, after, this.#size));
  }

  showWhole() {
    this.#look(whole(this.#size));
  }

  #measured() {
    return { width: this.#stage.clientWidth || 1, height: this.#stage.clientHeight || 1 };
  }

  #resize() {
    const size = this.#measured();
    this.#look(resized(this.#view, this.#size, size));
    this.#size = size;
  }

  #look(view) {
    this.#view = view;
    this.#sheet.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.scale})`;
    this.#stage.dispatchEvent(new CustomEvent("look"));
  }

  #redraw() {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      const context = this.#draft;
      context.clearRect(0, 0, context.canvas.width, context.canvas.height);
      if (this.mark && this.mark.kind !== "fill") put(context, this.mark);
    });
  }
}
