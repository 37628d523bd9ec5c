// Elements out of names, attributes and text. Nothing from outside ever becomes markup: there is no way here to say markup.

/** Makes an element. An attribute that is null, undefined or false is left out; so is such a child. */
export const h = (name, attributes, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? '' : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
};

/**
 * Makes an element's children what they are in another tree, and changes only what differs: focus, scrolling and opened details stay.
 * A child stays what it is for whoever looks at it: one with a data-key is found by it, any other by what says which one it is, in their order.
 * So no button becomes another one under a finger. What has data-own is somebody else's to change.
 */
export const morph = (target, source) => {
  const focused = document.activeElement;
  const wanted = [...source.childNodes];
  const left = new Map();
  for (const child of target.childNodes) {
    const name = identity(child);
    if (!left.has(name)) left.set(name, []);
    left.get(name).push(child);
  }
  const found = wanted.map((child) => left.get(identity(child))?.shift());

  // What goes, goes first: what stays then keeps its place, and with it the focus.
  for (const children of left.values()) for (const child of children) child.remove();
  let at = target.firstChild;
  wanted.forEach((child, index) => {
    const kept = found[index];
    if (kept) update(kept, child);
    if (kept && kept === at) at = at.nextSibling;
    else target.insertBefore(kept ?? child, at);
  });

  // A browser takes the focus from what is moved.
  if (focused !== document.activeElement && target.contains(focused)) focused.focus({ preventScroll: true });
};

const identity = (node) => {
  if (node.nodeType !== Node.ELEMENT_NODE) return node.nodeName;
  if (node.dataset.key !== undefined) return `key ${node.dataset.key}`;
  return [node.nodeName, node.classList[0], node.id, node.dataset.action, node.getAttribute('href'), node.getAttribute('aria-labelledby')].join(' ');
};

const update = (found, wanted) => {
  if (found.nodeType === Node.TEXT_NODE) {
    if (found.data !== wanted.data) found.data = wanted.data;
    return;
  }
  if (found.dataset.own !== undefined) return;
  for (const { name, value } of [...wanted.attributes]) if (name !== 'open' && found.getAttribute(name) !== value) found.setAttribute(name, value);
  for (const { name } of [...found.attributes]) if (name !== 'open' && !wanted.hasAttribute(name)) found.removeAttribute(name);
  morph(found, wanted);
};
