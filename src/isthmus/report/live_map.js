// The live map: what the decoder makes of the place under the pointer, and the real item nearest to it.
(() => {
  "use strict";
  const root = document.getElementById("live-map");
  const data = JSON.parse(document.getElementById("live-map-data").textContent);
  const find = (name) => root.querySelector(`[data-part="${name}"]`);
  const parts = Object.fromEntries(
    ["variant", "map", "decoded", "nearest", "nearest-name", "status", "hint", "legend"].map((name) => [name, find(name)]));

  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const numbers = (text) => new Float32Array(bytes(text).buffer);
  const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();

  // A sheet holds many items; drawing one depends on its kind alone.
  function open(sheet) {
    if (sheet.image || sheet.numbers) return sheet;
    if (sheet.kind === "image") {
      sheet.image = new Image();
      sheet.image.onload = redraw;
      sheet.image.src = sheet.sprite;
    } else {
      sheet.numbers = numbers(sheet.values);
    }
    return sheet;
  }

  const painters = {
    image(sheet, index, context, width, height) {
      const scale = Math.min(width / sheet.width, height / sheet.height);
      const [w, h] = [sheet.width * scale, sheet.height * scale];
      const [column, row] = [index % sheet.columns, Math.floor(index / sheet.columns)];
      context.imageSmoothingEnabled = false;
      context.drawImage(sheet.image, column * sheet.width, row * sheet.height, sheet.width, sheet.height,
        (width - w) / 2, (height - h) / 2, w, h);
    },
    line(sheet, index, context, width, height) {
      const size = sheet.points * sheet.channels;
      for (let channel = 0; channel < sheet.channels; channel++) {
        context.strokeStyle = colour("--accent");
        context.globalAlpha = 1 - channel * 0.25;
        context.lineWidth = 1.5;
        context.beginPath();
        let pen = "moveTo";
        for (let point = 0; point < sheet.points; point++) {
          const value = sheet.numbers[index * size + point * sheet.channels + channel];
          const share = (value - sheet.low) / (sheet.high - sheet.low);
          if (Number.isFinite(share)) {
            context[pen](4 + (width - 8) * point / Math.max(sheet.points - 1, 1), height - 8 - (height - 16) * share);
          }
          pen = Number.isFinite(share) ? "lineTo" : "moveTo";
        }
        context.stroke();
      }
      context.globalAlpha = 1;
    },
    bars(sheet, index, context, width, height) {
      const row = height / sheet.names.length;
      const split = width * 0.5;
      context.font = `${Math.min(12, row * 0.8)}px system-ui, sans-serif`;
      context.textBaseline = "middle";
      sheet.names.forEach((name, place) => {
        const value = sheet.numbers[index * sheet.names.length + place];
        const middle = (place + 0.5) * row;
        const share = (value - sheet.low[place]) / (sheet.high[place] - sheet.low[place]);
        context.fillStyle = colour("--ink");
        context.textAlign = "right";
        context.fillText(fitted(context, name, split - 10), split - 6, middle);
        context.textAlign = "left";
        context.fillStyle = colour("--line");
        context.fillRect(split, middle - row * 0.3, width - split - 52, row * 0.6);
        if (Number.isFinite(share)) {
          context.fillStyle = colour("--accent");
          context.fillRect(split, middle - row * 0.3, (width - split - 52) * Math.min(Math.max(share, 0), 1), row * 0.6);
        }
        context.fillStyle = colour("--ink");
        context.fillText(Number.isFinite(value) ? Number(value.toPrecision(3)).toString() : "missing", width - 47, middle);
      });
    },
  };

  function fitted(context, text, width) {
    if (context.measureText(text).width <= width) return text;
    let end = text.length;
    while (end > 1 && context.measureText(`${text.slice(0, end)}…`).width > width) end--;
    return `${text.slice(0, end)}…`;
  }

  // A canvas of the size that it has on the page, sharp on dense screens; what is drawn counts in CSS pixels.
  function fresh(canvas, height) {
    const [width, ratio] = [canvas.clientWidth, window.devicePixelRatio || 1];
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.height = `${height}px`;
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    return [context, width];
  }

  const state = { name: data.chosen, variant: null, x: 0, y: 0 };

  function choose(name) {
    const variant = data.variants[name];
    variant.places ??= numbers(variant.points);
    variant.crowd ??= bytes(variant.density);
    open(variant.decoded);
    [state.name, state.variant] = [name, variant];
    const start = variant.crowd.indexOf(Math.max(...variant.crowd));  // where most items are
    moveTo(variant.places[2 * start], variant.places[2 * start + 1]);
    const share = `${Math.round(100 * variant.share)} %`;
    parts.hint.textContent = variant.size === 1
      ? "The code has one number, so that only the way from left to right changes the item."
      : variant.size === 2
        ? "The two axes are the two numbers of the code."
        : `The axes are the two directions in which the codes of the test items vary most; they hold ${share} of the ` +
          `variance of the ${variant.size} numbers, and the rest stays at its mean.`;
  }

  function moveTo(x, y) {
    const [left, right, bottom, top] = state.variant.frame;
    state.x = Math.min(Math.max(x, left), right);
    state.y = Math.min(Math.max(y, bottom), top);
    redraw();
  }

  function nearest() {
    const places = state.variant.places;
    let [best, least] = [0, Infinity];
    for (let index = 0; index < data.ids.length; index++) {
      const apart = Math.hypot(places[2 * index] - state.x, places[2 * index + 1] - state.y);
      if (apart < least) [best, least] = [index, apart];
    }
    return [best, least];
  }

  function cell() {
    const [left, right, bottom, top] = state.variant.frame;
    const step = (share) => Math.round(share * (data.grid - 1));
    return step((top - state.y) / (top - bottom)) * data.grid + step((state.x - left) / (right - left));
  }

  function dot(context, x, y, radius, square) {
    context.beginPath();
    if (square) context.rect(x - radius, y - radius, 2 * radius, 2 * radius);
    else context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fill();
  }

  function pointColour(index) {
    if (data.places) return data.legend[data.places[index]].colour;
    const share = state.variant.crowd[index] / 255;
    return `color-mix(in oklab, ${colour("--crowded")} ${Math.round(100 * share)}%, ${colour("--lonely")})`;
  }

  function drawMap(closest, off) {
    const { frame, places, radius } = state.variant;
    const [left, right, bottom, top] = frame;
    const [context, width] = fresh(parts.map, parts.map.clientWidth * (top - bottom) / (right - left));
    const scale = width / (right - left);
    const place = (x, y) => [(x - left) * scale, (top - y) * scale];
    const size = data.ids.length > 600 ? 2.4 : 3.2;
    data.ids.forEach((_, index) => {
      context.fillStyle = pointColour(index);
      dot(context, ...place(places[2 * index], places[2 * index + 1]), size, data.places && data.legend[data.places[index]].square);
    });
    const [x, y] = place(state.x, state.y);
    const [nearX, nearY] = place(places[2 * closest], places[2 * closest + 1]);
    context.lineWidth = 1.5;
    context.strokeStyle = colour(off ? "--warning" : "--ink");
    context.setLineDash(off ? [4, 3] : []);
    context.beginPath();
    context.arc(x, y, radius * scale, 0, 2 * Math.PI);
    context.moveTo(x, y);
    context.lineTo(nearX, nearY);
    context.stroke();
    context.setLineDash([]);
    context.beginPath();
    context.arc(nearX, nearY, size + 3, 0, 2 * Math.PI);
    context.moveTo(x - 6, y);
    context.lineTo(x + 6, y);
    context.moveTo(x, y - 6);
    context.lineTo(x, y + 6);
    context.stroke();
  }

  function paint(canvas, sheet, index) {
    const bars = sheet.kind === "bars";
    const height = bars ? 20 * sheet.names.length : sheet.kind === "line" ? 110 : Math.min(canvas.clientWidth, 180);
    const [context, width] = fresh(canvas, height);
    painters[sheet.kind](sheet, index, context, width, height);
  }

  function redraw() {
    const [closest, apart] = nearest();
    const off = apart > state.variant.radius;
    drawMap(closest, off);
    paint(parts.decoded, state.variant.decoded, cell());
    paint(parts.nearest, data.items, closest);
    const label = data.labels ? `, label ${data.labels[closest]}` : "";
    parts["nearest-name"].textContent = `${data.ids[closest]}${label}`;
    parts.status.textContent = off
      ? "Off the data: no real item is near, so what is decoded here is a guess."
      : "On the data: real items lie within the circle.";
    root.classList.toggle("off", off);
  }

  function showLegend() {
    data.legend.forEach((entry) => {
      const [item, mark] = [document.createElement("li"), document.createElement("i")];
      mark.style.background = entry.colour;
      mark.className = entry.square ? "square" : "";
      item.append(mark, entry.name);
      parts.legend.append(item);
    });
  }

  function listen() {
    const follow = (event) => {
      const box = parts.map.getBoundingClientRect();
      const [left, right, bottom, top] = state.variant.frame;
      moveTo(left + (event.clientX - box.left) / box.width * (right - left),
        top - (event.clientY - box.top) / box.height * (top - bottom));
    };
    parts.map.addEventListener("pointermove", follow);
    parts.map.addEventListener("pointerdown", follow);
    parts.map.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (!way) return;
      event.preventDefault();
      const [left, right, bottom, top] = state.variant.frame;
      moveTo(state.x + way[0] * (right - left) / (data.grid - 1), state.y + way[1] * (top - bottom) / (data.grid - 1));
    });
    parts.variant.addEventListener("change", () => choose(parts.variant.value));
    window.addEventListener("resize", redraw);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  }

  Object.keys(data.variants).forEach((name) => parts.variant.append(new Option(name, name, false, name === data.chosen)));
  root.dataset.kind = data.items.kind;
  open(data.items);
  showLegend();
  listen();
  choose(data.chosen);
})();
