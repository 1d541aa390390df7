// Mouse, pen and fingers on the stage. One draws, two fingers move and zoom; where a pen is used, fingers and the
// palm beside it do not draw.

const ERASER = 32; // the other end of a pen, in PointerEvent.buttons
const MIDDLE = 4;
const CLOSER = 1.0015; // for each pixel that a wheel turns

export class Pointers {
  #board;
  #chosen; // () => {tool, size, colour}
  #down = new Map(); // pointer id -> point of the stage
  #doing = null; // "drawing", "moving", "pinching" or "resting": what is left of two fingers does not draw
  #penSeen = false;

  constructor(stage, board, chosen) {
    [this.#board, this.#chosen] = [board, chosen];
    stage.addEventListener("pointerdown", (event) => this.#press(stage, event));
    stage.addEventListener("pointermove", (event) => this.#go(event));
    stage.addEventListener("pointerup", (event) => this.#lift(event, true));
    stage.addEventListener("pointercancel", (event) => this.#lift(event, false));
    // A stroke is no swipe: else the browser may take the next tap for the end of one.
    stage.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    stage.addEventListener("contextmenu", (event) => event.preventDefault());
    stage.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  #press(stage, event) {
    if (event.pointerType === "mouse" && event.button === 2) return;
    stage.setPointerCapture(event.pointerId);
    this.#penSeen ||= event.pointerType === "pen";
    this.#down.set(event.pointerId, this.#board.onStage(event));
    if (this.#down.size > 1) {
      this.#board.cancel();
      this.#doing = "pinching";
      return;
    }
    const { tool, ...style } = this.#chosen();
    const palm = event.pointerType === "touch" && this.#penSeen;
    if (tool === "hand" || palm || event.buttons & MIDDLE) {
      this.#doing = "moving";
      return;
    }
    this.#doing = "drawing";
    this.#board.begin(event.buttons & ERASER ? "eraser" : tool, this.#point(event), style);
  }

  #go(event) {
    const before = this.#down.get(event.pointerId);
    if (!before) return;
    const now = this.#board.onStage(event);
    if (this.#doing === "drawing") {
      const all = event.getCoalescedEvents?.() ?? [];
      for (const one of all.length ? all : [event]) this.#board.lead(this.#point(one), event.shiftKey);
    } else if (this.#doing === "moving") {
      this.#board.move(now.x - before.x, now.y - before.y);
    } else if (this.#doing === "pinching" && this.#down.size === 2) {
      const [other] = [...this.#down].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
      this.#board.pinch([before, other], [now, other]);
    }
    this.#down.set(event.pointerId, now);
  }

  #lift(event, whole) {
    if (!this.#down.delete(event.pointerId)) return;
    if (this.#doing === "drawing") {
      if (whole) this.#board.finish();
      else this.#board.cancel();
    }
    this.#doing = this.#down.size ? "resting" : null;
  }

  #wheel(event) {
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 16 : event.deltaY;
    this.#board.zoom(CLOSER ** -Math.max(-400, Math.min(400, pixels)), this.#board.onStage(event));
  }

  #point(event) {
    const pressed = event.pointerType === "pen" && event.pressure > 0;
    return { ...this.#board.under(event), pressure: pressed ? event.pressure : 0.5, pressed };
  }
}
