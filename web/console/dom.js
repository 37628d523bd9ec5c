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
 * Children with a data-key are matched by it. What has data-own is somebody else's to change.
 */
export const morph = (target, source) => {
  const keyed = new Map([...target.children].filter((child) => child.dataset.key).map((child) => [child.dataset.key, child]));
  let at = target.firstChild;
  for (const wanted of [...source.childNodes]) {
    const found = wanted.dataset?.key ? keyed.get(wanted.dataset.key) : at && isAlike(at, wanted) ? at : undefined;
    if (!found) {
      target.insertBefore(wanted, at);
      continue;
    }
    if (found === at) at = at.nextSibling;
    else target.insertBefore(found, at);
    update(found, wanted);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
};

const isAlike = (left, right) => left.nodeType === right.nodeType && left.nodeName === right.nodeName && left.dataset?.key === undefined && right.dataset?.key === undefined;

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
