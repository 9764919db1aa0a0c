// Looks at a page as it is shown and returns what is wrong with it, as a list of
// sentences: contrast after WCAG 2.2 (1.4.3), size of targets (2.5.8), text that
// is cut off, and width.
(() => {
  const faults = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) faults.push(`scrolls sideways: ${root.scrollWidth} in ${root.clientWidth}`);
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const parse = (colour) => { // any CSS colour, as red, green, blue and alpha
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const d = canvas.getImageData(0, 0, 1, 1).data;
    return [d[0], d[1], d[2], d[3] / 255];
  };
  const over = (top, below) => top.slice(0, 3).map((c, i) => c * top[3] + below[i] * (1 - top[3]));
  const ground = (e) => {
    const layers = [];
    for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c[3] > 0) layers.push(c); if (c[3] === 1) break; }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  const luminance = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const contrast = (a, b) => { const [x, y] = [luminance(a), luminance(b)]; return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05); };
  const shown = (e) => { const r = e.getBoundingClientRect(); return r.width > 1 && r.height > 1 && r.right > 0 && getComputedStyle(e).visibility === 'visible'; };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let texts = 0;
  for (let n; (n = walker.nextNode());) {
    const e = n.parentElement;
    if (!n.data.trim() || !shown(e) || e.tagName === 'OPTION') continue;
    texts++;
    const s = getComputedStyle(e), size = parseFloat(s.fontSize), large = size >= 24 || size >= 18.66 && parseInt(s.fontWeight) >= 700;
    const below = ground(e), ratio = contrast(over(parse(s.color), below), below);
    if (ratio < (large ? 3 : 4.5)) faults.push(`contrast ${ratio.toFixed(2)}: "${n.data.trim().slice(0, 40)}"`);
  }
  if (texts === 0) faults.push('no text is shown');
  for (const e of document.querySelectorAll('a[href], button, input:not([type=hidden]), select')) {
    if (!shown(e) || e.closest('.skip')) continue;
    const inText = e.tagName === 'A' && getComputedStyle(e).display === 'inline'; // 2.5.8 excepts links in a sentence
    const r = e.getBoundingClientRect();
    const box = e.matches('[type=radio], [type=checkbox]') && e.labels.length ? e.labels[0].getBoundingClientRect() : r;
    if (!inText && (Math.max(r.height, box.height) < 24 || Math.max(r.width, box.width) < 24)) faults.push(`target ${r.width}×${r.height}: ${e.outerHTML.slice(0, 60)}`);
    if (r.right > root.clientWidth + 1) faults.push(`cut off: ${e.outerHTML.slice(0, 60)}`);
  }
  return faults;
})()
