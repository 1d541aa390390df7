// What was drawn, mark by mark, and what was taken back. A history is never changed: each function gives a new one.

export const EMPTY = Object.freeze({ done: Object.freeze([]), undone: Object.freeze([]) });
export const CLEARED = Object.freeze({ kind: "clear" });

export function add(history, mark) {
  return { done: [...history.done, mark], undone: [] };
}

export function undo(history) {
  if (!history.done.length) return history;
  return { done: history.done.slice(0, -1), undone: [...history.undone, history.done.at(-1)] };
}

export function redo(history) {
  if (!history.undone.length) return history;
  return { done: [...history.done, history.undone.at(-1)], undone: history.undone.slice(0, -1) };
}

/** The history with an empty paper, which can be undone; an empty paper stays as it is. */
export function clear(history) {
  return isBlank(history) ? history : add(history, CLEARED);
}

/** Whether nothing was drawn since the paper was last empty. */
export function isBlank(history) {
  return !history.done.length || history.done.at(-1).kind === "clear";
}

/** How many marks two lists have in common from their beginning. */
export function shared(one, other) {
  const end = Math.min(one.length, other.length);
  for (let at = 0; at < end; at++) if (one[at] !== other[at]) return at;
  return end;
}
