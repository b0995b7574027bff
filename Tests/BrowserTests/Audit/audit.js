// Judges the page that is shown: a sentence for each finding. Rules and their numbers are those of
// WCAG 2.2 (https://www.w3.org/TR/WCAG22/). The value of this script is a function that gives the list;
// if it is told so, of what depends on the window's width alone.
((isOfWidth) => {
  const root = document.documentElement;
  const findings = [];
  const demand = (holds, what) => { if (!holds) findings.push(what); };
  const all = (selector) => [...document.querySelectorAll(selector)];
  const isShown = (element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true });

  // A path that a developer finds it by.
  const where = (element) => {
    const path = [];
    for (let e = element; e && e !== document.body && path.length < 4; e = e.parentElement)
      path.unshift([e.localName + (e.id ? '#' + e.id : ''), ...e.classList].join('.'));
    return path.join(' > ');
  };

  // Only read aloud: cut down to nothing.
  const isUnseen = (element) => {
    for (let e = element; e && e !== document.body; e = e.parentElement) {
      const style = getComputedStyle(e);
      if (style.clipPath !== 'none') return true;
      if (style.clip !== 'auto' && style.position === 'absolute') return true;
      const box = e.getBoundingClientRect();
      if (style.overflow === 'hidden' && box.width <= 1 && box.height <= 1) return true;
    }
    return false;
  };

  // Every text against what is behind it: 4.5 to 1, or 3 to 1 if it is large (1.4.3).
  const judgeContrast = () => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    const brush = canvas.getContext('2d', { willReadFrequently: true });
    const known = new Map();
    const color = (text) => {
      if (!known.has(text)) {
        brush.clearRect(0, 0, 1, 1);
        brush.fillStyle = text;
        brush.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data;
        known.set(text, [r, g, b, a / 255]);
      }
      return known.get(text);
    };
    const over = (top, bottom) => {
      const alpha = top[3] + bottom[3] * (1 - top[3]);
      if (alpha === 0) return [0, 0, 0, 0];
      const mix = (i) => (top[i] * top[3] + bottom[i] * bottom[3] * (1 - top[3])) / alpha;
      return [mix(0), mix(1), mix(2), alpha];
    };
    const linear = (c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const luminance = ([r, g, b]) =>
      0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
    const isDark = matchMedia('(prefers-color-scheme: dark)').matches
      && getComputedStyle(root).colorScheme.includes('dark');
    const paper = isDark ? [18, 18, 18, 1] : [255, 255, 255, 1];

    // What is behind the text of an element, and how opaque it is with all around it.
    const grounds = new Map([[null, { ground: paper, opacity: 1 }]]);
    const behind = (element) => {
      if (grounds.has(element)) return grounds.get(element);
      const around = behind(element.parentElement);
      const style = getComputedStyle(element);
      demand(!style.backgroundImage.includes('url('), 'text on a picture: ' + where(element));
      const stops = style.backgroundImage.match(/(rgba?|color|oklch|oklab)\([^()]*\)/g) ?? [];
      const ground = [style.backgroundColor, ...stops]
        .reduce((below, layer) => over(color(layer), below), around.ground);
      grounds.set(element, { ground, opacity: around.opacity * Number(style.opacity) });
      return grounds.get(element);
    };
    const judge = (element, ink, text) => {
      const style = getComputedStyle(element);
      const { ground, opacity } = behind(element);
      const mine = [...color(ink)];
      mine[3] *= opacity;
      const lights = [luminance(over(mine, ground)), luminance(ground)];
      const ratio = (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);
      const pixels = parseFloat(style.fontSize);
      const isLarge = pixels >= 24 || (pixels >= 18.66 && Number(style.fontWeight) >= 700);
      demand(
        ratio >= (isLarge ? 3 : 4.5) - 0.005,
        `contrast ${ratio.toFixed(2)} of "${text.slice(0, 30)}" at ${where(element)}`
          + ` (${ink} on ${ground.slice(0, 3).map(Math.round)})`);
    };

    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const judged = new Set();
    while (walker.nextNode()) {
      const text = walker.currentNode.data.trim();
      const element = walker.currentNode.parentElement;
      if (!text || judged.has(element)) continue;
      judged.add(element);
      if (!isShown(element) || isUnseen(element)) continue;
      if (element.closest('[disabled], option, script, style, noscript')) continue;
      const style = getComputedStyle(element);
      judge(element, element instanceof SVGElement ? style.fill : style.color, text);
    }
    for (const control of all('input, textarea, select')) {
      if (!isShown(control) || control.disabled) continue;
      judge(control, getComputedStyle(control).color, control.value || 'value');
      if (!control.placeholder) continue;
      judge(control, getComputedStyle(control, '::placeholder').color, control.placeholder);
    }
  };

  // What one needs to find one's way.
  const judgeStructure = () => {
    demand(root.lang, 'the page has no language (3.1.1)');
    demand(document.title.trim(), 'the page has no title (2.4.2)');
    const viewport = document.querySelector('meta[name=viewport]')?.content ?? '';
    demand(viewport.includes('width=device-width'), 'no viewport of the device');
    demand(!/user-scalable\s*=\s*no|maximum-scale/.test(viewport), 'zoom is forbidden (1.4.4)');
    const mains = all('main, [role=main]').filter(isShown);
    demand(mains.length === 1, `${mains.length} main landmarks`);

    const dialog = document.querySelector('dialog[open]');
    const headings = [...(dialog ?? document).querySelectorAll('h1, h2, h3, h4, h5, h6')]
      .filter((e) => e.checkVisibility() && (dialog || !e.closest('dialog')));
    const tops = headings.filter((e) => e.localName === 'h1').length;
    demand(dialog || tops === 1, `not one h1, but ${tops} (1.3.1)`);
    let level = dialog ? 1 : 0;
    for (const heading of headings) {
      const next = Number(heading.localName[1]);
      const text = heading.textContent.trim();
      demand(next <= level + 1, `heading skips from ${level} to ${next}: ${text}`);
      demand(text, 'an empty heading: ' + where(heading));
      level = next;
    }

    const ids = all('[id]').map((e) => e.id);
    for (const id of ids.filter((id, i) => ids.indexOf(id) !== i))
      demand(false, `the id ${id} is there more than once`);
    for (const name of ['aria-labelledby', 'aria-describedby', 'aria-controls', 'for'])
      for (const element of all(`[${name}]`))
        for (const id of element.getAttribute(name).split(/\s+/))
          demand(document.getElementById(id), `${name} names ${id}, which is not there`);
    for (const link of all('a[href^="#"]')) {
      const id = link.getAttribute('href').slice(1);
      demand(!id || document.getElementById(id), `a link leads to #${id}, which is not there`);
    }
    for (const picture of all('svg'))
      demand(
        picture.closest('[aria-hidden=true]') || picture.closest('[role=img]'),
        'an SVG is neither hidden nor an image: ' + where(picture));
    for (const image of all('img:not([alt])'))
      demand(false, 'an image without alt: ' + where(image));
    for (const table of all('table')) {
      demand(table.querySelector('th'), 'a table without headers: ' + where(table));
      for (const head of table.querySelectorAll('thead th:not([scope=col])'))
        demand(false, 'a column header without scope: ' + head.textContent);
    }
    for (const element of all('[tabindex]'))
      demand(element.tabIndex <= 0, 'a positive tabindex: ' + where(element));
  };

  // Stands in something that is scrolled in itself.
  const isScrolled = (element) => {
    const isAbsolute = getComputedStyle(element).position === 'absolute';
    for (let e = element.parentElement; e && e !== document.body; e = e.parentElement)
      if (getComputedStyle(e).overflowX !== 'visible'
        && (!isAbsolute || e.contains(element.offsetParent))) return true;
    return false;
  };

  // Nothing wider than the window (1.4.10), nothing too small to hit (2.5.8).
  const judgeSize = () => {
    // A phone's window tells a larger innerWidth when the page does not fit.
    const [width, room] = [document.scrollingElement.scrollWidth, root.clientWidth];
    if (width > room) {
      demand(false, `the page is ${width} wide in a window of ${room}`);
      const wide = all('body *').filter((element) =>
        element.getBoundingClientRect().right > room + 0.5 && !isScrolled(element));
      for (const element of wide.slice(0, 6)) demand(false, '  beyond it: ' + where(element));
    }
    const isInSentence = (element) => getComputedStyle(element).display === 'inline'
      && element.parentElement.textContent.trim().length > element.textContent.trim().length;
    const controls = 'a[href], button, input:not([type=hidden]), select, textarea, summary';
    for (const control of all(controls)) {
      if (!isShown(control) || isUnseen(control) || isInSentence(control)) continue;
      const box = control.getBoundingClientRect();
      const label = control.closest('label')?.getBoundingClientRect() ?? box;
      const [x, y] = [Math.max(box.width, label.width), Math.max(box.height, label.height)];
      const size = `${x.toFixed(1)} × ${y.toFixed(1)}`;
      demand(x >= 24 && y >= 24, `a target of ${size}: ${where(control)}`);
    }
  };

  judgeSize();
  if (!isOfWidth) {
    judgeContrast();
    judgeStructure();
  }
  return [...new Set(findings)];
})
