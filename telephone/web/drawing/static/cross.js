// Drawing by keyboard: a cross on the paper that the arrow keys move.
import { SIDE } from "./view.js";

const FAR = 20; // pixels of the paper that a key moves it
const NEAR = 4;
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const within = (value) => Math.min(SIDE, Math.max(0, value));

export class Cross {
  #at = { x: SIDE / 2, y: SIDE / 2 };
  #shown = false;
  #element;
  #board;
  #chosen;
  #says;

  constructor(stage, element, board, chosen, says) {
    [this.#element, this.#board, this.#chosen, this.#says] = [element, board, chosen, says];
    stage.addEventListener("keydown", (event) => this.#press(event));
    stage.addEventListener("blur", () => this.#hide());
    stage.addEventListener("pointerdown", () => this.#hide());
    stage.addEventListener("look", () => this.#place());
  }

  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (WAYS[event.key]) this.#move(WAYS[event.key], event.shiftKey ? NEAR : FAR);
    else if (event.key === " " || event.key === "Enter") this.#use();
    else if (event.key === "Escape") this.#leave("Pen off, nothing drawn");
    else return;
    event.preventDefault();
  }

  #move([dx, dy], step) {
    this.#at = { x: within(this.#at.x + dx * step), y: within(this.#at.y + dy * step) };
    this.#show();
    this.#board.lead(this.#point(), false);
  }

  #use() {
    this.#show();
    const { tool, ...style } = this.#chosen();
    if (this.#board.mark) {
      this.#board.finish();
      this.#says("Pen up");
      return;
    }
    this.#board.begin(tool, this.#point(), style);
    if (this.#board.mark?.kind === "fill") {
      this.#board.finish();
      this.#says("Filled");
    } else if (this.#board.mark) {
      this.#says("Pen down");
    }
  }

  #leave(words) {
    if (!this.#board.mark) return;
    this.#board.cancel();
    this.#says(words);
  }

  #point() {
    return { ...this.#at, pressure: 0.5, pressed: false };
  }

  #show() {
    this.#shown = true;
    this.#element.removeAttribute("hidden");
    this.#place();
  }

  #hide() {
    if (this.#shown && this.#board.mark) this.#board.finish();
    this.#shown = false;
    this.#element.setAttribute("hidden", "");
  }

  #place() {
    const { x, y } = this.#board.seen(this.#at);
    this.#element.style.transform = `translate(${x}px, ${y}px)`;
  }
}
