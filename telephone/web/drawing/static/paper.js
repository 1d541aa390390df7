// The canvas that shows a list of marks. What is there already is not drawn again; pictures of earlier moments make
// taking back quick however much was drawn.
import { CLEARED, shared } from "./history.js";
import { put } from "./strokes.js";

const EVERY = 12; // marks between two pictures
const KEPT = 8; // pictures, of four megabytes each

export class Paper {
  #context;
  #shown = [];
  #moments = []; // {count, image}: how it looked after so many marks, from old to new

  constructor(canvas) {
    this.#context = canvas.getContext("2d", { willReadFrequently: true });
    put(this.#context, CLEARED);
  }

  /** Makes the canvas show these marks and no others. */
  show(marks) {
    const same = shared(this.#shown, marks);
    let from = same;
    if (same < this.#shown.length) from = this.#goBack(same);
    for (let at = from; at < marks.length; at++) {
      put(this.#context, marks[at]);
      if ((at + 1) % EVERY === 0) this.#remember(at + 1);
    }
    this.#shown = marks;
  }

  /** A PNG of what is shown. */
  png() {
    return new Promise((resolve) => this.#context.canvas.toBlob(resolve, "image/png"));
  }

  #goBack(count) {
    this.#moments = this.#moments.filter((moment) => moment.count <= count);
    const last = this.#moments.at(-1);
    if (last) this.#context.putImageData(last.image, 0, 0);
    else put(this.#context, CLEARED);
    return last?.count ?? 0;
  }

  #remember(count) {
    const { width, height } = this.#context.canvas;
    this.#moments.push({ count, image: this.#context.getImageData(0, 0, width, height) });
    if (this.#moments.length > KEPT) this.#moments.shift();
  }
}
