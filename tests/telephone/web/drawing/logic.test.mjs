// What the page works out without a browser; run by test_logic.py with node's own test runner.
import assert from "node:assert/strict";
import test from "node:test";

import { run, warning, written } from "../../../../telephone/web/drawing/static/clock.js";
import { fill } from "../../../../telephone/web/drawing/static/fill.js";
import { add, clear, EMPTY, isBlank, redo, shared, undo } from "../../../../telephone/web/drawing/static/history.js";
import { meaning, OFFLINE, patience, send } from "../../../../telephone/web/drawing/static/sending.js";
import { wanted } from "../../../../telephone/web/drawing/static/shortcuts.js";
import { channels, outline } from "../../../../telephone/web/drawing/static/strokes.js";
import { begin, lead, PAPER, sizeBeside } from "../../../../telephone/web/drawing/static/tools.js";
import * as view from "../../../../telephone/web/drawing/static/view.js";

const { CLOSEST, held, moved, pinched, resized, SIDE, toPaper, toStage, whole, zoomed } = view;

const at = (x, y, pressure = 0.5, pressed = false) => ({ x, y, pressure, pressed });
const near = (one, other, by = 1e-6) => assert.ok(Math.abs(one - other) <= by, `${one} is not ${other}`);

test("what was undone comes back, until something new is drawn", () => {
  const [a, b, c] = [{ kind: "fill" }, { kind: "line" }, { kind: "stroke" }];
  const two = add(add(EMPTY, a), b);
  assert.deepEqual(undo(two), { done: [a], undone: [b] });
  assert.deepEqual(redo(undo(two)), two);
  assert.deepEqual(redo(undo(undo(two))).done, [a]);
  assert.deepEqual(redo(add(undo(two), c)).done, [a, c]);
  assert.equal(undo(EMPTY), EMPTY);
  assert.equal(redo(two), two);
});

test("clearing can be undone, and an empty paper is not cleared again", () => {
  const drawn = add(EMPTY, { kind: "line" });
  const cleared = clear(drawn);
  assert.ok(isBlank(cleared) && !isBlank(drawn));
  assert.deepEqual(undo(cleared).done, drawn.done);
  assert.equal(clear(cleared), cleared);
  assert.equal(clear(EMPTY), EMPTY);
});

test("two lists share what is the same from their beginning", () => {
  const [a, b, c] = [{}, {}, {}];
  assert.equal(shared([a, b], [a, b, c]), 2);
  assert.equal(shared([a, b, c], [a, c]), 1);
  assert.equal(shared([], [a]), 0);
});

/** A picture from rows of letters: "." white, "#" black, "+" a grey of a soft edge, "o" red. */
const COLOURS = { ".": [255, 255, 255], "#": [0, 0, 0], "+": [128, 128, 128], o: [255, 0, 0] };
function picture(rows) {
  const data = Uint8ClampedArray.from([...rows.join("")].flatMap((letter) => [...COLOURS[letter], 255]));
  return { data, width: rows[0].length, height: rows.length };
}
function letters({ data, width, height }) {
  const is = (one, pixel) => COLOURS[one].every((value, i) => value === data[pixel * 4 + i]);
  const letter = (pixel) => Object.keys(COLOURS).find((one) => is(one, pixel));
  const row = (y) => Array.from({ length: width }, (_, x) => letter(y * width + x)).join("");
  return Array.from({ length: height }, (_, y) => row(y));
}

test("filling stays inside its line and goes round corners", () => {
  const image = picture([
    "..........",
    ".########.",
    ".#......#.",
    ".#.####.#.",
    ".#.#..#.#.",
    ".#.#..###.",
    ".#.#......",
    ".###......",
  ]);
  assert.ok(fill(image, 2, 2, COLOURS.o));
  assert.deepEqual(letters(image)[4], ".ooo..ooo.");
  assert.deepEqual(letters(image)[0], "..........");
  assert.equal(letters(image)[6][4], ".");
});

test("filling takes the soft edge of a line, and not what lies behind it", () => {
  const image = picture(["...+##+...", "...+##+...", "...+##+..."]);
  fill(image, 0, 0, COLOURS.o);
  assert.deepEqual(letters(image), ["oooo##+...", "oooo##+...", "oooo##+..."]);
});

test("filling does not run from one side of the paper to the other", () => {
  const image = picture(["..#..", "..#..", "####."]);
  fill(image, 4, 0, COLOURS.o);
  assert.deepEqual(letters(image).map((row) => row.slice(0, 2)), ["..", "..", "##"]);
});

test("filling with the same colour, or beside the paper, changes nothing", () => {
  const image = picture(["..", ".."]);
  assert.equal(fill(image, 0, 0, COLOURS["."]), false);
  for (const [x, y] of [[-1, 0], [0, 2]]) assert.equal(fill(image, x, y, COLOURS.o), false);
  assert.deepEqual(letters(image), ["..", ".."]);
});

test("a whole paper of a megapixel is filled at once", () => {
  const image = { data: new Uint8ClampedArray(SIDE * SIDE * 4).fill(255), width: SIDE, height: SIDE };
  const began = performance.now();
  assert.ok(fill(image, 512, 512, COLOURS.o));
  assert.ok(performance.now() - began < 2000);
  assert.deepEqual([...image.data.slice(-4)], [255, 0, 0, 255]);
});

const WIDE = { width: 800, height: 400 };
const TALL = { width: 360, height: 500 };

test("the whole paper lies in the middle of any stage", () => {
  for (const stage of [WIDE, TALL]) {
    const centre = toStage(whole(stage), { x: SIDE / 2, y: SIDE / 2 });
    assert.deepEqual(centre, { x: stage.width / 2, y: stage.height / 2 });
  }
  assert.deepEqual(toPaper(whole(WIDE), { x: 200, y: 0 }), { x: 0, y: 0 });
});

test("what is under the pointer stays there while one zooms", () => {
  const point = { x: 310, y: 120 };
  const before = toPaper(whole(WIDE), point);
  const after = toPaper(zoomed(whole(WIDE), point, 3, WIDE), point);
  near(after.x, before.x);
  near(after.y, before.y);
});

test("one comes no closer than eight times and goes no farther than the whole paper", () => {
  const least = whole(TALL).scale;
  near(zoomed(whole(TALL), at(10, 10), 1000, TALL).scale, least * CLOSEST);
  assert.deepEqual(zoomed(zoomed(whole(TALL), at(90, 200), 5, TALL), at(300, 20), 0.01, TALL), whole(TALL));
});

test("the paper cannot be moved off the stage", () => {
  const close = zoomed(whole(TALL), at(180, 250), 4, TALL);
  const away = moved(close, 9999, -9999, TALL);
  assert.deepEqual(toPaper(away, { x: 0, y: TALL.height }), { x: 0, y: SIDE });
  assert.deepEqual(moved(whole(TALL), 50, 50, TALL), whole(TALL));
});

test("two fingers keep what they hold", () => {
  const close = zoomed(whole(TALL), at(180, 250), 3, TALL);
  const [before, after] = [[at(100, 200), at(200, 300)], [at(80, 190), at(230, 340)]];
  const next = pinched(close, before, after, TALL);
  const seen = toStage(next, toPaper(close, at(150, 250)));
  near(seen.x, 155);
  near(seen.y, 265);
  near(next.scale / close.scale, 1.5);
});

test("two fingers on one point break nothing", () => {
  const next = pinched(whole(TALL), [at(5, 5), at(5, 5)], [at(5, 5), at(9, 9)], TALL);
  assert.ok([next.scale, next.x, next.y].every(Number.isFinite));
});

test("turning the phone keeps the same place in the middle", () => {
  const close = zoomed(whole(TALL), at(180, 250), 4, TALL);
  const turned = resized(close, TALL, WIDE);
  near(toPaper(turned, { x: 400, y: 200 }).x, toPaper(close, { x: 180, y: 250 }).x);
  assert.deepEqual(resized(whole(TALL), TALL, WIDE), held(whole(WIDE), WIDE));
});

const STYLE = { size: 8, colour: "#e0282e" };

test("each tool begins its own kind of mark, the hand none", () => {
  const tools = ["pen", "eraser", "fill", "line", "rectangle", "ellipse"];
  const kinds = tools.map((tool) => begin(tool, at(3.27, 4), STYLE).kind);
  assert.deepEqual(kinds, ["stroke", "stroke", "fill", "line", "rectangle", "ellipse"]);
  assert.equal(begin("eraser", at(1, 1), STYLE).colour, PAPER);
  assert.deepEqual(begin("fill", at(3.9, 4.1), STYLE).at, [3, 4]);
  assert.equal(begin("hand", at(1, 1), STYLE), null);
});

test("a stroke keeps the pressure that was measured, and no point twice", () => {
  let mark = begin("pen", at(1, 1, 0.25, true), STYLE);
  mark = lead(lead(mark, at(1, 1, 0.3, true)), at(2, 1, 0.75, true));
  assert.deepEqual(mark.points, [[1, 1, 0.25], [2, 1, 0.75]]);
  assert.equal(mark.pressed, true);
});

test("even shapes are square in every direction, even lines lie at eighths of a turn", () => {
  for (const [x, y] of [[1, 1], [-1, 1], [1, -1], [-1, -1]]) {
    const { to } = lead(begin("rectangle", at(100, 100), STYLE), at(100 + 40 * x, 100 + 10 * y), true);
    assert.deepEqual(to, [100 + 40 * x, 100 + 40 * y]);
  }
  const { to } = lead(begin("line", at(0, 0), STYLE), at(100, 8), true);
  near(to[1], 0, 0.1);
});

test("sizes end at both ends", () => {
  assert.deepEqual([sizeBeside(8, 1), sizeBeside(8, -1), sizeBeside(4, -1), sizeBeside(64, 1)], [16, 4, 4, 64]);
});

test("a tap is a dot, a line is about as wide as its size, and more pressure is wider", () => {
  const wide = (mark) => {
    const middle = outline(mark).filter(([x]) => x > 80 && x < 120).map(([, y]) => y);
    return Math.max(...middle) - Math.min(...middle);
  };
  const along = (pressure) => Array.from({ length: 41 }, (_, i) => [i * 5, 50, pressure]);
  const stroke = (pressure, pressed) => ({ ...STYLE, kind: "stroke", size: 16, pressed, points: along(pressure) });
  assert.ok(outline(begin("pen", at(9, 9), STYLE)).length > 8);
  assert.ok(wide(stroke(0.5, false)) > 12 && wide(stroke(0.5, false)) < 21);
  assert.ok(wide(stroke(0.9, true)) > wide(stroke(0.2, true)) * 1.5);
  near(wide({ ...stroke(0.5, false), colour: PAPER }), 16, 0.5);
});

test("colours are read as three channels", () => assert.deepEqual(channels("#e0282e"), [224, 40, 46]));

test("keys mean what the list of shortcuts says", () => {
  const key = (key, more = {}) => wanted({ key, ...more });
  assert.deepEqual(key("p"), ["tool", "pen"]);
  assert.deepEqual(key("P"), ["tool", "pen"]);
  assert.deepEqual(key("3"), ["colour", 2]);
  assert.deepEqual(key("0"), ["whole"]);
  assert.deepEqual(key("z", { ctrlKey: true }), ["undo"]);
  assert.deepEqual(key("Z", { metaKey: true, shiftKey: true }), ["redo"]);
  assert.deepEqual(key("Enter", { ctrlKey: true }), ["handIn"]);
  for (const one of ["Tab", "ArrowUp", "x"]) assert.equal(key(one), null);
  assert.equal(key("r", { ctrlKey: true }), null);
  assert.equal(key("p", { altKey: true }), null);
});

test("time is written as people write it, and said aloud near its end", () => {
  assert.deepEqual([599, 60, 5, 0, 3725].map(written), ["9:59", "1:00", "0:05", "0:00", "1:02:05"]);
  assert.deepEqual([300, 60, 10, 59].map(warning), ["Five minutes left", "One minute left", "Ten seconds left", null]);
});

test("the clock goes by the time that passes, and is over once", async () => {
  let [now, over] = [0, 0];
  const shown = { textContent: "", classList: { toggle: (_, is) => (shown.short = is) } };
  const stop = run(shown, 65, () => {}, () => over++, () => now);
  assert.deepEqual([shown.textContent, shown.short], ["1:05 left", false]);
  now = 64_500;
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.deepEqual([shown.textContent, shown.short, over], ["0:01 left", true, 0]);
  now = 1e9; // the laptop slept
  await new Promise((resolve) => setTimeout(resolve, 600));
  stop();
  assert.deepEqual([shown.textContent, over], ["0:00 left", 1]);
});

test("an answer's status tells what to do with the drawing", () => {
  const told = { taken: [200], ended: [403, 404], declined: [413, 422], later: [0, 429, 500, 502, 503] };
  for (const [means, statuses] of Object.entries(told)) {
    for (const status of statuses) assert.equal(meaning(status), means);
  }
});

test("attempts come less often, and never sooner than the server asked", () => {
  assert.deepEqual([1, 2, 3, 4, 5, 9].map((n) => patience(n)), [2, 4, 8, 16, 30, 30]);
  assert.equal(patience(1, 7), 7);
  assert.equal(patience(1, Number.NaN), 2);
});

const replied = (status, sentence, headers = {}) => new Response(JSON.stringify({ sentence }), { status, headers });
async function sent(...answers) {
  const [said, paused] = [[], []];
  const tries = async () => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const { signal } = new AbortController();
  const [says, pause] = [(words) => said.push(words), async (seconds) => paused.push(seconds)];
  const found = await send("png", "/", { says, signal, tries, pause });
  return { found, said, paused };
}

test("a drawing is sent again until it is taken", async () => {
  const { found, said, paused } = await sent(
    new TypeError("offline"),
    replied(503, "Soon."),
    replied(429, "Slower.", { "Retry-After": "9" }),
    new Response("<h1>Bad gateway", { status: 502 }),
    replied(200, "In."),
  );
  assert.deepEqual(found, { meaning: "taken", sentence: "In." });
  assert.equal(said[0], OFFLINE);
  assert.deepEqual(said.slice(1, 3), ["Soon.", "Slower."]);
  assert.deepEqual(paused, [2, 4, 9, 16]);
});

test("what is declined is not sent again", async () => {
  assert.deepEqual((await sent(replied(403, "Over."))).found, { meaning: "ended", sentence: "Over." });
  assert.deepEqual((await sent(replied(422, "Another."))).found, { meaning: "declined", sentence: "Another." });
});

test("a drawing on its way can be called back", async () => {
  const control = new AbortController();
  const pause = async () => control.abort();
  const tries = async () => replied(503, "");
  const found = await send("png", "/", { says: () => {}, signal: control.signal, tries, pause });
  assert.equal(found.meaning, "called back");
});
