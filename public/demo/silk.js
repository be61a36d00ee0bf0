/* Draws the moving parts of the picture, the host's arms and the scarf between her hands, in the drawing's coordinates.
   It knows nothing of the page. */

// The drawing's viewBox.
const LEFT = -220;
const WIDTH = 1440;
const HEIGHT = 1250;
const MIDDLE = 500;
/** Strips of the scarf, and points along the edge of one. */
const FOLDS = 150;
const ROWS = 10;
const FRAME_MS = 33;
const MOTES = Array.from({ length: 22 }, (_, i) => ({
  x: LEFT + ((i * 389) % WIDTH),
  y: (i * 211) % 900,
  r: 2 + (i % 4) * 2,
  slow: 9 + (i % 5),
}));

const mix = (a, b, t) => a.map((value, i) => Math.round(value + (b[i] - value) * t));
const JADE = [[8, 78, 70], [26, 143, 128], [176, 240, 222]];
const GOLD = [[150, 96, 24], [214, 166, 84], [255, 240, 200]];
/** The start of each cloth along a strip: a golden band near either edge. */
const BANDS = [[0, JADE], [0.06, GOLD], [0.14, JADE], [0.36, JADE], [0.6, JADE], [0.84, GOLD], [0.92, JADE], [1, JADE]];

/** The colour of cloth in a fold (`light` -1) or on its crest (1). */
function colour([low, mid, high], light) {
  const [r, g, b] = light < 0 ? mix(mid, low, -light) : mix(mid, high, light * light);
  return `rgb(${r} ${g} ${b})`;
}

function hands(t) {
  return {
    left: [292 + 10 * Math.sin(t * 0.9), 640 + 16 * Math.sin(t * 0.7)],
    right: [708 + 12 * Math.sin(t * 0.8 + 1), 632 + 18 * Math.sin(t * 0.6 + 2)],
  };
}

/** The position of a point (u, v) of the scarf at time t: u from hand to hand, v from the upper edge to the hem. */
function point(u, v, t, { left, right }) {
  const wave = Math.sin(u * 29 + t * 1.3) + 0.6 * Math.sin(u * 13 - t * 0.9 + v);
  const sag = Math.sin(Math.PI * u);
  const sway = Math.sin(t * 0.8 + v * 2) * 8 * v;
  const fall = v * (300 + 26 * Math.sin(u * 7 + t * 0.7)) + 6 * Math.cos(u * 29 + t * 1.3) * v;
  const x = left[0] + (right[0] - left[0]) * u + wave * 9 * (0.25 + v) + (u - 0.5) * 34 * v + sway;
  const y = left[1] + (right[1] - left[1]) * u + 54 * sag * (1 - 0.4 * v) + fall;
  return [x, y];
}

function light(u, v, t) {
  const slope = Math.cos(u * 29 + t * 1.3 + 0.5) + 0.5 * Math.cos(u * 13 - t * 0.9 + v);
  return Math.max(-1, Math.min(1, slope / 1.35 - 0.12 + 0.2 * Math.sin(v * 4 + u * 9 + t)));
}

function drawStrip(pen, u0, u1, t, held) {
  const top = point(u0, 0, t, held);
  const hem = point(u0, 1, t, held);
  const shade = pen.createLinearGradient(...top, ...hem);
  BANDS.forEach(([from, cloth], i) => {
    const lit = colour(cloth, light(u0, from, t));
    shade.addColorStop(from, lit);
    const until = BANDS[i + 1];
    // A band has a sharp end; the light within one cloth is continuous.
    if (until && until[1] !== cloth) shade.addColorStop(until[0], lit);
  });
  pen.beginPath();
  for (let row = 0; row <= ROWS; row += 1) pen.lineTo(...point(u0, row / ROWS, t, held));
  for (let row = ROWS; row >= 0; row -= 1) pen.lineTo(...point(u1, row / ROWS, t, held));
  pen.closePath();
  pen.fillStyle = shade;
  pen.strokeStyle = shade;
  pen.fill();
  // The stroke covers the seam to the next strip.
  pen.stroke();
}

function drawScarf(pen, t, held) {
  for (let fold = 0; fold < FOLDS; fold += 1) drawStrip(pen, fold / FOLDS, (fold + 1) / FOLDS, t, held);
}

function drawArm(pen, shoulder, elbow, hand) {
  const limb = (from, to, width, style) => {
    pen.beginPath();
    pen.moveTo(...from);
    pen.quadraticCurveTo((from[0] + to[0]) / 2 + (to[0] < MIDDLE ? -12 : 12), (from[1] + to[1]) / 2 + 10, ...to);
    pen.lineWidth = width;
    pen.strokeStyle = style;
    pen.stroke();
  };
  const wrist = [elbow[0] + (hand[0] - elbow[0]) * 0.45, elbow[1] + (hand[1] - elbow[1]) * 0.45];
  limb(elbow, hand, 46, '#eeb492');
  limb(shoulder, elbow, 96, '#f1dcc8');
  limb(elbow, wrist, 78, '#f7e8d8');
}

function drawHand(pen, [x, y]) {
  const side = x < MIDDLE ? 1 : -1;
  pen.fillStyle = '#f4c3a3';
  pen.beginPath();
  pen.ellipse(x, y, 30, 25, 0.3 * side, 0, Math.PI * 2);
  pen.fill();
  pen.strokeStyle = '#dd9b78';
  pen.lineWidth = 4;
  for (const finger of [-8, 3, 14]) {
    pen.beginPath();
    pen.moveTo(x + side * (6 + finger * 0.2), y + finger);
    pen.lineTo(x + side * 27, y + finger + 2);
    pen.stroke();
  }
}

function drawMotes(pen, t) {
  for (const mote of MOTES) {
    const y = (mote.y - (t * 60) / mote.slow + 900) % 900;
    pen.globalAlpha = 0.1 + 0.18 * (1 + Math.sin(t + mote.x)) * 0.5;
    pen.fillStyle = '#ffe2b8';
    pen.beginPath();
    pen.arc(mote.x + 18 * Math.sin(t * 0.3 + mote.y), y, mote.r, 0, Math.PI * 2);
    pen.fill();
  }
  pen.globalAlpha = 1;
}

function draw(canvas, t) {
  const pen = canvas.getContext('2d');
  const scale = Math.max(canvas.width / WIDTH, canvas.height / HEIGHT);
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, canvas.width, canvas.height);
  // The same fit as the drawing behind it: xMidYMin slice.
  pen.setTransform(scale, 0, 0, scale, (canvas.width - WIDTH * scale) / 2 - LEFT * scale, 0);
  pen.lineCap = 'round';
  pen.lineJoin = 'round';
  const held = hands(t);
  drawMotes(pen, t);
  drawArm(pen, [344, 640], [236, 836], held.left);
  drawArm(pen, [656, 640], [764, 836], held.right);
  pen.lineWidth = 1.5;
  drawScarf(pen, t, held);
  drawHand(pen, held.left);
  drawHand(pen, held.right);
}

/** Animates the canvas; draws one still picture for viewers that prefer reduced motion. */
export function animate(canvas) {
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  let last = -FRAME_MS;
  const frame = (now) => {
    if (now - last >= FRAME_MS) {
      last = now;
      draw(canvas, now / 1000);
    }
    if (!still.matches) requestAnimationFrame(frame);
  };
  new ResizeObserver(() => {
    const dense = Math.min(devicePixelRatio, 2);
    canvas.width = Math.round(canvas.clientWidth * dense);
    canvas.height = Math.round(canvas.clientHeight * dense);
    draw(canvas, Math.max(last, 0) / 1000);
  }).observe(canvas);
  still.addEventListener('change', () => requestAnimationFrame(frame));
  requestAnimationFrame(frame);
}
